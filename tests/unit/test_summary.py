"""The summary an operator reads first, and how a shopper writes: from facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.console.glance import tell
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.messages import Author, Button
from bot.domain.order import Order, OrderStatus
from bot.domain.people import Complaint, Handoff, Message
from bot.domain.promise import OrderProblem, Promise, PromiseKind, PromiseState
from bot.handoff.manner import Length, manner_of
from bot.handoff.summary import Known, Line, Offered, offers_in, summarise
from tests.doubles.assistant import a_reading
from tests.doubles.shipped import the_texts
from tests.unit.console.test_case import A_MESSAGE, NOW

LATE_ORDER = Order(
    number="WL-1001", customer_name="Maria", phone=None, email=None, status=OrderStatus.SHIPPED, status_since=None,
    placed_at=NOW - timedelta(days=9), promised_at=NOW - timedelta(days=4), carrier=None, tracking=None,
    total=Decimal(20), currency="EUR", items=("kettle",),
)  # fmt: skip
OLD_TALK = Handoff(
    id=1, conversation_id="c", message_id=None, reason=Reason.ASKED, severity=2, words="", opened_at=NOW, due_at=None,
    operator_id=1, claimed_at=NOW, closed_at=NOW, outcome="returned",
)  # fmt: skip
OWED = Promise(
    id=1, code="K7QM-4F", conversation_id="c", order_number="WL-1001", kind=PromiseKind.CALLBACK,
    problem=OrderProblem.LATE, amount=None, currency=None, details="", state=PromiseState.OPEN, made_at=NOW,
    due_at=NOW + timedelta(hours=4),
)  # fmt: skip
OFFER = (Button("Yes", "/affirm"), Button("No", "/deny"))


def said(emotion: Emotion, minutes_ago: int, text: str = "words", **more: object) -> Message:
    made = replace(A_MESSAGE, id=1000 - minutes_ago, text=text, created_at=NOW - timedelta(minutes=minutes_ago))
    return replace(made, reading=a_reading(emotion), **more)  # type: ignore[arg-type]


def by_bot(minutes_ago: int, *, buttons: tuple[Button, ...] = ()) -> Message:
    return replace(
        A_MESSAGE, id=1000 - minutes_ago, author=Author.BOT, buttons=buttons,
        created_at=NOW - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def known(*messages: Message, **more: object) -> Known:
    empty = Known(
        messages=messages, felt=lambda m: m.reading.emotion if m.reading else None, complaints=(), orders=(), promises=(),
        handoffs=(), scores=(), now=NOW,
    )  # fmt: skip
    return replace(empty, **more)  # type: ignore[arg-type]


def a_complaint(problem: str = "late", order: str | None = "WL-1001", hours_ago: int = 0) -> Complaint:
    return Complaint(str(hours_ago), problem, order, NOW - timedelta(hours=hours_ago))


def names(lines: Sequence[Line]) -> list[str]:
    return [line.name for line in lines]


def test_the_second_complaint_about_a_late_order_of_an_angry_shopper_who_declined_an_offer() -> None:
    messages = (
        said(Emotion.NEUTRAL, 60), said(Emotion.ANGER, 30), by_bot(29, buttons=OFFER),
        said(Emotion.ANGER, 20, payload="/deny"), said(Emotion.ANGER, 10),
    )  # fmt: skip

    lines = summarise(
        known(
            *messages,
            complaints=(a_complaint(hours_ago=20), a_complaint("damaged", hours_ago=10), a_complaint()),
            orders=(LATE_ORDER,),
            promises=(OWED,),
        )
    )

    told = [tell(the_texts().words("en"), line, NOW.date()) for line in lines]
    assert told == [
        "2 complaints about WL-1001 since 21 Nov, 13:00: too late",
        "Anger since 08:30",
        "WL-1001 is 4 days late (Shipped)",
        "An offer of the bot was declined",
        "Promised by 13:00: Call back",
        "First talk with a person",
    ]


@pytest.mark.parametrize(
    ("language", "n", "told"),
    [
        pytest.param("en", 1, "WL-1001 is 1 day late (Shipped)", id="english"),
        pytest.param("ru", 4, "WL-1001 опаздывает на 4 дня (Отправлен)", id="russian few"),
        pytest.param("ru", 5, "WL-1001 опаздывает на 5 дней (Отправлен)", id="russian many"),
        pytest.param("zh", 4, "WL-1001 已晚 4 天（已发货）", id="chinese"),
        pytest.param("el", 4, "Η WL-1001 έχει καθυστερήσει 4 ημέρες (Απεστάλη)", id="greek"),
    ],
)
def test_a_late_order_is_told_in_each_language(language: str, n: int, told: str) -> None:
    words = the_texts().words(language)
    line = Line("order_late", {"order": "WL-1001", "status": OrderStatus.SHIPPED, "n": n})

    assert tell(words, line, NOW.date()) == told.replace("Отправлен", words("status.shipped")).replace(
        "已发货", words("status.shipped")
    ).replace("Απεστάλη", words("status.shipped"))


def test_who_calmed_down_is_said_to_have_been_upset_before() -> None:
    calm = (said(Emotion.NEUTRAL, 20), said(Emotion.GRATITUDE, 10))
    lines = summarise(known(said(Emotion.FRUSTRATION, 30), *calm))
    long_ago = summarise(known(said(Emotion.FRUSTRATION, 60 * 30), *calm))

    assert "calmed" not in names(long_ago)
    assert lines[0] == Line(
        "calmed",
        {"emotion": Emotion.GRATITUDE, "moment": NOW - timedelta(minutes=20), "before": Emotion.FRUSTRATION},
    )


def test_a_calm_shopper_without_an_order_is_not_called_anything() -> None:
    assert names(summarise(known(said(Emotion.NEUTRAL, 10)))) == ["no_order", "first_talk"]


def test_earlier_talks_are_counted_with_the_last_score() -> None:
    lines = summarise(known(handoffs=(OLD_TALK, OLD_TALK, replace(OLD_TALK, closed_at=None)), scores=(5, 2)))

    assert lines[-1] == Line("talks_scored", {"n": 2, "score": 2})


def test_a_corrected_feeling_is_the_one_that_counts() -> None:
    angry = said(Emotion.ANGER, 5)

    assert "felt" not in names(summarise(replace(known(angry), felt=lambda _: Emotion.NEUTRAL)))


def test_there_are_never_more_than_six_lines() -> None:
    everything = known(
        said(Emotion.ANGER, 1), by_bot(0, buttons=OFFER), complaints=(a_complaint(),), orders=(LATE_ORDER,),
        promises=(OWED, replace(OWED, id=2, due_at=NOW - timedelta(days=1))), handoffs=(OLD_TALK,),
    )  # fmt: skip

    assert names(summarise(everything)) == [
        "complaint_about", "felt", "order_late", "offer_open", "overdue", "promised",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "became"),
    [
        pytest.param({"payload": "/affirm"}, Offered.ACCEPTED, id="button yes"),
        pytest.param({"payload": "/deny"}, Offered.DECLINED, id="button no"),
        pytest.param({"reading": a_reading(intent="deny")}, Offered.DECLINED, id="typed no"),
        pytest.param({"reading": a_reading(intent="report_late")}, Offered.OPEN, id="something else"),
        pytest.param({}, Offered.OPEN, id="not read"),
    ],
)
def test_an_offer_is_what_the_next_message_makes_of_it(answer: dict[str, object], became: Offered) -> None:
    said_next = replace(A_MESSAGE, **answer)  # type: ignore[arg-type]

    assert offers_in([by_bot(5, buttons=OFFER), said_next]) == [became]
    assert offers_in([by_bot(5, buttons=OFFER)]) == [Offered.OPEN]
    assert offers_in([by_bot(5, buttons=OFFER[:1]), said_next]) == []


@pytest.mark.parametrize(
    ("texts", "length", "emoji"),
    [
        pytest.param(["hi", "where is it", "ok 🙂"], Length.SHORT, True, id="short"),
        pytest.param(["word " * 20] * 3, Length.MEDIUM, False, id="medium"),
        pytest.param(["word " * 60] * 3, Length.LONG, False, id="long"),
        pytest.param(["我的订单一直没有收到，请帮我查询一下物流"] * 3, Length.MEDIUM, False, id="chinese is dense"),
    ],
)
def test_how_somebody_writes_is_read_from_their_own_messages(texts: list[str], length: Length, emoji: bool) -> None:
    manner = manner_of([said(Emotion.NEUTRAL, 9 - n, text) for n, text in enumerate(texts)])

    assert manner is not None
    assert (manner.length, manner.emoji, manner.languages, manner.n) == (length, emoji, ("en",), 3)


def test_too_few_messages_say_nothing_about_somebody() -> None:
    pressed = said(Emotion.NEUTRAL, 1, "Yes", payload="/affirm")

    assert manner_of([said(Emotion.NEUTRAL, 3), said(Emotion.NEUTRAL, 2), pressed, by_bot(0)]) is None


def test_a_language_of_one_message_in_ten_was_a_slip() -> None:
    greek = [replace(said(Emotion.NEUTRAL, n), reading=a_reading(language="el")) for n in range(9)]

    manner = manner_of([*greek, said(Emotion.NEUTRAL, 10)])

    assert manner is not None
    assert manner.languages == ("el",)
