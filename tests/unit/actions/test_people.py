"""Complaints about one of our people: nobody is named, an answer is offered, and promised after a yes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.policy import Policy
from bot.domain.promise import OrderProblem, Promise, PromiseKind
from tests.doubles.counter import LANGUAGES, NOW, Chat, Outcome, an_order
from tests.doubles.shipped import the_policy

RUDE = "the courier swore at my wife"
ABOUT_STAFF = [{"kind": "staff", "text": "courier", "start": 4, "end": 11}]


async def complains(chat: Chat, emotion: str = "frustration", **more: Any) -> Outcome:
    return await chat.says(RUDE, "complain", emotion, cues=ABOUT_STAFF, **{"intensity": 0.4, **more})


def promises(chat: Chat) -> list[Promise]:
    return [promise for _, promise in chat.ledger.promises.rows]


def without_answers() -> Policy:
    policy = the_policy()
    answer = policy.remedies.answer.model_copy(update={"on": False})
    return policy.model_copy(update={"remedies": policy.remedies.model_copy(update={"answer": answer})})


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_answer_by_a_day_is_offered_and_promised_after_a_yes(language: str) -> None:
    chat = Chat(language=language)

    offered = await complains(chat)
    before = promises(chat)
    told = await chat.says("...", "affirm")

    [promise] = promises(chat)
    assert offered.responses == ["utter_offer_answer"]
    assert before == []
    assert told.responses == ["utter_promise_answer"]
    assert (promise.kind, promise.problem, promise.order_number) == (PromiseKind.ANSWER, OrderProblem.REQUEST, "")
    assert promise.due_at == NOW + timedelta(hours=48)
    assert promise.code in told.text


async def test_a_no_promises_nothing_and_a_person_stays_near() -> None:
    chat = Chat()
    await complains(chat)

    left = await chat.says("no", "deny")

    assert left.responses == ["utter_offer_declined"]
    assert promises(chat) == []


@pytest.mark.parametrize("stance", ["frustration", "disappointment", "anxiety", "neutral"])
async def test_a_person_is_one_tap_away_from_the_offer(stance: str) -> None:
    offered = await complains(Chat(), stance)

    assert offered.replies[0].buttons[-1] == "Talk to a person"


async def test_anger_goes_to_a_person_at_once() -> None:
    outcome = await complains(Chat(), "anger", intensity=0.9)

    assert outcome.reason == "anger"


async def test_a_second_complaint_about_a_person_goes_to_a_person() -> None:
    chat = Chat()
    await complains(chat)
    await chat.says("yes", "affirm")

    again = await complains(chat)

    assert again.reason == "repeat"


async def test_a_complaint_about_a_late_parcel_is_another_matter() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    await complains(chat)

    late = await chat.says("and it is late", "report_late", "disappointment")

    assert late.commands == []


async def test_what_is_promised_is_told_again_and_not_promised_twice() -> None:
    chat = Chat()
    await complains(chat)
    first = await chat.says("yes", "affirm")
    chat.now.time += timedelta(hours=80)

    again = await complains(chat)

    assert again.responses == ["utter_promise_answer"]
    assert promises(chat)[0].code in first.text
    assert promises(chat)[0].code in again.text
    assert len(promises(chat)) == 1


async def test_it_keeps_no_promise_of_the_order_away() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    await complains(chat, order_number="WL-1001")
    await chat.says("yes", "affirm")

    assert await chat.ledger.promises.of_order("WL-1001") == []


async def test_the_kind_of_complaint_is_kept_and_its_cause_named() -> None:
    chat = Chat()
    await complains(chat)

    assert [row.problem for row in chat.ledger.complaints.rows.values()] == ["person"]
    assert chat.slots["cause"] == "person"


async def test_where_no_answer_may_be_promised_it_is_heard_as_any_complaint() -> None:
    outcome = await complains(Chat(policy=without_answers()))

    assert outcome.responses == ["utter_complaint_heard"]


async def test_a_courier_in_another_wish_changes_nothing() -> None:
    chat = Chat()

    asked = await chat.says("where is the courier", "ask_order_status", cues=ABOUT_STAFF)

    assert asked.responses == ["utter_ask_order_number"]
