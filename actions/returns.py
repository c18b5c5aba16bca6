"""Sending something back."""

from __future__ import annotations

from datetime import datetime, timedelta

from actions.case import Case, CaseAction
from actions.facts import day
from actions.settled import is_past, settled_response
from actions.which_order import order_or_ask
from bot.domain.order import Order, OrderStatus

_SETTLED = {
    OrderStatus.CANCELLED: "utter_order_cancelled",
    OrderStatus.LOST: "utter_order_lost",
}


class AskReturn(CaseAction):
    """Answers `ask_return`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_ask_return"

    async def answer(self, case: Case) -> None:
        """Say whether the order can go back."""
        await explain_return(case)


async def explain_return(case: Case) -> None:
    """Say whether and until when the order this is about can go back, or ask which and whose it is."""
    if order := await order_or_ask(case):
        say_return(case, order)


def say_return(case: Case, order: Order) -> None:
    """Say whether and until when an order can go back."""
    rule = case.policy.returns
    until = last_day(order, rule.days)
    facts = {"until": day(until, case.turn.language, case.now)} if until else {}
    case.say_about(return_response(order, until, rule.refund_days, case.now), order, **facts)


def last_day(order: Order, days: int) -> datetime | None:
    """Return the last day to send an order back; None when it is not delivered or we do not know since when."""
    if order.status is not OrderStatus.DELIVERED or order.status_since is None:
        return None
    return order.status_since + timedelta(days=days)


def return_response(order: Order, until: datetime | None, refund_days: int, now: datetime) -> str:
    """Name the response about sending an order back."""
    if settled := settled_response(order, refund_days, now):
        return settled
    if order.status in _SETTLED:
        return _SETTLED[order.status]
    if order.status is not OrderStatus.DELIVERED:
        return "utter_return_not_yet"
    if is_past(until, now):
        return "utter_return_expired"
    return "utter_return_possible"
