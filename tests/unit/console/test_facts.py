"""The facts column: the shopper's clock, and an order's days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from actions.deescalation import Problem
from actions.policy import Stance
from bot.console.case import KnownOrder
from bot.console.glance import glance
from bot.console.local_time import phone_of, zone_of
from bot.console.milestones import Milestone, Step, milestones
from bot.domain.order import OrderStatus
from bot.domain.people import Proof
from bot.handoff.summary import Offered
from tests.doubles.shipped import the_texts
from tests.unit.console.test_case import A_CONVERSATION
from tests.unit.console.test_writing import a_case
from tests.unit.test_summary import LATE_ORDER

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ATHENS = ZoneInfo("Europe/Athens")


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        pytest.param("+306912345678", "Europe/Athens", id="greece"),
        pytest.param("+8613800138000", "Asia/Shanghai", id="china"),
        pytest.param("+447700900123", "Europe/London", id="a mobile, by its country"),
        pytest.param("+79161234567", None, id="a country with eleven clocks"),
        pytest.param("6912345678", None, id="no country"),
        pytest.param("a web session", None, id="no phone"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_shoppers_clock_is_told_where_their_country_has_one(phone: str | None, zone: str | None) -> None:
    found = zone_of(phone, NOW)

    assert (found.key if found else None) == zone


def test_the_phone_is_that_of_whatsapp_or_a_proven_one() -> None:
    proven = (Proof("email", "a@example.com", "typed"), Proof("phone", "+306912345678", "typed"))

    assert phone_of(replace(A_CONVERSATION, channel="whatsapp", address="+3069"), proven) == "+3069"
    assert phone_of(A_CONVERSATION, proven) == "+306912345678"
    assert phone_of(A_CONVERSATION, ()) is None


def test_a_late_orders_days_stand_in_their_sequence() -> None:
    order = replace(LATE_ORDER, status_since=datetime(2026, 11, 15, 23, 0, tzinfo=UTC))

    assert milestones(order, NOW.astimezone(ATHENS)) == [
        Milestone(Step.PLACED, date(2026, 11, 13)),
        Milestone(Step.STATUS, date(2026, 11, 16)),
        Milestone(Step.PROMISED, date(2026, 11, 18)),
        Milestone(Step.TODAY, date(2026, 11, 22), late=4),
    ]


def test_a_promised_day_to_come_is_after_today_and_what_is_over_has_no_today() -> None:
    coming = replace(LATE_ORDER, promised_at=datetime(2026, 11, 24, tzinfo=UTC))
    over = replace(coming, status=OrderStatus.DELIVERED, status_since=NOW)

    assert [one.step for one in milestones(coming, NOW.astimezone(ATHENS))] == [Step.PLACED, Step.TODAY, Step.PROMISED]
    assert [one.step for one in milestones(over, NOW.astimezone(ATHENS))] == [Step.PLACED, Step.STATUS, Step.PROMISED]


def test_days_late_are_those_of_the_shops_clock_whatever_the_operators_shows() -> None:
    words = the_texts().words("en", ATHENS)
    case = replace(a_case(), orders=(KnownOrder(LATE_ORDER, proven=True),))
    night = datetime(2026, 11, 22, 17, 0, tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))

    assert any("5 days late" in line for line in glance(words, case, night).lines)
    assert milestones(LATE_ORDER, night)[-1] == Milestone(Step.TODAY, date(2026, 11, 23), late=5)


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("facts.stance", Stance), ("facts.problem", Problem), ("facts.offer", Offered),
        ("facts.step", [step for step in Step if step is not Step.STATUS]),
    ],
)  # fmt: skip
def test_everything_that_is_told_has_its_words(group: str, names: list[str]) -> None:
    assert [name for name in names if not the_texts().words("en").has(f"{group}.{name}")] == []
