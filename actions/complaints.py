"""A complaint that names no specific problem. Whether it goes to a person is decided before (actions/deescalation.py)."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.people import hear_about_person
from actions.which_order import say_with_order_if_known


class HearComplaint(CaseAction):
    """Answers `complain`, and threats and repeated complaints where the policy leaves them with the bot."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_hear_complaint"

    async def answer(self, case: Case) -> None:
        """Hear the complaint out, with the facts at hand."""
        await hear_complaint(case)


async def hear_complaint(case: Case) -> None:
    """Answer with the order's facts and an offer where an order is known, else hear it out; about a person, for our people."""
    if case.turn.is_about_staff and await hear_about_person(case):
        return
    await say_with_order_if_known(case, "utter_complaint_with_order", "utter_complaint_heard")
