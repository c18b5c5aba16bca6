"""The first thing in every turn: what was read becomes slots, and the policy says how to answer or who takes over."""

from __future__ import annotations

from typing import Any, Final

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import deescalation
from actions.case import where_it_broke
from actions.deescalation import Decision, Problem, Situation
from actions.language import is_foreign, language_of
from actions.policy_file import Policy, Stance
from actions.ports import Shop, Work
from actions.proof import looks_like_phone
from actions.slots import Awaiting, Slot
from actions.speech import say_now
from actions.tension import tension
from actions.turn import Turn
from actions.which_order import own_order
from bot.domain.handoff import Reason

# After these an offer of a person still stands; anything else changes the subject.
_KEEPS_OFFER: Final = frozenset({"affirm", "deny", "thank", "smalltalk", "nlu_fallback", "out_of_scope"})
_REPETITION: Final = "repetition"
_LANGUAGE_UNKNOWN: Final = "utter_language_unknown"
_UPSET_STANCES: Final = frozenset({Stance.SOOTHE, Stance.REPAIR, Stance.REASSURE})
_CAUSES: Final = {
    "report_late": "late",
    "report_damaged": "damaged",
    "report_wrong_item": "wrong_item",
    "missing_item": "missing",
    "ask_refund": "refund",
    "praise": "praise",
}

log = structlog.get_logger()


class Understand(Action):  # type: ignore[misc]  # rasa-sdk ships no types
    """Sets language, stance, cause, topic and the reason to hand over, before any rule is looked at."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def name(self) -> str:
        """The name Rasa calls at the start of every turn."""
        return "action_validate_slot_mappings"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]) -> list[EventType]:
        """Return the slots of this turn; say so where we do not speak the language. Whatever breaks, a person takes over."""
        policy = self._shop.policy()
        try:
            turn = Turn.of(tracker)
            async with self._shop.ledger.begin() as work:
                slots = await self._understand(turn, work, policy)
            if is_new_foreigner(turn) and slots[Slot.HANDOFF_REASON] is None:
                say_now(dispatcher, self._shop.book, _LANGUAGE_UNKNOWN, slots[Slot.LANGUAGE])
        except Exception as exc:  # noqa: BLE001  what cannot be understood for a fault of ours goes to a person
            log.error("turn.not_understood", conversation=tracker.sender_id, **where_it_broke(exc))  # noqa: TRY400  a traceback may quote the shopper
            slots = {
                Slot.STANCE: Stance.HANDOFF.value,
                Slot.HANDOFF_REASON: Reason.ERROR.value,
                Slot.HANDOFF_SEVERITY: float(policy.severity[Reason.ERROR]),
            }
        return [SlotSet(slot.value, value) for slot, value in slots.items()]

    async def _understand(self, turn: Turn, work: Work, policy: Policy) -> dict[Slot, Any]:
        number = order_number_of(turn)
        repeated = await self._count_complaint(turn, number, work, policy)
        decision = deescalation.decide(situation_of(turn, repeated=repeated), policy)
        slots = {
            Slot.LANGUAGE: language_of(
                turn.said.text,
                turn.reading.language,
                spans=turn.spans,
                current=turn.slots.get(Slot.LANGUAGE),
                hint=turn.language_hint,
                default=self._shop.default_language,
            ),
            Slot.STANCE: decision.stance.value,
            Slot.CAUSE: await self._cause(turn, number, decision, work),
            Slot.HANDOFF_REASON: decision.reason.value if decision.reason else None,
            Slot.HANDOFF_SEVERITY: float(decision.severity) if decision.severity else None,
        }
        if turn.starts_topic:
            slots[Slot.TOPIC] = turn.intent
        if turn.intent not in _KEEPS_OFFER:
            slots[Slot.OFFER] = None
        if number != turn.order_number:
            slots[Slot.ORDER_NUMBER] = number
        return slots

    async def _count_complaint(self, turn: Turn, number: str | None, work: Work, policy: Policy) -> bool:
        """Keep a complaint, once a message; return True when it repeats one and does not answer a question of ours.

        It repeats what we have heard, or what the shopper says has been raised before.
        """
        reading = turn.reading
        problem = deescalation.problem_complained_about(turn.intent, reading.emotion, reading.confidence, policy)
        if problem is None:
            return False
        since = self._shop.now() - policy.handoff.repeat.window
        before = deescalation.earlier_complaint(
            await work.complaints.since(turn.conversation_id, since),
            message_key=turn.said.key,
            problem=problem,
            order_number=number,
        )
        await work.complaints.add(turn.conversation_id, turn.said.key, problem.value, number)
        words = [cue.text for cue in turn.cues if cue.kind == _REPETITION]
        said = deescalation.says_it_was_raised_before(turn.intent, reading.emotion, reading.confidence, words, policy)
        return (before is not None or said) and not turn.answers_us

    async def _cause(self, turn: Turn, number: str | None, decision: Decision, work: Work) -> str:
        """Return what an acknowledgement is about. Lateness is named only where the order's own facts show it."""
        if decision.reason is Reason.REPEAT:
            return "repeat"
        about = turn.topic if turn.intent == "inform" else turn.intent
        if about in _CAUSES:
            return _CAUSES[about]
        if decision.stance in _UPSET_STANCES and about in {"ask_order_status", "complain", "cancel_order"}:
            order = await own_order(work, turn.conversation_id, number)
            if order and order.days_late(self._shop.now()) > 0:
                return Problem.LATE.value
        return Problem.GENERAL.value


def situation_of(turn: Turn, *, repeated: bool) -> Situation:
    """Return what the policy decides on."""
    reading = turn.reading
    return Situation(
        intent=turn.intent,
        emotion=reading.emotion,
        confidence=reading.confidence,
        intensity=reading.intensity,
        abuse=reading.abuse,
        offer_open=turn.offer_open,
        misunderstood_in_row=turn.misunderstood_in_row,
        repeated=repeated,
        tension=tension(turn.felt),
    )


def is_new_foreigner(turn: Turn) -> bool:
    """True for the first message in a language that we do not speak, where none that we speak was read before it."""
    if turn.language_was_read or _LANGUAGE_UNKNOWN in turn.said_by_us:
        return False
    return is_foreign(turn.said.text, turn.reading.language, spans=turn.spans)


def order_number_of(turn: Turn) -> str | None:
    """Return the order this is about. Digits given where we asked for a phone are the phone, not another order."""
    given = turn.values("order_number")
    if turn.awaiting is Awaiting.PROOF and given and all(looks_like_phone(number) for number in given):
        return turn.number_before
    return turn.order_number
