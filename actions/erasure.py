"""Deleting what is kept of a shopper. The gateway does it and says so; here it is explained, asked and asked for."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.slots import FORGETS


class ExplainDeletion(CaseAction):
    """Answers `delete_my_data`."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_explain_deletion"

    async def answer(self, case: Case) -> None:
        """Tell what would go and what stays, and ask."""
        case.say(FORGETS)


def answer_deletion(case: Case, *, yes: bool) -> None:
    """Ask the gateway to delete everything after a yes in words; ask again where it is not sure what was meant.

    The yes of the question's own button goes to the gateway (`/forget`); another button's yes was meant for something else.
    """
    if yes and not case.turn.said.is_button:
        case.speech.command({"command": "forget"})
    elif case.turn.intent == "deny":
        case.say("utter_forget_kept")
    else:
        case.say(FORGETS)
