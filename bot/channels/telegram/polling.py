"""Long polling: Telegram's updates without a public address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Never

import structlog
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.channels.telegram.client import Client
from bot.channels.telegram.hear import Ear
from bot.channels.telegram.pace import pause
from bot.channels.telegram.parse import callback_id

LONG_POLL = 30  # seconds

log = structlog.get_logger()


class Polling:
    """Stores updates first and tells Telegram so second: a crash in between repeats a message and loses none."""

    def __init__(
        self,
        client: Client,
        ear: Ear,
        *,
        wait: int = LONG_POLL,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._ear = ear
        self._wait = wait
        self._sleep = sleep
        self._offset: int | None = None

    async def run(self) -> Never:
        """Poll until cancelled; whatever goes wrong is waited out."""
        ready = False
        failures = 0
        while True:
            try:
                if not ready:
                    await self._begin()
                    ready = True
                await self.once()
                failures = 0
            except Exception as exc:  # noqa: BLE001  a loop that ends leaves every shopper unheard
                failures += 1
                wait = pause(exc, failures)
                _complain(exc, wait)
                await self._sleep(wait)

    async def once(self) -> None:
        """Fetch once, store what came, and move on past it."""
        updates = await self._client.fetch(self._offset, self._wait)
        for update in updates:
            await self._ear.hear(update)
        # An empty answer confirms everything before the offset. Starting afresh then is safe, and keeps us listening
        # when Telegram's ids start over at random after a quiet week (https://core.telegram.org/bots/api#update).
        self._offset = max(update["update_id"] for update in updates) + 1 if updates else None
        await asyncio.gather(*(self._answer(update) for update in updates))

    async def _begin(self) -> None:
        # getUpdates is refused while a webhook is set.
        await self._client.delete_webhook(drop_pending_updates=False)
        me = await self._client.get_me()
        log.info("telegram.listening", bot=me.username)

    async def _answer(self, update: dict[str, Any]) -> None:
        query = callback_id(update)
        if query is None:
            return
        try:
            await self._client.answer_callback_query(query)
        except TelegramError as exc:  # too old to be answered, for one
            log.debug("telegram.callback_unanswered", error=type(exc).__name__)


def _complain(exc: Exception, wait: float) -> None:
    # Only the error's name: the text of a refused token contains the token.
    event = {
        InvalidToken: "telegram.token_refused",
        Conflict: "telegram.polled_elsewhere",
    }.get(type(exc), "telegram.polling_failed")
    log.warning(event, error=type(exc).__name__, pause=round(wait, 1))
