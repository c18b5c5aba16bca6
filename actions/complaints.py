"""A complaint that names no specific problem. Whether it goes to a person is decided before (actions/deescalation.py)."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.which_order import order_or_ask, own_order


class HearComplaint(CaseAction):
    """Answers `complain`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_hear_complaint"

    async def answer(self, case: Case) -> None:
        """Hear the complaint out, with the facts at hand."""
        await hear_complaint(case)


async def hear_complaint(case: Case) -> None:
    """Answer with the order's facts and an offer where an order is known; ask for its proof only if it was just named."""
    turn = case.turn
    if turn.order_number and (turn.values("order_number") or turn.awaiting):
        if order := await order_or_ask(case):
            case.say_about("utter_complaint_with_order", order)
    elif order := await own_order(case.work, turn.conversation_id, turn.order_number):
        case.say_about("utter_complaint_with_order", order)
    else:
        case.say("utter_complaint_heard")
