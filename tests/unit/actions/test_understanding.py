"""What a message becomes before any rule is looked at."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from actions.language import is_foreign, language_of
from actions.ports import Shop
from actions.understanding import Understand
from bot.domain.order import OrderStatus
from tests.doubles.counter import LANGUAGES, NOW, Chat, Clock, MemoryLedger, a_parse, a_tracker, an_order
from tests.doubles.shipped import the_book as book
from tests.doubles.shipped import the_policy


@pytest.fixture
def chat() -> Chat:
    return Chat(an_order(promised_at=NOW - timedelta(days=3)))


async def test_a_second_complaint_about_the_same_goes_to_a_person(chat: Chat) -> None:
    chat.proves("phone", "+447700900123")
    first = await chat.says("my order is late", "report_late")

    second = await chat.says("it is still not here", "report_late")

    assert first.reason is None
    assert second.reason == "repeat"


async def test_the_same_turn_tried_again_counts_once(chat: Chat) -> None:
    await chat.says("this is bad service", "complain", key="m7")

    again = await chat.says("this is bad service", "complain", key="m7")

    assert again.reason is None


@pytest.mark.parametrize(("hours", "reason"), [(71.9, "repeat"), (72.1, None)])
async def test_a_complaint_is_remembered_for_its_window(chat: Chat, hours: float, reason: str | None) -> None:
    await chat.says("this is bad service", "complain")
    chat.now.time = NOW + timedelta(hours=hours)

    assert (await chat.says("still bad", "complain")).reason == reason


async def test_another_problem_of_the_order_is_not_a_repetition(chat: Chat) -> None:
    chat.proves("phone", "+447700900123")
    await chat.says("it came late", "report_late")

    assert (await chat.says("and it is broken", "report_damaged")).reason is None


async def test_the_answer_to_our_question_is_not_a_new_complaint(chat: Chat) -> None:
    asked = await chat.says("my order is late", "report_late", "frustration")

    answered = await chat.says("it is WL-1001 and it is late", "report_late", "frustration", order_number="WL-1001")
    proven = await chat.says("late, late! maria.p@example.com", "report_late", email="maria.p@example.com")

    assert asked.responses == ["utter_ask_order_number"]
    assert answered.responses == ["utter_ask_proof"]
    assert proven.responses == ["utter_facts_late", "utter_offer_voucher"]


async def test_a_complaint_in_the_answer_to_a_calm_question_is_the_first(chat: Chat) -> None:
    await chat.says("where is my parcel", "ask_order_status")
    first = await chat.says("WL-1001, and it is late!", "report_late", order_number="WL-1001")
    await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    second = await chat.says("so late, do something", "report_late")

    assert (first.reason, second.reason) == (None, "repeat")


async def test_complaining_on_without_answering_reaches_a_person(chat: Chat) -> None:
    await chat.says("my order is late", "report_late")
    asked_again = await chat.says("it is late, i said", "report_late")

    assert asked_again.responses == ["utter_ask_order_number_again"]
    assert (await chat.says("late! do something", "report_late")).reason == "repeat"


async def test_three_in_a_row_not_understood_go_to_a_person_with_all_three(chat: Chat) -> None:
    for text in ("blah", "homework"):
        assert (await chat.says(text, "out_of_scope")).reason is None

    third = await chat.says("hm", "nlu_fallback")

    assert third.reason == "misunderstood"
    assert third.commands[0]["words"] == "blah / homework / hm"


async def test_an_understood_message_in_between_starts_the_count_again(chat: Chat) -> None:
    for intent in ("nlu_fallback", "nlu_fallback", "greet", "nlu_fallback", "out_of_scope"):
        told = await chat.says("...", intent)

    assert told.reason is None


async def test_the_count_starts_again_after_a_handoff(chat: Chat) -> None:
    for _ in range(3):
        told = await chat.says("...", "nlu_fallback")
    assert told.reason == "misunderstood"

    assert (await chat.says("...", "nlu_fallback")).reason is None


@pytest.mark.parametrize("intent", ["greet", "ask_order_status", "thank", "ask_product", "inform", "deny"])
async def test_a_calm_shopper_can_ask_on_and_on(chat: Chat, intent: str) -> None:
    for text in (
        "hello there",
        "is it warm",
        "and in blue",
        "how long does it last",
        "what about Sunday",
        "anything else",
    ):
        assert (await chat.says(text, intent)).reason is None


async def test_the_same_question_in_the_same_words_reaches_a_person_at_the_third_time(chat: Chat) -> None:
    for text in ("does it fit a 30 cm pan", "does it fit a 30 cm pan?"):
        assert (await chat.says(text, "ask_product")).reason is None

    assert (await chat.says("so does it fit a 30 cm pan", "ask_product")).reason == "asked_again"


async def test_questions_about_other_things_may_be_put_alike(chat: Chat) -> None:
    for thing in ("scarf", "teapot", "mixer", "duvet"):
        assert (await chat.says(f"how much is the {thing}", "ask_price")).reason is None


async def test_the_same_question_about_an_order_reaches_a_person_once_it_was_answered_twice(chat: Chat) -> None:
    chat.proves("phone", "+447700900123")
    for text in ("where is my parcel", "any news", "when does it come"):
        told = await chat.says(text, "ask_order_status")

    assert told.reason == "asked_again"


async def test_who_says_that_the_answer_was_none_reaches_a_person(chat: Chat) -> None:
    words = [{"kind": "unanswered", "text": "not what i asked", "start": 8, "end": 24}]
    first = await chat.says("that is not what i asked", "complain", cues=words)
    await chat.says("how wide is it", "ask_product")

    assert first.reason is None
    assert (await chat.says("that is not what i asked", "ask_product", cues=words)).reason == "asked_again"


async def test_who_is_upset_and_brings_nothing_we_asked_for_does_not_answer_us(chat: Chat) -> None:
    await chat.says("my order is late", "report_late")

    assert (await chat.says("it is late!! do something", "report_late", "frustration")).reason == "repeat"


async def test_another_problem_named_while_we_wait_for_the_number_is_taken_up(chat: Chat) -> None:
    await chat.says("where is my parcel", "ask_order_status")

    told = await chat.says("one earring is missing, there was only one in the box", "missing_item")

    assert told.responses == ["utter_ask_order_number"]


async def test_who_has_no_number_at_hand_hears_of_another_way(chat: Chat) -> None:
    first = await chat.says("no idea", "nlu_fallback")
    await chat.says("where is my parcel", "ask_order_status")

    told = await chat.says("the mail is gone, no clue", "nlu_fallback")

    assert first.responses == ["utter_misunderstood"]
    assert told.responses == ["utter_ask_order_number_again"]


async def test_what_is_read_unsurely_names_no_cause(chat: Chat) -> None:
    await chat.says("where are my glasses", "report_damaged", sure=0.39)

    assert chat.slots["cause"] == "general"


async def test_an_unsure_yes_accepts_nothing(chat: Chat) -> None:
    chat.proves("phone", "+447700900123")
    await chat.says("how do i send it back", "ask_return")

    assert (await chat.says("hm ok, i will try another card", "affirm", sure=0.4)).reason is None


async def test_each_decision_is_kept_once_with_what_it_was_made_on(chat: Chat) -> None:
    for _ in range(2):
        await chat.says("get me a person", "ask_human", key="m1")

    [kept] = chat.ledger.decisions.rows.values()
    assert (kept["intent"], kept["reason"], kept["severity"]) == ("ask_human", "asked", 2)
    assert "get me a person" not in json.dumps(kept)


async def test_lateness_is_the_cause_only_where_the_shoppers_own_order_shows_it(chat: Chat) -> None:
    await chat.says("where is it", "ask_order_status", "frustration", order_number="WL-1001")
    unproven = chat.slots["cause"]
    chat.proves("phone", "+447700900123")

    await chat.says("where is it", "ask_order_status", "anxiety")

    assert unproven == "general"
    assert chat.slots["cause"] == "late"


@pytest.mark.parametrize(
    ("intent", "cause"),
    [
        ("report_damaged", "damaged"),
        ("report_wrong_item", "wrong_item"),
        ("missing_item", "missing"),
        ("payment_problem", "general"),
        ("ask_refund", "refund"),
        ("praise", "praise"),
        ("complain", "general"),
        ("greet", "general"),
    ],
)
async def test_the_cause_is_what_the_message_is_about(chat: Chat, intent: str, cause: str) -> None:
    await chat.says("...", intent)

    assert chat.slots["cause"] == cause


async def test_a_fault_of_ours_brings_a_person_with_one_line_only(chat: Chat) -> None:
    chat.ledger.broken = True

    told = await chat.says("where is WL-1001", "ask_order_status", order_number="WL-1001")

    assert told.responses == ["utter_handoff_error"]
    assert told.reason == "error"
    assert told.commands[0]["words"] == "where is WL-1001"


async def test_a_reading_that_is_not_there_brings_a_person() -> None:
    parse = a_parse("greet", "neutral", 0.9, 0.1, 0.0, "en")
    del parse["emotion"]
    shop = Shop(ledger=MemoryLedger(), book=book(), policy=the_policy, now=Clock())

    events = await Understand(shop).run(None, a_tracker(parse), {})

    assert {event["name"]: event["value"] for event in events} == {
        "stance": "handoff",
        "handoff_reason": "error",
        "handoff_severity": 3.0,
    }


async def test_a_phone_number_is_not_taken_for_another_order(chat: Chat) -> None:
    await chat.says("WL-1001", "ask_order_status", order_number="WL-1001")

    await chat.says("447700900999", "inform", order_number="447700900999")

    assert chat.slots["order_number"] == "WL-1001"


@pytest.mark.parametrize(
    ("text", "read", "known", "answered"),
    [
        pytest.param("где мой заказ", "ru", {}, "ru", id="first message"),
        pytest.param("WL-1001", "en", {"current": "ru", "spans": [(0, 7)]}, "ru", id="bare data changes nothing"),
        pytest.param("ok", "en", {"current": "el"}, "el", id="ok is no language"),
        pytest.param("where is my parcel", "en", {"current": "el"}, "en", id="a sentence changes it"),
        pytest.param("在哪里", "zh", {"current": "en"}, "zh", id="few Chinese characters say enough"),
        pytest.param("/affirm", "und", {"current": "zh"}, "zh", id="a button changes nothing"),
        pytest.param("/affirm", "und", {"hint": "el-GR"}, "el", id="the channel's hint"),
        pytest.param("???", "und", {"hint": "pt"}, "en", id="a hint we have no words for"),
        pytest.param("???", "und", {"default": "ru"}, "ru", id="the shop's own"),
    ],
)
def test_the_language_of_an_answer(text: str, read: str, known: dict, answered: str) -> None:
    assert language_of(text, read, **known) == answered


async def test_the_log_of_a_fault_does_not_repeat_the_shopper(chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    chat.ledger.broken = True

    await chat.says("my secret words about WL-1001", "complain", order_number="WL-1001")

    said = capsys.readouterr()
    assert "turn.not_understood" in said.out + said.err
    assert "secret" not in said.out + said.err
    assert "WL-1001" not in said.out + said.err


def a_repetition(text: str, word: str) -> list[dict]:
    return [{"kind": "repetition", "text": word, "start": text.index(word), "end": text.index(word) + len(word)}]


REPEATED = {
    "en": ("where is it, third time i ask", "third time"),
    "ru": ("где заказ, в третий раз пишу", "в третий раз"),
    "zh": ("第三次问了，货呢", "第三次"),
    "el": ("πού είναι, τρίτη φορά ρωτάω", "τρίτη φορά"),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_upset_shopper_who_asks_again_is_believed(language: str) -> None:
    text, word = REPEATED[language]

    told = await Chat(language=language).says(
        text, "ask_order_status", "frustration", intensity=0.5, cues=a_repetition(text, word)
    )

    assert (told.reason, told.responses) == ("repeat", ["utter_handoff_repeat"])
    assert text in told.commands[0]["words"]


@pytest.mark.parametrize(
    ("emotion", "cues"), [("neutral", True), ("frustration", False)], ids=["calm", "no word of repetition"]
)
async def test_a_first_complaint_stays_with_the_bot(chat: Chat, emotion: str, cues: bool) -> None:
    text, word = REPEATED["en"]
    found = a_repetition(text, word) if cues else []

    assert (await chat.says(text, "report_late", emotion, intensity=0.5, cues=found)).reason is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_says_only_that_it_was_raised_before_gets_a_person(language: str) -> None:
    told = await Chat(language=language).says("...", "repeat_complaint")

    assert (told.reason, told.commands[0]["severity"]) == ("repeat", 4)


async def test_i_told_you_in_answer_to_our_question_is_no_repetition_at_first(chat: Chat) -> None:
    await chat.says("where is my parcel", "ask_order_status")

    first = await chat.says("i have told you already", "repeat_complaint")
    second = await chat.says("i have told you already!", "repeat_complaint")

    assert first.responses == ["utter_complaint_heard"]
    assert second.reason == "repeat"


@pytest.mark.parametrize(
    "cue",
    [
        pytest.param({"kind": "repetition", "text": "again", "start": 4, "end": 4}, id="empty"),
        pytest.param({"kind": "repetition", "text": "again", "start": -1, "end": 4}, id="before the text"),
        pytest.param({"kind": None, "text": "again", "start": 0, "end": 5}, id="no kind"),
        pytest.param({"kind": "repetition", "text": "again", "start": "x", "end": 5}, id="no number"),
        pytest.param({"kind": "repetition", "start": 0, "end": 5}, id="no text"),
    ],
)
async def test_a_malformed_cue_is_a_fault_of_ours(chat: Chat, cue: dict) -> None:
    assert (await chat.says("again", "complain", cues=[cue])).reason == "error"


UNKNOWN = "gdzie jest moja paczka"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_shopper_in_an_unknown_language_is_told_once_which_one_we_speak(language: str) -> None:
    chat = Chat(language=language, default_language=language)

    first = await chat.says(UNKNOWN, "ask_order_status", read="und")
    second = await chat.says("nie rozumiem tego wcale", "nlu_fallback", read="und")

    assert first.responses == ["utter_language_unknown", "utter_ask_order_number"]
    assert first.replies[0].buttons
    assert chat.slots["language"] == language
    assert second.responses == ["utter_ask_order_number_again"]


async def test_the_offer_of_a_person_in_an_unknown_language_leaves_the_question_open(chat: Chat) -> None:
    await chat.says(UNKNOWN, "ask_order_status", read="und")

    assert chat.slots["awaiting"] == "order_number"
    assert (await chat.presses("/ask_human")).reason == "asked"


async def test_a_greeting_of_all_languages_does_not_count_as_ours(chat: Chat) -> None:
    await chat.says("ok", "greet", read="und")

    assert "utter_language_unknown" in (await chat.says(UNKNOWN, "ask_order_status", read="und")).responses


async def test_where_a_language_was_read_before_nothing_is_said(chat: Chat) -> None:
    await chat.says("good morning to you", "greet")

    told = await chat.says(UNKNOWN, "ask_order_status", read="und")

    assert told.responses == ["utter_ask_order_number"]


async def test_who_goes_to_a_person_anyway_is_not_told(chat: Chat) -> None:
    told = await chat.says("prosze polacz mnie z czlowiekiem", "ask_human", read="und")

    assert told.responses == ["utter_handoff_asked"]


@pytest.mark.parametrize(
    ("text", "read", "spans", "foreign"),
    [
        pytest.param("gdzie jest moja paczka", "und", [], True, id="Polish"),
        pytest.param("أين طلبي من فضلك", "und", [], True, id="Arabic"),
        pytest.param("荷物はどこですか", "und", [], True, id="Japanese, without spaces"),
        pytest.param("dov'è pacco", "und", [], False, id="two words"),
        pytest.param("1 2 3 !!!", "und", [], False, id="no letters"),
        pytest.param("WL-1001 is WL-1002 or", "und", [(0, 7), (11, 18)], False, id="data are no words"),
        pytest.param("/inform now and here", "und", [], False, id="a button"),
        pytest.param("where is my parcel", "en", [], False, id="a language of ours"),
    ],
)
def test_what_counts_as_an_unknown_language(text: str, read: str, spans: list[tuple[int, int]], foreign: bool) -> None:
    assert is_foreign(text, read, spans=spans) == foreign


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, None, id="on its way in time"),
        pytest.param({"promised_at": NOW - timedelta(days=3)}, "repeat", id="late"),
        pytest.param({"status": OrderStatus.DELAYED}, "repeat", id="delayed"),
        pytest.param({"promised_at": None}, "repeat", id="never promised for a day"),
    ],
)
async def test_calm_words_of_lateness_about_an_order_that_is_in_time_are_no_second_complaint(
    changes: dict[str, Any], reason: str | None
) -> None:
    chat = Chat(an_order(**changes)).proves("email", "maria.p@example.com")
    await chat.says("will it not be too late?", "report_late", "anxiety")

    told = await chat.says("three days? then it will be here by Sunday", "report_late")

    assert told.reason == reason


async def test_who_is_upset_about_an_order_that_is_in_time_is_heard_as_a_complaint() -> None:
    chat = Chat(an_order()).proves("email", "maria.p@example.com")
    await chat.says("it is late", "report_late", "frustration")

    assert (await chat.says("late again!", "report_late", "frustration")).reason == "repeat"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_proof_is_taken_up_whatever_else_was_said_with_it(language: str) -> None:
    chat = Chat(an_order(), language=language)

    told = await chat.says("Good evening. WL-1001, if you please.", "nlu_fallback", order_number="WL-1001")

    assert told.responses == ["utter_ask_proof"]
    proven = await chat.says("it's maria.p@example.com, hurry", "nlu_fallback", email="maria.p@example.com")
    assert proven.responses == ["utter_order_shipped"]


async def test_a_yes_that_says_it_is_settled_is_not_asked_for_a_number() -> None:
    chat = Chat(an_order())
    await chat.says("the code does not work, i have a dress in there", "missing_item")

    told = await chat.says("yes, never mind, it went through", "affirm", cues=a_cue("let_go", "never mind"))

    assert told.responses == ["utter_ok_what_else"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "deny"])
async def test_who_asks_for_a_moment_is_given_it_and_then_goes_on(language: str, intent: str) -> None:
    chat = Chat(an_order(), language=language)
    await chat.says("where is my parcel", "ask_order_status")

    waited = await chat.says("one moment, my glasses", intent, cues=a_cue("moment", "one moment"))
    found = await chat.says("WL-1001", "inform", order_number="WL-1001")

    assert waited.responses == ["utter_take_your_time"]
    assert found.responses == ["utter_ask_proof"]


async def test_grumbling_while_we_wait_for_a_number_does_not_change_what_it_is_for() -> None:
    chat = Chat(an_order()).proves("email", "someone@example.com")
    await chat.says("where is my parcel", "ask_order_status")

    grumbled = await chat.says("your letters are tiny", "complain")
    await chat.says("WL-1001", "inform", order_number="WL-1001")
    told = await chat.says("maria.p@example.com", "inform", email="maria.p@example.com")

    assert grumbled.responses == ["utter_complaint_heard"]
    assert told.responses == ["utter_order_shipped"]


def a_cue(kind: str, text: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "text": text, "start": 0, "end": len(text)}]
