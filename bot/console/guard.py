"""Sends open pages to the login when their session ends, in whichever process it was ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog
from nicegui import Client, app

from bot.console.live import Changes
from bot.console.visitor import LOGIN_KEY
from bot.store.sessions import key_of
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_LOOK_EVERY: Final = 60.0
_TO_LEAVE: Final = 2.0


class News(Changes, Protocol):
    """The part of `bot.store.feed.Feed` that the console needs."""

    def subscribe_to_sessions(self, heard: Callable[[str], None]) -> Callable[[], None]:
        """Call `heard` with the id of each session that ended or changed; return what ends that."""
        ...


class Guard:
    """Looks at the sessions of all open pages: at once when one is ended or changed, and every minute for those too old."""

    def __init__(self, store: Store, news: News) -> None:
        self._store = store
        self._changed: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        news.subscribe_to_sessions(self._heard)
        app.timer(_LOOK_EVERY, lambda: self._heard(""))

    def _heard(self, session_id: str) -> None:
        self._changed.add(session_id)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="sessions")

    async def _look(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, set()
            try:
                await self._look_once(changed)
            except Exception:  # the database is away: nobody is sent out for that, and the next minute comes
                log.exception("sessions.not_looked_at")

    async def _look_once(self, changed: set[str]) -> None:
        pages = [(client, key) for client in tuple(Client.instances.values()) if (key := _key(client))]
        used = {key for client, key in pages if client.has_socket_connection}
        async with self._store.begin() as work:
            still_open = await work.sessions.still_open({key for _, key in pages}, in_use=used)
        for client, key in pages:
            if key not in still_open:
                _send_out(client)
            elif str(still_open[key]) in changed:
                client.run_javascript("location.reload()")


def _key(client: Client) -> str | None:
    """Return the key of the session a page was opened with."""
    try:
        token = client.request.scope["session"].get(LOGIN_KEY)
    except (RuntimeError, KeyError):  # a page that answers no request
        return None
    return key_of(token) if isinstance(token, str) else None


def _send_out(client: Client) -> None:
    """Show the login, and take the page away: a browser that stays on it can do nothing more with it."""
    client.open("/login")

    def take_away() -> None:
        if not client.is_deleted:
            client.delete()

    asyncio.get_running_loop().call_later(_TO_LEAVE, take_away)
