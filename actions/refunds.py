"""Money back."""

from __future__ import annotations

from datetime import datetime

from actions.case import Case, CaseAction
from actions.offers import last_reported, make_good, offer_cancelling, problem_reported
from actions.photos import thank_or_ask
from actions.settled import settled_response
from actions.which_order import order_or_ask
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import OrderProblem, PromiseKind

_NOT_SENT = frozenset({OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED})
_BY_STATUS = {
    OrderStatus.CANCELLED: "utter_order_cancelled",
    OrderStatus.LOST: "utter_order_lost",
}


class AskRefund(CaseAction):
    """Answers `ask_refund`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_ask_refund"

    async def answer(self, case: Case) -> None:
        """Say where the money is."""
        await explain_refund(case)


async def explain_refund(case: Case) -> None:
    """Say where the money for the order this is about is or offer it back, or ask which and whose it is."""
    if order := await order_or_ask(case):
        problem = await problem_reported(case, order)
        await thank_or_ask(case, problem)
        if await make_good(case, order, problem, only=PromiseKind.REFUND):
            return
        damaged = (problem or await last_reported(case, order)) is OrderProblem.DAMAGED
        response = refund_response(order, case.policy.returns.refund_days, case.now, damaged=damaged)
        if response != "utter_cancel_possible" or not await offer_cancelling(case, order):
            case.say_about(response, order)


def refund_response(order: Order, days: int, now: datetime, *, damaged: bool = False) -> str:
    """Name the response about the money for an order. What never arrived is not asked back before it is refunded.

    `damaged`: they said that it is; then it has come, whatever the order's status says.
    """
    if settled := settled_response(order, days, now, asked_for=True):
        return settled
    if order.status in _BY_STATUS:
        return _BY_STATUS[order.status]
    if damaged and order.status not in _NOT_SENT:
        return "utter_damaged"
    if order.days_late(now) > 0:
        return "utter_order_late"
    if order.status in _NOT_SENT:
        return "utter_cancel_possible"
    return "utter_order_delayed" if order.status is OrderStatus.DELAYED else "utter_refund_how"
