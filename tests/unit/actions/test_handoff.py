"""Giving a conversation to a person: who comes, when, and in whose words."""

from __future__ import annotations

import pytest

from actions.words import LIMIT, first_words
from bot.domain.handoff import HandoffRequest
from tests.doubles.counter import LANGUAGES, Chat, an_order
from tests.doubles.shipped import the_policy


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("asked", {"intent": "ask_human"}),
        ("anger", {"intent": "ask_order_status", "emotion": "anger", "intensity": 0.9}),
        ("abuse", {"intent": "complain", "abuse": 0.95}),
        ("threat", {"intent": "threat_legal"}),
        ("threat", {"intent": "threat_review", "emotion": "frustration"}),
    ],
)
async def test_the_shopper_hears_who_comes_and_when(language: str, reason: str, message: dict) -> None:
    told = await Chat(language=language).says("...", **message)

    [command] = told.commands
    request = HandoffRequest.from_command(command)
    assert told.responses == [f"utter_handoff_{reason}"]
    assert str(request.within_minutes) in told.text
    assert request.within_minutes == the_policy().answer_within_minutes[request.severity]


async def test_a_wish_for_a_person_that_is_read_unsurely_is_asked_about_with_a_person_one_tap_away() -> None:
    told = await Chat().says("come out, little one", "ask_human", sure=0.3)

    assert told.responses == ["utter_misunderstood"]
    assert told.commands == []


async def test_who_is_upset_gets_the_person_however_unsurely_the_wish_is_read() -> None:
    told = await Chat().says("somebody do something", "ask_human", "frustration", sure=0.3)

    assert told.responses == ["utter_handoff_asked"]


async def test_an_accepted_offer_brings_the_person_and_the_matter_it_was_about() -> None:
    chat = Chat()
    await chat.says("do you have the teapot in blue?", "ask_product")

    told = await chat.presses("/affirm")

    assert told.responses == ["utter_handoff_offer"]
    assert told.commands[0]["words"] == "do you have the teapot in blue?"


async def test_an_offer_declined_is_left() -> None:
    chat = Chat()
    await chat.says("how much is it", "ask_price")

    told = await chat.says("no thanks", "deny")

    assert told.responses == ["utter_ok_what_else"]
    assert (await chat.says("yes", "affirm")).reason is None


async def test_an_offer_is_forgotten_when_the_subject_changes() -> None:
    chat = Chat()
    await chat.says("how much is it", "ask_price")
    await chat.says("hello", "greet")

    assert (await chat.says("yes", "affirm")).responses == ["utter_ok_what_else"]


async def test_thanks_do_not_take_the_offer_away() -> None:
    chat = Chat()
    await chat.says("how much is it", "ask_price")
    await chat.says("thanks", "thank")

    assert (await chat.says("yes please", "affirm")).reason == "offer"


async def test_yes_to_a_question_for_data_asks_again() -> None:
    chat = Chat(an_order())
    await chat.says("where is it", "ask_order_status")

    assert (await chat.says("yes", "affirm")).responses == ["utter_ask_order_number_again"]


async def test_no_to_a_question_for_data_offers_another_way() -> None:
    chat = Chat(an_order())
    await chat.says("where is it", "ask_order_status")

    assert (await chat.says("no, lost it", "deny")).responses == ["utter_ask_order_number_again"]


async def test_bare_words_nobody_asked_for_are_not_understood() -> None:
    assert (await Chat().says("the blue one", "inform")).responses == ["utter_misunderstood"]


async def test_the_words_are_the_sentences_with_the_telling_cues() -> None:
    text = "I ordered two weeks ago. I want to talk to your manager right now! The box was green."
    start = text.index("manager")
    cue = {"kind": "human_request", "text": "manager", "start": start, "end": start + 7}

    told = await Chat().says(text, "ask_human", cues=[cue])

    assert told.commands[0]["words"] == "I want to talk to your manager right now!"


async def test_the_words_of_a_threat_are_the_threat() -> None:
    text = "The kettle leaks and nobody answers me. Tomorrow my lawyer writes to you. It was a gift."
    start = text.index("lawyer")
    cue = {"kind": "legal_threat", "text": "lawyer", "start": start, "end": start + 6}

    told = await Chat().says(text, "threat_legal", cues=[cue])

    assert told.commands[0]["words"] == "Tomorrow my lawyer writes to you."


async def test_without_cues_the_words_are_the_message() -> None:
    told = await Chat().says("a person\nplease", "ask_human")

    assert told.commands[0]["words"] == "a person please"


async def test_a_short_repetition_comes_with_the_complaint_before_it() -> None:
    chat = Chat()
    await chat.says("the courier was rude to my mother", "complain")

    told = await chat.says("well?!", "complain")

    assert told.commands[0]["words"] == "the courier was rude to my mother / well?!"


def test_words_are_cut_at_their_limit() -> None:
    cut = first_words("long " * 200)

    assert len(cut) == LIMIT
    assert cut.endswith("…")
