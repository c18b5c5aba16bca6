"""Where an order is: every status, every language, facts as they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from actions.facts import day
from actions.orders import status_response
from bot.domain.order import Order, OrderStatus
from tests.doubles.counter import LANGUAGES, NOW, Chat, a_bare_order, an_order

PHONE = "+447700900123"


def a_proven_chat(*orders: Order, language: str = "en") -> Chat:
    return Chat(*orders, language=language).proves("phone", PHONE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("known", ["everything", "nothing"])
async def test_every_status_is_told_in_every_language_whatever_is_known(
    language: str, status: OrderStatus, known: str
) -> None:
    order = an_order(status=status) if known == "everything" else a_bare_order(status)
    chat = a_proven_chat(order, language=language)

    for _ in range(6):  # each time in other words
        told = await chat.says("?", "ask_order_status", order_number="WL-1001")

        assert told.responses[0] in {f"utter_order_{status.value}", f"utter_facts_{status.value}"}
        assert not re.search(r"[{}\[\]]|None", told.text)
        assert told.commands == []


async def test_facts_come_in_the_shoppers_language() -> None:
    order = an_order(promised_at=NOW - timedelta(days=3))
    chat = a_proven_chat(order, language="ru")

    told = {(await chat.says("где?", "ask_order_status", order_number="WL-1001")).text for _ in range(12)}

    assert all("3 дня" in text for text in told)
    assert any("19 ноября" in text for text in told)


@pytest.mark.parametrize(
    ("days", "response"),
    [
        pytest.param(0, "utter_order_shipped", id="due today is not late"),
        pytest.param(1, "utter_order_late", id="due yesterday is late"),
    ],
)
def test_an_order_is_late_from_the_day_after_its_promise(days: int, response: str) -> None:
    assert status_response(an_order(promised_at=NOW - timedelta(days=days)), NOW) == response


@pytest.mark.parametrize(
    ("days", "responses", "offer"),
    [
        pytest.param(1, ["utter_order_late"], "human", id="the policy has nothing for one day"),
        pytest.param(2, ["utter_facts_late", "utter_offer_voucher"], "voucher", id="a voucher from two days on"),
    ],
)
async def test_a_late_order_comes_with_what_the_policy_has_for_it_else_a_person(
    days: int, responses: list[str], offer: str
) -> None:
    chat = a_proven_chat(an_order(promised_at=NOW - timedelta(days=days)))

    told = await chat.says("where is it", "report_late", order_number="WL-1001")

    assert told.responses == responses
    assert chat.slots["offer"] == offer


async def test_a_delivered_order_is_not_late_whatever_was_promised() -> None:
    order = an_order(status=OrderStatus.DELIVERED, promised_at=NOW - timedelta(days=9))

    assert status_response(order, NOW) == "utter_order_delivered"


async def test_another_year_is_said() -> None:
    order = an_order(status=OrderStatus.REFUNDED, status_since=NOW - timedelta(days=400))
    chat = a_proven_chat(order)

    told = {(await chat.says("?", "ask_order_status", order_number="WL-1001")).text for _ in range(12)}

    assert any("2025" in text for text in told)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 12, 1, tzinfo=UTC), "1η Δεκεμβρίου"),
        (datetime(2027, 1, 1, tzinfo=UTC), "1η Ιανουαρίου 2027"),
        (datetime(2026, 12, 11, tzinfo=UTC), "11 Δεκεμβρίου"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_greek(moment: datetime, said: str) -> None:
    assert day(moment, "el", NOW) == said
