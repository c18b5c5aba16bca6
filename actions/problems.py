"""What arrived is broken, is not what was ordered, or is not all of it."""

from __future__ import annotations

from datetime import datetime

from actions.case import Case, CaseAction
from actions.offers import make_good
from actions.photos import thank_or_ask
from actions.remedies import problem_of
from actions.settled import settled_response
from actions.which_order import order_or_ask
from bot.domain.order import Order

_BY_TOPIC = {"report_wrong_item": "utter_wrong_item", "missing_item": "utter_missing_item"}


class ReportProblem(CaseAction):
    """Answers `report_damaged`, `report_wrong_item` and `missing_item`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_report_problem"

    async def answer(self, case: Case) -> None:
        """Take the problem on and offer what makes up for it."""
        await take_on_problem(case)


async def take_on_problem(case: Case) -> None:
    """Offer what puts the order this is about right, else a person who does, or ask which and whose it is."""
    if order := await order_or_ask(case):
        if case.turn.hardly_about_goods:
            case.say_about("utter_complaint_with_order", order)
            return
        problem = problem_of(order, case.turn.topic, case.now)
        await thank_or_ask(case, problem)
        if not await make_good(case, order, problem):
            days = case.policy.returns.refund_days
            case.say_about(problem_response(order, case.turn.topic, days, case.now), order)


def problem_response(order: Order, topic: str, days: int, now: datetime) -> str:
    """Name the response to a problem; one that is already being settled is answered with where that stands."""
    if settled := settled_response(order, days, now):
        return settled
    return _BY_TOPIC.get(topic, "utter_damaged")
