"""The days of an order in their sequence, for its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.order import UNDER_WAY, Order, OrderStatus


class Step(StrEnum):
    """What happened, was to happen, or is."""

    PLACED = "placed"
    STATUS = "status"
    PROMISED = "promised"
    TODAY = "today"


@dataclass(frozen=True)
class Milestone:
    """One day of an order; `late` marks today where the promised day has passed."""

    step: Step
    day: date
    late: int = 0


def milestones(order: Order, now: datetime) -> list[Milestone]:
    """Return the days of an order by the clock of `now`, earliest first; today only while something is still to come."""
    zone = now.tzinfo
    steps = [Milestone(Step.PLACED, order.placed_at.astimezone(zone).date())]
    if order.status_since and order.status is not OrderStatus.PLACED:
        steps.append(Milestone(Step.STATUS, order.status_since.astimezone(zone).date()))
    if order.promised_at:
        steps.append(Milestone(Step.PROMISED, order.promised_at.astimezone(zone).date()))
    if order.status in UNDER_WAY | {OrderStatus.DELAYED}:
        steps.append(Milestone(Step.TODAY, now.date(), order.days_late(now)))
    rank = list(Step)
    return sorted(steps, key=lambda one: (one.day, rank.index(one.step)))
