"""Something broke after some use. Guarantee terms are not in our data: a person judges the case."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.which_order import say_with_order_if_known


class AskWarranty(CaseAction):
    """Answers `warranty`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_ask_warranty"

    async def answer(self, case: Case) -> None:
        """Say what we have on record and offer a person."""
        await explain_warranty(case)


async def explain_warranty(case: Case) -> None:
    """Offer a person who judges the case, with what is on record where an order is known."""
    await say_with_order_if_known(case, "utter_warranty", "utter_warranty")
