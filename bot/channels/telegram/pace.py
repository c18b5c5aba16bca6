"""Telegram's speed limits, kept on our side: https://core.telegram.org/bots/faq#broadcasting-to-users."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from telegram.error import InvalidToken, RetryAfter

PER_CHAT = 1.0  # seconds between two messages in one chat
OVERALL = 1 / 30  # seconds between any two messages of the bot
LONGEST_PAUSE = 60.0  # seconds
_KEPT = 1024


class Pace:
    """Lets messages through one second apart in a chat and thirty a second in all. One process, one pace."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chats: dict[str, float] = {}
        self._overall = 0.0

    async def turn(self, chat: str) -> None:
        """Return when the next message may go to the chat. Turns are given in the order they are asked for."""
        now = self._clock()
        mine = max(now, self._chats.get(chat, 0.0))
        self._chats[chat] = mine + PER_CHAT
        self._forget(now)
        if mine > now:
            await self._sleep(mine - now)
        now = self._clock()
        mine = max(now, self._overall)
        self._overall = mine + OVERALL
        self._chats[chat] = max(self._chats.get(chat, 0.0), mine + PER_CHAT)
        if mine > now:
            await self._sleep(mine - now)

    def _forget(self, now: float) -> None:
        if len(self._chats) > _KEPT:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}


def asked_to_wait(exc: RetryAfter) -> float:
    """Return the seconds Telegram wants us to wait."""
    wait = exc.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def pause(exc: Exception, failures: int) -> float:
    """Return the seconds to wait after a failure: what Telegram asks for, else doubling from one with chance in it."""
    if isinstance(exc, RetryAfter):
        return asked_to_wait(exc)
    if isinstance(exc, InvalidToken):  # until somebody mends the settings
        return LONGEST_PAUSE
    return min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311  not a secret
