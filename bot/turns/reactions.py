"""The stage that sees a shopper's emoji on a message: a feeling to know of, and seldom something to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain.emotion import Reading
from bot.domain.messages import Author, Kind
from bot.errors import AssistantUnavailable
from bot.handoff.notices import Notices
from bot.store.unit_of_work import Store
from bot.turns.assistant import Assistant
from bot.turns.stages import Stage
from bot.turns.turn import Turn

log = structlog.get_logger()

# Of the reactions Telegram offers (https://core.telegram.org/bots/api#reactiontypeemoji) those that say "this was no help".
UNHAPPY: Final = frozenset("👎😡🤬💩🤮🖕😢😭💔🤡😨")
_STANCE: Final = "soothe"
_ONCE_IN: Final = timedelta(hours=24)
_READING_TIMEOUT: Final = 3.0


class SeeReaction:
    """Keeps what a reaction says of the shopper's feeling; an unhappy one on the bot's words is answered, once a day."""

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        notices: Notices,
        fit: Stage,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._notices = notices
        self._fit = fit
        self._now = now

    async def __call__(self, turn: Turn) -> Turn:
        """Finish the turn where the message is a reaction."""
        if turn.message.kind is not Kind.REACTION:
            return turn
        seen = replace(turn, reading=await self._reading(turn), finished=True)
        if not turn.with_bot or not await self._unhappy_with_us(turn):
            return seen
        reply = self._notices.no_help(turn.page)
        return await self._fit(replace(seen, replies=(reply,), stance=_STANCE))

    async def _reading(self, turn: Turn) -> Reading | None:
        try:
            async with asyncio.timeout(_READING_TIMEOUT):
                return await self._assistant.read(turn.message.text)
        except (AssistantUnavailable, TimeoutError):
            log.warning("turn.unread_emotion", message=turn.message.id)
            return None

    async def _unhappy_with_us(self, turn: Turn) -> bool:
        """True for an unhappy reaction to the bot that no other was answered before, within a day."""
        if turn.message.quotes_id is None or not UNHAPPY & set(turn.message.text):
            return False
        async with self._store.begin() as work:
            quoted = await work.messages.get(turn.message.quotes_id)
            since = self._now() - _ONCE_IN
            answered = await work.messages.reactions_answered(turn.conversation.id, since)
        return quoted is not None and quoted.author is Author.BOT and not answered
