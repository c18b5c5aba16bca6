"""Another size, colour or piece in place of what came as ordered: the days of a return, then a person."""

from __future__ import annotations

from datetime import datetime

from actions.case import Case, CaseAction
from actions.facts import day
from actions.returns import last_day, return_response
from actions.which_order import order_or_ask
from bot.domain.order import Order

_INSTEAD = {
    "utter_return_possible": "utter_exchange_possible",
    "utter_return_not_yet": "utter_exchange_not_yet",
    "utter_return_expired": "utter_exchange_expired",
}


class AskExchange(CaseAction):
    """Answers `exchange`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_ask_exchange"

    async def answer(self, case: Case) -> None:
        """Say whether the order can be exchanged."""
        await explain_exchange(case)


async def explain_exchange(case: Case) -> None:
    """Say whether and until when the order this is about can be exchanged, or ask which and whose it is."""
    if order := await order_or_ask(case):
        until = last_day(order, case.policy.returns.days)
        facts = {"until": day(until, case.turn.language, case.now)} if until else {}
        case.say_about(exchange_response(order, until, case.policy.returns.refund_days, case.now), order, **facts)


def exchange_response(order: Order, until: datetime | None, refund_days: int, now: datetime) -> str:
    """Name the response about an exchange: what can go back can be exchanged, and as long."""
    answer = return_response(order, until, refund_days, now)
    return _INSTEAD.get(answer, answer)
