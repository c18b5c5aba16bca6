"""A payment that failed, came twice or was too much. What the bank did is not in our data: a person checks it."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.which_order import say_with_order_if_known


class ReportPayment(CaseAction):
    """Answers `payment_problem`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_report_payment"

    async def answer(self, case: Case) -> None:
        """Say what we have on record and offer a person."""
        await explain_payment(case)


async def explain_payment(case: Case) -> None:
    """Offer a person who checks the payment, with what is on record where an order is known."""
    await say_with_order_if_known(case, "utter_payment_problem", "utter_payment_problem")
