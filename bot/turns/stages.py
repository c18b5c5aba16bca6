"""The stages of a turn, in the order in which the pipeline runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.channels.fit import choose, fit
from bot.channels.ports import Sender
from bot.domain.command import YES, Asked, Command
from bot.domain.handoff import HandoffRequest
from bot.domain.messages import Author, Kind
from bot.errors import AssistantUnavailable
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store
from bot.turns.assistant import Assistant, Question
from bot.turns.turn import Turn

log = structlog.get_logger()

# While an operator holds the chat a reading only colours the transcript: it is not worth a wait.
_READING_TIMEOUT = 3.0
_UNDERSTOOD = frozenset({Kind.TEXT, Kind.BUTTON, Kind.COMMAND, Kind.CONTACT})
# What is read for its emotion while people hold the chat: a shopper's own words, also those beside a file.
_FELT = frozenset({Kind.TEXT, Kind.PHOTO, Kind.VIDEO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER, Kind.OTHER})
_FILES = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
# A photo that comes so long after a complaint about what it can show belongs to it.
_TALKED_OF = timedelta(hours=24)
_SEEN_IN_A_PHOTO = frozenset({"damaged", "wrong_item", "missing"})
# Telegram shows "typing" for five seconds.
_TYPING_AGAIN = 4.0


class Stage(Protocol):
    """One step of a turn."""

    async def __call__(self, turn: Turn) -> Turn:
        """Return the turn as this step leaves it."""
        ...


class LeaveBlocked:
    """What a blocked shopper writes is kept, and that is all: not read, not answered, not handed to people."""

    async def __call__(self, turn: Turn) -> Turn:
        """Finish the turn of a blocked shopper."""
        return turn if turn.conversation.blocked_at is None else replace(turn, finished=True)


class PassToOperator:
    """A message to a chat that people hold is read for its emotion, shown in the console, and not answered."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    async def __call__(self, turn: Turn) -> Turn:
        """Finish the turn unless the bot holds the conversation."""
        if turn.with_bot:
            return turn
        reading = None
        if turn.message.payload is None and turn.message.kind in _FELT and turn.message.text.strip():
            try:
                async with asyncio.timeout(_READING_TIMEOUT):
                    reading = await self._assistant.read(turn.message.text)
            except (AssistantUnavailable, TimeoutError):
                log.warning("turn.unread_emotion", message=turn.message.id)
        return replace(turn, reading=reading, finished=True)


class TakeFiles:
    """A photo, a voice message or a place without words is taken with a fitting line; colleagues see it."""

    def __init__(self, store: Store, notices: Notices, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._notices = notices
        self._now = now

    async def __call__(self, turn: Turn) -> Turn:
        """Answer and finish the turn when there is nothing for the assistant to read."""
        message, notices, page = turn.message, self._notices, turn.page
        if message.kind is Kind.LOCATION:
            reply = notices.location_received(page)
        elif message.kind in _UNDERSTOOD or message.text.strip():
            return turn
        elif message.kind in _FILES:
            reply = notices.file_received(page, for_complaint=await self._goods_are_faulty(turn))
        elif message.kind is Kind.VOICE:
            reply = notices.voice_received(page)
        else:
            reply = notices.cannot_read(page)
        return replace(turn, replies=(reply,), finished=True)

    async def _goods_are_faulty(self, turn: Turn) -> bool:
        async with self._store.begin() as work:
            complaints = await work.complaints.since(turn.conversation.id, self._now() - _TALKED_OF)
        return any(complaint.problem in _SEEN_IN_A_PHOTO for complaint in complaints)


class AskAssistant:
    """Rasa reads and answers; when it cannot, the shopper gets one honest line and the chat goes to a person."""

    def __init__(
        self,
        assistant: Assistant,
        senders: Mapping[str, Sender],
        notices: Notices,
        error: Callable[[], HandoffRequest],
    ) -> None:
        self._assistant = assistant
        self._senders = senders
        self._notices = notices
        self._error = error

    async def __call__(self, turn: Turn) -> Turn:
        """Put the assistant's replies, reading and commands into the turn."""
        message = turn.message
        # What a typed `2` or a button's title stands for, where the last reply offered a choice.
        chosen = choose(message.text, turn.offered)
        question = Question(
            conversation_id=turn.conversation.id,
            message_id=str(message.id),
            channel=message.channel,
            # A slash begins a command to Rasa itself; what a shopper types is never one.
            text=message.payload or (chosen and chosen.payload) or message.text.lstrip("/ ") or message.text,
            language_hint=turn.language,
        )
        sender = self._senders.get(message.channel)
        typing = asyncio.create_task(_keep_typing(sender, turn)) if sender else None
        try:
            answer = await self._assistant.answer(question)
        except AssistantUnavailable as exc:
            log.warning("turn.assistant_unavailable", message=message.id, error=str(exc))
            return self._honest(turn)
        finally:
            if typing:
                typing.cancel()
        if answer.forget:
            line = self._notices.forgotten(turn.page)
            return replace(turn, replies=(line,), author=Author.SYSTEM, obeyed=Asked(Command.FORGET, YES))
        if not answer.replies and answer.handoff is None:
            log.warning("turn.no_answer", message=message.id)
            return replace(self._honest(turn), reading=answer.reading)
        return replace(
            turn,
            reading=answer.reading,
            stance=answer.stance,
            replies=answer.replies,
            handoff=answer.handoff,
            language=answer.language if answer.language in self._notices.languages else turn.language,
        )

    async def give_up(self, turn: Turn) -> Turn:
        """Return the turn with the honest line and a handoff, whatever went wrong."""
        return self._honest(turn)

    def _honest(self, turn: Turn) -> Turn:
        request = replace(self._error(), words=turn.message.text[:280])
        line = self._notices.assistant_down(turn.page, within_minutes=request.within_minutes)
        return replace(turn, replies=(line,), author=Author.SYSTEM, handoff=request)


class FitToChannel:
    """Long replies are split and buttons shaped as the channel allows."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self._senders = senders

    async def __call__(self, turn: Turn) -> Turn:
        """Return the turn with replies that the channel takes."""
        sender = self._senders.get(turn.message.channel)
        if sender is None:
            return turn
        fitted = [piece for reply in turn.replies for piece in fit(reply, sender.capabilities)]
        return replace(turn, replies=tuple(fitted))


async def _keep_typing(sender: Sender, turn: Turn) -> None:
    while True:
        await sender.typing(turn.conversation.address, turn.messages[-1].external_id)
        await asyncio.sleep(_TYPING_AGAIN)
