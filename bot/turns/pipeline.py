"""One turn: the stages in order, then one commit that records what they decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.domain.conversation import Holder
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELIVER, delivery_lock
from bot.turns.stages import Stage
from bot.turns.turn import Turn

log = structlog.get_logger()


class Pipeline:
    """Handles unread messages of one conversation, oldest first. Nothing else may do so for it meanwhile."""

    def __init__(self, store: Store, stages: Sequence[Stage], notices: Notices, when_broken: Stage) -> None:
        self._store = store
        self._stages = stages
        self._notices = notices
        self._when_broken = when_broken

    async def drain(self, conversation_id: str, *, last_try: bool) -> None:
        """Handle every unread message. `last_try` hands a message that cannot be handled to people instead of raising."""
        while True:
            turn = await self._next(conversation_id)
            if turn is None:
                return
            await self._record(await self._through_stages(turn, last_try=last_try))

    async def _next(self, conversation_id: str) -> Turn | None:
        async with self._store.begin() as work:
            message = await work.messages.next_unread(conversation_id)
            if message is None:
                return None
            conversation = await work.conversations.get(conversation_id)
            offered = await work.messages.last_offered(conversation_id)
        language = self._notices.language(conversation.language, message.language_hint)
        return Turn(conversation, message, language, offered=offered.buttons if offered else ())

    async def _through_stages(self, first: Turn, *, last_try: bool) -> Turn:
        turn = first
        try:
            for stage in self._stages:
                if turn.finished:
                    break
                turn = await stage(turn)
        except Exception:
            if not last_try:
                raise
            # One message that always breaks must not keep its shopper waiting for ever.
            log.exception("turn.broken", message=first.message.id)
            turn = await self._when_broken(first) if first.with_bot else first
        return turn

    async def _record(self, turn: Turn) -> None:
        conversation = turn.conversation
        async with self._store.begin() as work:
            now = await work.conversations.get(conversation.id, lock=True)
            if not await work.messages.handled(turn.message.id, reading=turn.reading, stance=turn.stance):
                log.info("turn.duplicate", message=turn.message.id)
                return
            if now.holder is not Holder.BOT and turn.with_bot:
                # An operator took the chat while the bot was thinking: what it wanted to say is not said.
                log.info("turn.overtaken", message=turn.message.id)
                turn = replace(turn, replies=(), handoff=None)
            if turn.reading and turn.reading.language == turn.language != now.language:
                await work.conversations.set(conversation.id, language=turn.language)
            await work.messages.add_replies(
                conversation.id, conversation.channel, turn.author, turn.replies, in_reply_to=turn.message.id
            )
            if turn.pressed:
                await work.outreach.answered(turn.pressed)
            if turn.stops_outreach:
                await work.conversations.set(conversation.id, no_outreach=True)
            if turn.handoff:
                await self._hand_off(work, turn)
            if turn.replies:
                await work.defer(DELIVER, lock=delivery_lock(conversation.id), conversation_id=conversation.id)
            await work.changed(conversation.id)

    @staticmethod
    async def _hand_off(work: Work, turn: Turn) -> None:
        request = turn.handoff
        assert request is not None, "called for turns that hand off"
        due = datetime.now(UTC) + timedelta(minutes=request.within_minutes)
        await work.conversations.pass_to(turn.conversation.id, Holder.QUEUE)
        await work.conversations.set(turn.conversation.id, severity=request.severity)
        await work.handoffs.open(turn.conversation.id, request, message_id=turn.message.id, due_at=due)
        log.info("handoff.opened", conversation=turn.conversation.id, reason=request.reason, severity=request.severity)
