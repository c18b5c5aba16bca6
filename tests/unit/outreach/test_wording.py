"""What is written first reads well in every language, with as few facts as may be, and fits the channels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.channels.telegram.send import CAPABILITIES, keyboard
from bot.domain.messages import Reply
from bot.domain.order import Order, OrderStatus
from bot.domain.outreach import SCORES, Pressed
from bot.domain.promise import OrderProblem, Promise, PromiseKind, PromiseState
from bot.outreach.wording import Wording
from tests.doubles.shipped import the_book

LANGUAGES = ("en", "ru", "zh", "el")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
WORDING = Wording(the_book())
LATE = Order(
    number="WL-7", customer_name="", phone=None, email=None, status=OrderStatus.PACKED, status_since=None,
    placed_at=NOW - timedelta(days=9), promised_at=NOW - timedelta(days=2), carrier=None, tracking=None,
    total=Decimal(1), currency="EUR", items=(),
)  # fmt: skip


def a_promise(kind: PromiseKind) -> Promise:
    return Promise(
        id=1, code="K7QM-4F", conversation_id="c", order_number="WL-7", kind=kind, problem=OrderProblem.LOST,
        amount=None, currency=None, details="", state=PromiseState.KEPT, made_at=NOW, due_at=NOW,
    )  # fmt: skip


def first_lines(language: str) -> list[Reply]:
    return [
        WORDING.ask_for_score(language, 10**9),
        WORDING.late_order(language, 10**9, LATE, NOW),
        *(WORDING.follow_up(language, 10**9, a_promise(kind)) for kind in (PromiseKind.RESHIP, PromiseKind.REFUND)),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_its_buttons_as_telegram_takes_them(language: str) -> None:
    for line in first_lines(language):
        markup = keyboard(line)

        assert markup is not None
        assert hasattr(markup, "inline_keyboard"), "a payload is too long, and buttons came as text"
        assert all(len(button.title) <= CAPABILITIES.max_button_title for button in line.buttons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_news_name_the_order_and_how_late_it_is_and_nothing_unknown(language: str) -> None:
    for _ in range(20):
        news = WORDING.late_order(language, 1, LATE, NOW).text

        assert "WL-7" in news
        assert "2" in news
        assert not set("{}[]") & set(news)
        assert "None" not in news


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_of_a_late_order_says_its_facts_and_how_to_get_no_more(language: str) -> None:
    reply = WORDING.late_order_by_template(language, LATE, NOW)

    assert reply.template is not None
    assert (reply.template.name, reply.template.language) == ("late_order", language)
    number, promised = reply.template.facts
    assert number == "WL-7"
    assert "24" in promised
    assert all(reply.text.count(fact) == 1 for fact in reply.template.facts)
    assert any(word in reply.text for word in ("STOP", "СТОП", "停止", "ΣΤΟΠ"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_place_of_a_score_is_its_number(language: str) -> None:
    """Where buttons are a numbered list, a typed number is the score."""
    buttons = WORDING.ask_for_score(language, 3).buttons

    assert [button.payload for button in buttons] == [Pressed(3, score).payload for score in SCORES]
