"""What changed, told to every process at once through PostgreSQL's LISTEN/NOTIFY."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import psycopg
import structlog

from bot.store.messages import CHANNEL
from bot.store.sessions import SESSIONS_CHANNEL

log = structlog.get_logger()

Heard = Callable[[str], None]
Lost = Callable[[], None]

_AGAIN: Final = 1.0  # seconds until the next try to connect
# So often, where nothing is heard, the database is asked whether it is still there: a dead network closes no connection.
_SILENCE: Final = 10.0
_PATIENCE: Final = 5.0


class Feed:
    """Calls its subscribers with the id of each conversation that changed; an empty id means: look at everything again."""

    def __init__(self, dsn: str, *, silence: float = _SILENCE) -> None:
        self._dsn = dsn
        self._silence = silence
        self._subscribers: dict[object, tuple[Heard, Lost | None]] = {}
        self._sessions: dict[object, Heard] = {}
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, heard: Heard, lost: Lost | None = None) -> Callable[[], None]:
        """Call `heard` with every change from now on, `lost` when the database is gone; return what ends that.

        When it is there again, `heard` is called with an empty id.
        """
        key = object()
        self._subscribers[key] = (heard, lost)
        return lambda: self._subscribers.pop(key, None) and None

    def subscribe_to_sessions(self, heard: Heard) -> Callable[[], None]:
        """Call `heard` with the id of each session that ended or may do other things now; an empty id: look at all."""
        key = object()
        self._sessions[key] = heard

        def stop() -> None:
            self._sessions.pop(key, None)

        return stop

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
                connection = await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True, connect_timeout=int(_PATIENCE)
                )
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await connection.execute(f"LISTEN {SESSIONS_CHANNEL}")
                    self._tell_of_session("")
                    self._tell("")  # something may have changed while nobody listened
                    await self._hear(connection)
            except (psycopg.Error, TimeoutError) as exc:
                log.warning("feed.lost", error=type(exc).__name__)
                self._tell(None)
                await asyncio.sleep(_AGAIN)

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for notice in connection.notifies(timeout=self._silence):
                if notice.channel == SESSIONS_CHANNEL:
                    self._tell_of_session(notice.payload)
                else:
                    self._tell(notice.payload)
            async with asyncio.timeout(_PATIENCE):
                await connection.execute("SELECT 1")

    def _tell(self, conversation_id: str | None) -> None:
        for heard, lost in tuple(self._subscribers.values()):
            try:
                if conversation_id is not None:
                    heard(conversation_id)
                elif lost is not None:
                    lost()
            except Exception:  # one page's fault must not silence the others
                log.exception("feed.subscriber_failed")

    def _tell_of_session(self, session_id: str) -> None:
        for heard in tuple(self._sessions.values()):
            try:
                heard(session_id)
            except Exception:  # as above
                log.exception("feed.subscriber_failed")
