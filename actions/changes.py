"""Changes to an order before it leaves: cancelling it, and where it goes."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.offers import offer_address, offer_cancelling
from actions.remedies import request_for
from actions.returns import say_return
from actions.which_order import order_or_ask
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import PromiseKind

_HERE = frozenset({OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED})
_ON_THE_ROAD = frozenset({OrderStatus.SHIPPED, OrderStatus.OUT_FOR_DELIVERY})


class CancelOrder(CaseAction):
    """Answers `cancel_order`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_cancel_order"

    async def answer(self, case: Case) -> None:
        """Offer to cancel the order, or say why it cannot be."""
        await explain_cancelling(case)


class ChangeAddress(CaseAction):
    """Answers `change_address`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_change_address"

    async def answer(self, case: Case) -> None:
        """Ask where the order should go, or say why that cannot change."""
        await explain_address(case)


class TakeAddress(CaseAction):
    """Answers whatever comes when we asked where an order should go (nlu/handoff_policy.py)."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_take_address"

    async def answer(self, case: Case) -> None:
        """Repeat the address for the shopper to confirm, ask again, or leave it."""
        turn = case.turn
        if turn.intent == "deny" and not turn.gives_address:
            case.leave_offer()
        elif not turn.gives_address or not await offer_address(case):
            await explain_address(case)


async def explain_cancelling(case: Case) -> None:
    """Offer to cancel the order this is about or say why it cannot be, or ask which and whose it is."""
    if order := await order_or_ask(case):
        if order.status is OrderStatus.DELIVERED:
            say_return(case, order)
        elif not await offer_cancelling(case, order):
            case.say_about(cancel_response(order), order)


async def explain_address(case: Case) -> None:
    """Ask where the order this is about should go or say why it cannot, or ask which and whose it is."""
    if order := await order_or_ask(case):
        possible = request_for(PromiseKind.CHANGE_ADDRESS, order, case.policy.remedies)
        case.say_about("utter_ask_address" if possible else address_response(order), order)


def cancel_response(order: Order) -> str:
    """Name the response about cancelling an order that is not delivered."""
    if order.status in _HERE:
        return "utter_cancel_possible"
    if has_left(order):
        return "utter_cancel_too_late"
    if order.status is OrderStatus.CANCELLED:
        return "utter_cancel_already"
    if order.status is OrderStatus.REFUNDED:
        return "utter_refund_done"
    return f"utter_order_{order.status.value}"


def address_response(order: Order) -> str:
    """Name the response about changing where an order goes."""
    if order.status in _HERE:
        return "utter_address_possible"
    if has_left(order):
        return "utter_address_too_late"
    return f"utter_order_{order.status.value}"


def has_left(order: Order) -> bool:
    """True when the carrier has it; of a delayed order only its tracking number tells."""
    return order.status in _ON_THE_ROAD or (order.status is OrderStatus.DELAYED and order.tracking is not None)
