"""One turn: the stages in order, then one commit that records what they decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain.command import YES, Asked, Command
from bot.domain.conversation import Holder
from bot.domain.messages import Author
from bot.domain.people import Conversation, Message, Said
from bot.handoff.notices import Notices
from bot.metrics import Metrics
from bot.store.unit_of_work import Store, Work
from bot.turns.burst import FLOOD, as_one, together, wait_for_more
from bot.turns.jobs import DELETE_FILES, DELIVER, DRAIN, HANDED_OFF, TELL_RETURNED, delivery_lock, turn_lock
from bot.turns.prompt import PromptDelivery, Sending
from bot.turns.stages import Stage
from bot.turns.turn import Turn

log = structlog.get_logger()

_ASKS: Final = "?？;；"
# Who floods is answered this often, and told why once an hour.
_SLOW: Final = timedelta(seconds=5)
_MINUTE: Final = timedelta(minutes=1)
_TOLD_AGAIN: Final = timedelta(hours=1)


class Pipeline:
    """Handles unread messages of one conversation, oldest first. Nothing else may do so for it meanwhile.

    Messages that come within `burst_window` of each other and look unfinished are answered together (`bot.turns.burst`).
    With `prompt`, the worker that made the replies of a turn sends them, where it can, before it goes on.
    """

    def __init__(
        self,
        store: Store,
        stages: Sequence[Stage],
        notices: Notices,
        metrics: Metrics,
        when_broken: Stage,
        *,
        prompt: PromptDelivery | None = None,
        burst_window: timedelta = timedelta(0),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._stages = stages
        self._notices = notices
        self._metrics = metrics
        self._when_broken = when_broken
        self._prompt = prompt
        self._burst_window = burst_window
        self._clock = clock

    async def drain(self, conversation_id: str, *, last_try: bool, worker: int | None = None) -> None:
        """Handle every unread message. `last_try` hands a message that cannot be handled to people instead of raising.

        `worker` is what the queue knows the worker by that runs this; without one, replies have a job of their own.
        """
        more = True
        while more:
            with self._metrics.timed("load"):
                turn, more = await self._next(conversation_id)
            if turn is not None:
                turn = await self._through_stages(turn, last_try=last_try)
                with self._metrics.timed("record"):
                    sending = await self._record(turn, worker)
                if sending is not None and self._prompt is not None:
                    await self._prompt.finish(sending)

    async def _next(self, conversation_id: str) -> tuple[Turn | None, bool]:
        """Begin the next turn: None when there is nothing to answer, or not yet. Return also whether there is more to do.

        What comes from now on has a job of its own, so nobody needs to look for it here.
        """
        async with self._store.one_by_one() as work:
            a_minute_ago = self._clock() - _MINUTE
            now = await work.conversations.at_turn(conversation_id, a_minute_ago, limit=FLOOD + 1)
            if now is None:
                return None, False
            unread, conversation, last = now.unread, now.conversation, now.said
            flood = now.came > FLOOD
            wait = self._wait(unread, last, flood=flood)
            if wait is not None:
                lock, seconds = turn_lock(conversation_id), wait.total_seconds()
                await work.look_again(DRAIN, lock=lock, seconds=seconds, conversation_id=conversation_id)
                return None, False
            group = together(unread, flood=flood)
            if group[0].turn_id is None:
                group = await work.messages.begin_turn(group)
                if not group:  # the shopper was forgotten a moment ago
                    return None, False
        if flood:
            await self._say_so(conversation)
        message = as_one(group)
        language = self._notices.language(conversation.language, message.language_hint)
        turn = Turn(conversation, group, message, language, offered=last.buttons if last else ())
        return turn, len(unread) > len(group)

    def _wait(self, unread: Sequence[Message], last: Said | None, *, flood: bool) -> timedelta | None:
        """Return how long nothing should be answered yet: more may come, or somebody floods."""
        now = self._clock()
        if flood and last is not None and unread[0].turn_id is None:
            ready = last.created_at + _SLOW
            return ready - now if ready > now else None
        expected = last is not None and (bool(last.buttons) or any(mark in last.text for mark in _ASKS))
        return wait_for_more(unread, now, self._burst_window, expected=expected)

    async def _say_so(self, conversation: Conversation) -> None:
        """Tell somebody who floods, once, that they are read all the same."""
        now = self._clock()
        if conversation.blocked_at is not None:
            return
        if conversation.slowed_at is not None and now < conversation.slowed_at + _TOLD_AGAIN:
            return
        log.warning("turn.flood", conversation=conversation.id)
        line = self._notices.slow_down(self._notices.page(conversation))
        async with self._store.begin() as work:
            await work.conversations.set(conversation.id, slowed_at=now)
            await work.messages.add_replies(conversation.id, conversation.channel, Author.SYSTEM, [line])
            await work.defer(DELIVER, lock=delivery_lock(conversation.id), conversation_id=conversation.id)

    async def _through_stages(self, first: Turn, *, last_try: bool) -> Turn:
        turn = first
        try:
            for stage in self._stages:
                if turn.finished:
                    break
                with self._metrics.timed(type(stage).__name__):
                    turn = await stage(turn)
        except Exception:
            if not last_try:
                raise
            # One message that always breaks must not keep its shopper waiting for ever.
            log.exception("turn.broken", message=first.message.id)
            turn = await self._when_broken(first) if first.with_bot else first
        return turn

    async def _record(self, turn: Turn, worker: int | None = None) -> Sending | None:
        conversation, sending = turn.conversation, None
        async with self._store.begin() as work:
            ids = [message.id for message in turn.messages]
            now = await work.messages.handled(
                conversation.id, ids, reading=turn.reading, read_in=turn.read_in, stance=turn.stance
            )
            if now is None:
                log.info("turn.duplicate", message=turn.message.id)
                return None
            if turn.with_bot and (now.holder is not Holder.BOT or now.blocked_at is not None):
                # An operator took the chat while the bot was thinking: what it wanted to say is not said.
                log.info("turn.overtaken", message=turn.message.id)
                turn = replace(turn, replies=(), handoff=None)
            if turn.reading and turn.reading.language == turn.language != now.language:
                await work.conversations.set(conversation.id, language=turn.language)
            said = await work.messages.add_replies(
                conversation.id, conversation.channel, turn.author, turn.replies, in_reply_to=turn.message.id
            )
            if turn.pressed:
                await work.outreach.answered(turn.pressed)
            if turn.stops_outreach:
                await work.conversations.set(conversation.id, no_outreach=True)
            if turn.obeyed:
                await self._obey(work, now, turn.obeyed, said)
            if turn.handoff:
                await self._hand_off(work, turn)
            await work.changed(conversation.id)
            if turn.replies and self._prompt is not None and worker is not None:
                sending = await self._prompt.begin(work, now, worker)
            if turn.replies and sending is None:
                await work.defer(DELIVER, lock=delivery_lock(conversation.id), conversation_id=conversation.id)
        return sending

    @staticmethod
    async def _obey(work: Work, now: Conversation, asked: Asked, said: Sequence[int]) -> None:
        match asked.command:
            case Command.LANGUAGE if asked.argument is not None:
                await work.conversations.set(now.id, language=asked.argument)
            # Not over the head of somebody who took the chat meanwhile.
            case Command.FORGET if asked.argument == YES and now.holder is Holder.BOT:
                keys = await work.erasure.forget(now.id, keep=said)
                await work.defer(DELETE_FILES, lock=f"files:{now.id}", keys=keys)
                log.info("conversation.forgotten", conversation=now.id)
            case Command.STOP | Command.RESUME:
                await work.conversations.set(now.id, no_outreach=asked.command is Command.STOP)
            case Command.WAIT | Command.CALLBACK | Command.LATER if now.holder is Holder.QUEUE:
                await work.handoffs.wishes(now.id, asked.command.value)
            case Command.BOT if now.holder is Holder.QUEUE:
                await work.conversations.pass_to(now.id, Holder.BOT)
                await work.handoffs.close(now.id, "left_queue")
                await work.defer(TELL_RETURNED, lock=turn_lock(now.id), conversation_id=now.id)
                log.info("handoff.left_queue", conversation=now.id)

    @staticmethod
    async def _hand_off(work: Work, turn: Turn) -> None:
        request = turn.handoff
        assert request is not None, "called for turns that hand off"
        due = datetime.now(UTC) + timedelta(minutes=request.within_minutes)
        await work.conversations.pass_to(turn.conversation.id, Holder.QUEUE)
        await work.conversations.set(turn.conversation.id, severity=request.severity)
        await work.handoffs.open(turn.conversation.id, request, message_id=turn.message.id, due_at=due)
        await work.defer(HANDED_OFF, lock=HANDED_OFF, conversation_id=turn.conversation.id)
        log.info("handoff.opened", conversation=turn.conversation.id, reason=request.reason, severity=request.severity)
