"""What changed, told to every process at once through PostgreSQL's LISTEN/NOTIFY."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import psycopg
import structlog

from bot.store.unit_of_work import CHANNEL

log = structlog.get_logger()

Heard = Callable[[str], None]


class Feed:
    """Calls its subscribers with the id of each conversation that changed; an empty id means: look at everything again."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._subscribers: set[Heard] = set()
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, heard: Heard) -> Callable[[], None]:
        """Call `heard` with every change from now on; return what ends that."""
        self._subscribers.add(heard)
        return lambda: self._subscribers.discard(heard)

    async def start(self) -> None:
        """Begin to listen, in the background."""
        self._task = asyncio.create_task(self._listen(), name="feed")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._tell("")  # something may have changed while nobody listened
                    async for notice in connection.notifies():
                        self._tell(notice.payload)
            except psycopg.Error as exc:
                log.warning("feed.lost", error=type(exc).__name__)
                await asyncio.sleep(1)

    def _tell(self, conversation_id: str) -> None:
        for heard in tuple(self._subscribers):
            try:
                heard(conversation_id)
            except Exception:  # one page's fault must not silence the others
                log.exception("feed.subscriber_failed")
