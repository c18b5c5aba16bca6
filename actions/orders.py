"""Where an order is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from actions.case import Case, CaseAction
from actions.offers import make_good, say_promised
from actions.remedies import problem_of
from actions.slots import WHERE_IS_IT
from actions.which_order import order_or_ask
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import PromiseKind

_RESHIPS: Final = frozenset({"utter_promise_reship", "utter_promise_reship_approval"})


class TellOrderStatus(CaseAction):
    """Answers `ask_order_status` and `report_late`: the facts decide what is said."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_tell_order_status"

    async def answer(self, case: Case) -> None:
        """Tell the status of the order this is about."""
        await tell_status(case)


async def tell_status(case: Case) -> None:
    """Tell the status of the order this is about and offer what makes up for it, or ask which and whose it is."""
    if order := await order_or_ask(case):
        problem = problem_of(order, WHERE_IS_IT, case.now)
        if await make_good(case, order, problem):
            return
        # Who has the goods and was just promised others asks about those.
        others = order.status is OrderStatus.DELIVERED and not _RESHIPS.isdisjoint(case.turn.said_by_us)
        if not (others and await say_promised(case, order, PromiseKind.RESHIP)):
            never_came = case.turn.topic == "report_late"
            case.say_about(status_response(order, case.now, never_came=never_came), order)


def status_response(order: Order, now: datetime, *, never_came: bool = False) -> str:
    """Name the response that tells where the order is; past its promised day it is late, whatever its status."""
    if never_came and order.status is OrderStatus.DELIVERED:
        return "utter_not_received"
    if order.days_late(now) > 0:
        return "utter_order_late"
    return f"utter_order_{order.status.value}"
