"""What a shopper's history changes: how soon a person comes, how urgent it is, and how long our answers are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.history import word_count
from actions.policy import Policy
from bot.domain.emotion import Emotion
from bot.domain.history import Contact
from bot.domain.people import Complaint
from tests.doubles.counter import LANGUAGES, NOW, Chat, an_order
from tests.doubles.shipped import the_book, the_policy

VICTIM = the_policy().handoff.repeat.victim
ALL_ORDERS = the_policy().handoff.value.all_orders


def complained(chat: Chat, days_ago: int, problem: str = "damaged", number: str = "WL-9") -> None:
    chat.ledger.histories.elsewhere.append(
        Complaint(f"old{days_ago}", problem, number, chat.now() - timedelta(days=days_ago))
    )


def talked(chat: Chat, score: int | None = None, emotion: Emotion | None = None) -> None:
    chat.ledger.histories.contacts.append(Contact(NOW - timedelta(days=3), "returned", score, emotion))


def changed(*, victim: bool = True, all_orders: bool = True, short: bool = True) -> Policy:
    policy = the_policy()
    repeat = policy.handoff.repeat.model_copy(update={"victim": VICTIM.model_copy(update={"on": victim})})
    value = policy.handoff.value.model_copy(update={"all_orders": ALL_ORDERS.model_copy(update={"on": all_orders})})
    handoff = policy.handoff.model_copy(update={"repeat": repeat, "value": value})
    brief = policy.short_answers.model_copy(update={"on": short})
    return policy.model_copy(update={"handoff": handoff, "short_answers": brief})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("earlier", "reason"), [(VICTIM.complaints - 1, None), (VICTIM.complaints, "repeat")])
async def test_whom_it_hits_again_and_again_gets_a_person_at_the_next_complaint(
    earlier: int, reason: str | None, language: str
) -> None:
    chat = Chat(an_order(), language=language).proves("phone", "+447700900123")
    for number in range(earlier):
        complained(chat, days_ago=5 + 4 * number)

    told = await chat.says("...", "report_late", order_number="WL-1001")

    assert told.reason == reason


async def test_the_problem_is_named_not_a_repetition_that_there_was_none() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    for number in range(VICTIM.complaints):
        complained(chat, days_ago=5 + 4 * number)

    await chat.says("the lid is broken", "report_damaged", order_number="WL-1001")

    assert chat.slots["cause"] == "damaged"


async def test_much_talk_on_one_day_makes_nobody_a_victim() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    for problem in ("late", "damaged", "missing", "refund"):
        complained(chat, days_ago=5, problem=problem, number="WL-1")
    chat.ledger.histories.elsewhere[:] = chat.ledger.histories.elsewhere[:2]

    told = await chat.says("it is late", "report_late", order_number="WL-1001")

    assert told.reason is None


async def test_what_is_long_past_counts_no_more() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    for number in range(VICTIM.complaints):
        complained(chat, days_ago=VICTIM.within_days + 1 + number)

    assert (await chat.says("it is late", "report_late", order_number="WL-1001")).reason is None


@pytest.mark.parametrize("intent", ["ask_product", "thank", "greet"])
async def test_a_victim_who_does_not_complain_stays(intent: str) -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    for number in range(VICTIM.complaints):
        complained(chat, days_ago=5 + number)

    assert (await chat.says("hello", intent)).reason is None


@pytest.mark.parametrize(
    ("endings", "reason"),
    [
        pytest.param([(1, None), (2, None)], "repeat", id="two low scores"),
        pytest.param([(1, None), (None, Emotion.ANGER)], "repeat", id="a low score and an angry end"),
        pytest.param([(1, None), (5, Emotion.ANGER)], None, id="a good score counts more than a hot word"),
        pytest.param([(1, None)], None, id="one is not enough"),
        pytest.param([(None, None), (None, Emotion.NEUTRAL)], None, id="nothing known"),
    ],
)
async def test_talks_that_ended_badly_bring_a_person_sooner(
    endings: list[tuple[int | None, Emotion | None]], reason: str | None
) -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    for score, emotion in endings:
        talked(chat, score, emotion)

    assert (await chat.says("it is late", "report_late", order_number="WL-1001")).reason == reason


async def test_a_victim_who_asks_for_a_person_is_more_urgent() -> None:
    plain, victim = Chat(), Chat()
    talked(victim, 1)
    talked(victim, 1)

    calm = await plain.says("a person", "ask_human")
    urgent = await victim.says("a person", "ask_human")

    assert urgent.commands[0]["severity"] == calm.commands[0]["severity"] + the_policy().victim_adds


async def test_the_switch_leaves_victims_with_the_bot() -> None:
    chat = Chat(an_order(), policy=changed(victim=False)).proves("phone", "+447700900123")
    talked(chat, 1)
    talked(chat, 1)

    assert (await chat.says("it is late", "report_late", order_number="WL-1001")).reason is None


async def test_the_same_complaint_in_another_channel_is_a_second_one() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    chat.ledger.histories.elsewhere.append(Complaint("there", "late", "WL-1001", NOW - timedelta(hours=20)))

    assert (await chat.says("it is late", "report_late", order_number="WL-1001")).reason == "repeat"


@pytest.mark.parametrize(
    ("total", "on", "reason"),
    [
        (ALL_ORDERS.from_total["GBP"], True, "value"),
        (ALL_ORDERS.from_total["GBP"] - 0.01, True, None),
        (ALL_ORDERS.from_total["GBP"], False, None),
    ],
)
async def test_orders_that_came_to_much_together_count(total: float, on: bool, reason: str | None) -> None:
    chat = Chat(an_order(), policy=changed(all_orders=on)).proves("phone", "+447700900123")
    chat.ledger.histories.totals = {"GBP": total, "EUR": 5.0}

    assert (await chat.says("it is late", "report_late", order_number="WL-1001")).reason == reason


async def test_orders_of_a_calm_question_bring_in_nobody() -> None:
    chat = Chat(an_order()).proves("phone", "+447700900123")
    chat.ledger.histories.totals = {"GBP": 99999.0}

    assert (await chat.says("where is it", "ask_order_status", order_number="WL-1001")).reason is None


@pytest.mark.parametrize(
    ("said", "short", "brief"),
    [
        (["hi", "WL-1001", "ok"], True, True),
        (["hi", "WL-1001", "ok"], False, False),
        (["hi", "ok"], True, False),
        (["hi there, I hope you are all doing well today"] * 3, True, False),
    ],
)
async def test_who_writes_in_few_words_is_answered_in_few(said: list[str], short: bool, brief: bool) -> None:
    chat = Chat(policy=changed(short=short))

    for text in said:
        await chat.says(text, "smalltalk")

    assert chat.slots["brief"] is brief


@pytest.mark.parametrize(
    ("text", "words"), [("where is it", 3), ("我的包裹到哪了", 4), ("订单 WL-1001 呢", 3), ("", 0), ("👍", 1)]
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_brief_answer_is_the_shortest_wording_but_never_the_same_twice_in_a_row(language: str) -> None:
    book = the_book()

    first = book.say("utter_greet", language, brief=True)
    second = book.say("utter_greet", language, brief=True, avoid=[first.variation])
    third = book.say("utter_greet", language, brief=True, avoid=[second.variation, first.variation])

    others = {book.say("utter_greet", language).text for _ in range(40)}
    assert len(first.text) == min(map(len, others))
    assert second.variation != first.variation
    assert third == first
