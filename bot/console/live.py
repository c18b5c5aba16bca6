"""Keeps one open page up to date."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from nicegui import background_tasks, ui

log = structlog.get_logger()

# A turn changes a conversation several times within a moment; the page is drawn once for all of them.
_BURST = 0.05
# While changes keep coming, a page is drawn so often; what its own operator does is shown at once all the same.
_REST = 0.25
# A refresh that failed is tried again after so long.
_AGAIN = 2.0
# However quiet it is, look again: whoever lost a notice is behind for this long at most. Not all pages at one moment.
_LOOK_AGAIN = (30.0, 45.0)


class Changes(Protocol):
    """The part of `bot.store.feed.Feed` that pages need."""

    def subscribe(self, heard: Callable[[str], None], lost: Callable[[], None] | None = None) -> Callable[[], None]:
        """Call `heard` with the id of each conversation that changes ("" for all), `lost` when changes go unheard.

        Return what ends that.
        """
        ...


class Live:
    """Calls `refresh` in the page's context after every burst of changes, never twice at once, until the page closes.

    `show_current` is called with False when a refresh raised, which is tried again soon, and when changes go unheard; with
    True after each refresh while they are heard. Pages that share a `turn` do not all refresh at once.
    """

    def __init__(
        self,
        changes: Changes,
        refresh: Callable[[frozenset[str]], Awaitable[None]],
        show_current: Callable[[bool], None],
        turn: asyncio.Semaphore | None = None,
    ) -> None:
        self._client = ui.context.client
        self._refresh = refresh
        self._show_current = show_current
        self._turn = turn or contextlib.nullcontext()
        self._changed: set[str] = set()
        self._busy = False
        self._well = True
        self._hears = True
        stop = changes.subscribe(self._heard, self._lost)
        self._client.on_delete(stop)
        ui.timer(random.uniform(*_LOOK_AGAIN), lambda: self.note(""))  # noqa: S311  no secret

    def note(self, conversation_id: str) -> None:
        """Remember a change and see to it soon."""
        self._changed.add(conversation_id)
        if not self._busy and not self._client.is_deleted:
            self._busy = True
            background_tasks.create(self._catch_up(), name="console page", context=self._client.content)

    def _heard(self, conversation_id: str) -> None:
        self._hears = True
        self.note(conversation_id)

    def _lost(self) -> None:
        self._hears = False
        self._show_current(False)

    async def _catch_up(self) -> None:
        try:
            await asyncio.sleep(_BURST)
            while self._changed and not self._client.is_deleted:
                async with self._turn:
                    changed, self._changed = frozenset(self._changed), set()
                    well = await self._is_refreshed(changed)
                await asyncio.sleep(_REST if well else _AGAIN)
        finally:
            self._busy = False

    async def _is_refreshed(self, changed: frozenset[str]) -> bool:
        try:
            await self._refresh(changed)
        except Exception:
            if not self._client.is_deleted:
                if self._well:  # not again for each try while the database is away
                    log.exception("console.refresh_failed")
                self._well = False
                self._show_current(False)
                self._changed.add("")
            return False
        self._well = True
        if self._hears:  # a refresh that began before the loss shows nothing of what came after it
            self._show_current(True)
        return True
