"""The stage that hears what is answered to an outreach: the buttons are the gateway's own, and Rasa is not asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from actions.policy import Policy
from bot.channels.fit import choose
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Reply
from bot.domain.outreach import ANSWERS, LOW_SCORES, NOT_WELL, STOP, WELL, OutreachKind, Pressed
from bot.outreach.wording import Wording
from bot.store.unit_of_work import Store
from bot.turns.stages import Stage
from bot.turns.turn import Turn


class HearAnswer:
    """Answers the buttons under an outreach. While people hold the chat an answer is kept, and nothing is said to it."""

    def __init__(
        self,
        store: Store,
        wording: Wording,
        policy: Callable[[], Policy],
        fit: Stage,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._wording = wording
        self._policy = policy
        self._fit = fit
        self._now = now

    async def __call__(self, turn: Turn) -> Turn:
        """Answer and finish the turn when it is an answer to an outreach of this conversation."""
        chosen = choose(turn.message.text, turn.offered)
        pressed = Pressed.from_payload(turn.message.payload or (chosen.payload if chosen else None))
        if pressed is None:
            return turn
        async with self._store.begin() as work:
            outreach = await work.outreach.find(pressed.outreach_id, turn.conversation.id)
        if outreach is None or pressed.answer not in ANSWERS[outreach.kind]:
            return turn
        turn = replace(turn, pressed=pressed)
        if not turn.with_bot:
            return turn
        handoff = self._handoff(turn) if pressed.answer == NOT_WELL else None
        reply = self._reply(outreach.kind, pressed.answer, turn.page, handoff)
        return await self._fit(replace(turn, replies=(reply,), handoff=handoff, finished=True))

    def _reply(self, kind: OutreachKind, answer: str, page: str, handoff: HandoffRequest | None) -> Reply:
        if handoff is not None:
            return self._wording.came_not_well(page, within_minutes=handoff.within_minutes)
        if answer == STOP:
            return self._wording.no_more(page)
        if kind is OutreachKind.NPS:
            return self._wording.likelihood_told(page, answer)
        if answer == WELL:
            return self._wording.came_well(page)
        return self._wording.low_score(page) if answer in LOW_SCORES else self._wording.thanks(page)

    def _handoff(self, turn: Turn) -> HandoffRequest:
        policy = self._policy()
        # What was to make up for a problem has become one: the second about the same.
        severity = policy.severity[Reason.REPEAT]
        within = policy.told_minutes(severity, self._now())
        return HandoffRequest(Reason.REPEAT, severity, turn.message.text[:280], within)
