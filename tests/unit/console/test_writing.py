"""What an operator is told while they write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.channels.ports import Capabilities
from bot.console.case import Case, KnownOrder
from bot.console.suggesting import responses_by_intent, suggested
from bot.console.writing import Writing
from bot.domain.emotion import Emotion
from bot.domain.order import OrderStatus
from tests.doubles.assistant import a_reading
from tests.doubles.counter import an_order
from tests.doubles.shipped import the_book, the_policy, the_texts
from tests.unit.console.test_case import A_CONVERSATION, A_MESSAGE

BOOK = the_book()
POLICY = the_policy()
NOW = datetime.now(UTC)


class Narrow:
    """A channel of 10 characters a message that closes after a day."""

    capabilities = Capabilities(
        10, 0, 20, reply_window=timedelta(hours=24), templates=frozenset({("nudge", "en"), ("late_order", "en")})
    )

    def __init__(self) -> None:
        self.typed: list[str] = []

    async def typing(self, address: str) -> None:
        self.typed.append(address)


def writing(sender: Narrow) -> Writing:
    return Writing(cast("Any", None), cast("Any", {"web": sender}), BOOK, lambda: POLICY, "en", 20_000)


def a_case(*, wrote: datetime = NOW, **more: Any) -> Case:
    return Case(replace(A_CONVERSATION, last_inbound_at=wrote), (), True, (), (), (), (), {}, **more)


@pytest.mark.parametrize(
    ("max_file", "max_picture", "kind", "largest"),
    [
        (0, 0, "image/png", 0),
        (0, 0, "application/pdf", 0),
        (50_000, 10_000, "image/png", 10_000),
        (50_000, 10_000, "application/pdf", 20_000),
    ],
)
def test_a_file_may_be_as_large_as_both_the_shop_and_the_channel_take(
    max_file: int, max_picture: int, kind: str, largest: int
) -> None:
    sender = Narrow()
    sender.capabilities = replace(Narrow.capabilities, max_file=max_file, max_picture=max_picture)

    assert writing(sender).largest(A_CONVERSATION, kind) == largest


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1234567", None),
        ("12345678", (8, 10, 1)),
        ("1234567890", (10, 10, 1)),
        ("12345 67890 12345", (17, 10, 3)),
        ("🎁🎁🎁🎁🎁", (10, 10, 1)),
        ("  1234567   ", None),
    ],
)
def test_the_length_is_told_from_four_fifths_of_a_message_on(text: str, shown: tuple[int, int, int] | None) -> None:
    found = writing(Narrow()).length(a_case(), text)

    assert (found and (found.used, found.limit, found.parts)) == shown


async def test_the_shopper_sees_typing_no_more_often_than_needed_and_not_in_a_closed_channel() -> None:
    sender = Narrow()
    open_to_us, closed = a_case(), a_case(wrote=NOW - timedelta(hours=25))
    page = writing(sender)
    for _ in range(5):
        await page.typing(open_to_us)
    await writing(sender).typing(closed)

    assert sender.typed == [A_CONVERSATION.address]


def test_templates_are_those_of_the_shoppers_language() -> None:
    page = writing(Narrow())
    greek = a_case()
    greek = replace(greek, conversation=replace(greek.conversation, language="el"))

    assert [template.name for template, _ in page.templates(a_case())] == ["nudge"]
    assert page.templates(greek) == []


def test_a_late_order_can_be_told_by_template_where_the_shopper_proved_it() -> None:
    page = writing(Narrow())
    late = an_order(promised_at=NOW - timedelta(days=3), status=OrderStatus.SHIPPED)
    in_time = replace(late, number="WL-9", promised_at=NOW + timedelta(days=3))
    known = replace(a_case(), orders=(KnownOrder(late, True), KnownOrder(in_time, True)))

    ((_, _), (template, says)) = page.templates(known)

    assert (template.name, template.language, template.facts[0]) == ("late_order", "en", late.number)
    assert all(fact in says for fact in template.facts)
    assert [found.name for found, _ in page.templates(replace(a_case(), orders=(KnownOrder(late, False),)))] == [
        "nudge"
    ]


def test_hints_are_in_the_operators_language() -> None:
    page = writing(Narrow())

    (english, *_), (russian, *_) = (
        page.hints(a_case(), "Calm down, please.", the_texts().words(language)) for language in ("en", "ru")
    )

    assert english.startswith("Calm down")
    assert russian.startswith("Calm down")
    assert any("а" <= letter <= "я" for letter in russian)
    assert (
        page.hints(a_case(), "I am asking the carrier now and write here within 30 minutes.", the_texts().words("en"))
        == []
    )


def said(intent: str, emotion: Emotion = Emotion.ANGER, *, order: bool = True) -> Case:
    read = replace(A_MESSAGE, reading=replace(a_reading(emotion, intent=intent), confidence=0.99))
    known = replace(an_order(), status=OrderStatus.SHIPPED, promised_at=NOW + timedelta(days=2))
    case = replace(a_case(), messages=(read,))
    return replace(case, orders=(KnownOrder(known, proven=order),))


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_an_answer_about_an_order_is_suggested_with_its_facts(language: str) -> None:
    case = said("ask_order_status", Emotion.ANXIETY)

    texts = suggested(case, BOOK, language, "reassure", NOW)

    assert texts
    assert any("WL-1001" in text for text in texts)
    assert not any("{" in text for text in texts)


def test_of_an_order_that_is_not_proven_nothing_is_suggested() -> None:
    assert not any(
        "WL-1001" in text for text in suggested(said("ask_order_status", order=False), BOOK, "en", "soothe", NOW)
    )


def test_a_person_is_not_suggested_to_offer_a_person() -> None:
    for intent in responses_by_intent():
        for text in suggested(said(intent), BOOK, "en", "soothe", NOW):
            assert "bring in a" not in text


def test_where_nothing_was_read_nothing_is_suggested() -> None:
    assert suggested(a_case(), BOOK, "en", "steady", NOW) == []


def test_the_stance_is_the_policys_for_the_last_message_that_was_read() -> None:
    page = writing(Narrow())

    assert page.stance(said("ask_refund")) == "soothe"
    assert page.stance(said("thanks", Emotion.GRATITUDE)) == "warm"
    assert page.stance(a_case()) == "any"
