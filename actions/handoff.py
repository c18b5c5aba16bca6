"""Giving the conversation to a person. That it is time was decided before (actions/understanding.py)."""

from __future__ import annotations

from actions.case import Case, CaseAction
from actions.deescalation import is_upset
from actions.photos import say_it_goes_along
from actions.slots import Slot
from actions.words import words_for
from bot.domain.handoff import Reason


class HandOff(CaseAction):
    """Says who comes and when, and asks the gateway for a person."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_handoff"

    async def answer(self, case: Case) -> None:
        """Hand over for the reason that was decided; without one, a person was asked for."""
        slots, reading = case.turn.slots, case.turn.reading
        unsure = case.turn.intent == "ask_human" and reading.intent_confidence < case.policy.handoff.asked.sure_above
        if unsure and not slots.get(Slot.HANDOFF_REASON) and not is_upset(reading, case.policy):
            case.say("utter_misunderstood")  # a person is one tap away
            return
        reason = Reason(slots.get(Slot.HANDOFF_REASON) or Reason.ASKED)
        severity = int(slots.get(Slot.HANDOFF_SEVERITY) or case.policy.severity[reason])
        earlier = await _earlier_words(case) if reason is Reason.REPEAT else None
        await case.hand_over(reason, severity, words_for(reason, case.turn, earlier))
        await say_it_goes_along(case)


async def _earlier_words(case: Case) -> str | None:
    """Return the key of the message that complained before."""
    since = case.now - case.policy.handoff.repeat.window
    complaints = await case.work.complaints.since(case.turn.conversation_id, since)
    return next((c.message_key for c in reversed(complaints) if c.message_key != case.turn.said.key), None)
