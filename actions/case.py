"""The base of every action that answers: one transaction, and a person when anything breaks."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import facts
from actions.policy import Policy, Stance
from actions.ports import Shop, Work
from actions.settled import is_past, refund_by
from actions.slots import Slot
from actions.speech import Speech
from actions.turn import Turn
from actions.words import first_words
from bot.domain.handoff import Reason
from bot.domain.order import Order
from bot.handoff.notices import duration

log = structlog.get_logger()


@dataclass(frozen=True)
class Case:
    """One turn at the counter: the message, the shop's data in one transaction, and what is said."""

    turn: Turn
    work: Work
    speech: Speech
    policy: Policy
    now: datetime
    shop: Shop

    def say(self, response: str) -> None:
        """Say a response that needs no facts."""
        self.speech.say(response)

    def say_about(self, response: str, order: Order, **more: str) -> None:
        """Say a response about an order the shopper may see."""
        word = self.shop.book.word(self.turn.language, order.status.value)
        known = facts.facts_about(order, self.turn.language, self.now, word)
        until = refund_by(order, self.policy.returns.refund_days)
        if until and (response == "utter_refund_late" or not is_past(until, self.now)):
            known["refund_by"] = facts.day(until, self.turn.language, self.now)
        self.speech.say(response, known | more)

    def leave_offer(self) -> None:
        """Leave what was offered or asked for as it is; a number that follows is about something else."""
        self.say("utter_offer_declined")
        self.speech.remember(Slot.TOPIC, None)

    async def hand_over(self, reason: Reason, severity: int, words: str) -> None:
        """Give the conversation to a person: tell the shopper who comes and when, and ask the gateway for it."""
        on_duty = await self.work.duty.count(self.now, self.policy.duty.offline_after)
        hand_over(self.speech, self.policy, self.now, self.turn.language, reason, severity, words, on_duty)


class CaseAction(Action, ABC):  # type: ignore[misc]  # rasa-sdk ships no types
    """A thin door: opens the case and lets `answer` decide."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml."""

    @abstractmethod
    async def answer(self, case: Case) -> None:
        """Answer the shopper."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]) -> list[EventType]:
        """Answer inside one transaction. Whatever breaks, the shopper hears so and a person takes over."""
        speech, policy = Speech(dispatcher), self._shop.policy()
        try:
            turn = Turn.of(tracker)
            async with self._shop.ledger.begin() as work:
                await self.answer(Case(turn, work, speech, policy, self._shop.now(), self._shop))
        except Exception as exc:  # noqa: BLE001  the one place where an action may break; nobody is left without an answer
            log.error("action.failed", action=self.name(), conversation=tracker.sender_id, **where_it_broke(exc))  # noqa: TRY400  a traceback may quote the shopper
            speech.unsay()
            language = tracker.slots.get(Slot.LANGUAGE) or self._shop.default_language
            text = str(tracker.latest_message.get("text") or "")
            severity = policy.severity[Reason.ERROR]
            hand_over(speech, policy, self._shop.now(), language, Reason.ERROR, severity, first_words(text))
        return speech.events


def where_it_broke(exc: BaseException) -> dict[str, str]:
    """Return an error's kind and trail for the log, without its text: that may hold what a shopper wrote."""
    frames = traceback.extract_tb(exc.__traceback__)[-6:]
    return {
        "problem": type(exc).__name__,
        "trail": " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames),
    }


def hand_over(
    speech: Speech,
    policy: Policy,
    now: datetime,
    language: str,
    reason: Reason,
    severity: int,
    words: str,
    on_duty: int | None = None,
) -> None:
    """Say `utter_handoff_<reason>`, and honestly where nobody is there now; ask the gateway for a person."""
    within = policy.told_minutes(severity, now, on_duty)
    speech.say(f"utter_handoff_{reason.value}", {"within": duration(within, language)})
    if policy.is_unattended(now, on_duty):
        speech.say("utter_nobody_there")
    speech.command(
        {
            "command": "handoff",
            "reason": reason.value,
            "severity": severity,
            "words": words,
            "within_minutes": within,
        }
    )
    speech.remember(Slot.STANCE, Stance.HANDOFF.value)
    speech.remember(Slot.HANDOFF_REASON, reason.value)
    speech.remember(Slot.HANDOFF_SEVERITY, float(severity))
