"""A provider's speed limits, kept on our side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_KEPT = 1024


class Pace:
    """Lets messages through at least `per_chat` seconds apart in a chat and `overall` seconds apart in all.

    One process, one pace.
    """

    def __init__(
        self,
        per_chat: float,
        overall: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_chat = per_chat
        self._overall = overall
        self._clock = clock
        self._sleep = sleep
        self._chats: dict[str, float] = {}
        self._free = 0.0

    async def turn(self, chat: str, weight: float = 1.0) -> None:
        """Return when the next message may go to the chat. Turns are given in the order they are asked for.

        One of twice the `weight` keeps the next waiting twice as long.
        """
        now = self._clock()
        mine = max(now, self._chats.get(chat, 0.0))
        self._chats[chat] = mine + self._per_chat
        self._forget(now)
        if mine > now:
            await self._sleep(mine - now)
        now = self._clock()
        mine = max(now, self._free)
        self._free = mine + self._overall * weight
        self._chats[chat] = max(self._chats.get(chat, 0.0), mine + self._per_chat)
        if mine > now:
            await self._sleep(mine - now)

    def _forget(self, now: float) -> None:
        if len(self._chats) > _KEPT:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}
