"""What the pages of this process show of the queue: read once after each change, and shared by all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.console.live import Changes
from bot.domain.messages import ChannelStop
from bot.domain.people import Conversation, Followed, QueueRow, User
from bot.domain.promise import Promise
from bot.domain.queue import QueueFilter, Whose, concerns, counts
from bot.store.unit_of_work import PEOPLE, Store, Work

# So many pages are brought up to date at once; between them, somebody's click is served.
_AT_ONCE: Final = 3
_MOST_KNOWN: Final = 10_000
_MOST_NEWS: Final = 200
_SEEN_FOR: Final = timedelta(days=30)
# An alert that nobody saw for so long is no news any more.
ALERT_IS_NEWS: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Above:
    """What stands above the lines: the channels that are stopped, the counters of `whose`, and the promises that are overdue."""

    stopped: Sequence[ChannelStop]
    counts: Mapping[Whose, int]
    overdue: Sequence[Promise]
    overdue_count: int


@dataclass(frozen=True)
class _Read:
    version: int
    task: asyncio.Task[Any]


class Board:
    """Reads for all pages; whatever was read is forgotten as soon as anything changes."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._version = 0
        self._reads: dict[Hashable, _Read] = {}
        self._known: dict[str, QueueRow] = {}
        self._seen: dict[int, dict[str, int]] = {}
        self._changes = changes
        self._changed: set[str] = set()
        self._waiting: set[str] | None = None
        self._arrived = 0
        self._news: deque[tuple[int, Conversation]] = deque(maxlen=_MOST_NEWS)
        self.turn = asyncio.Semaphore(_AT_ONCE)
        changes.subscribe(self._heard)  # before any page: what they read then is new

    def subscribe(self, heard: Callable[[str], None], lost: Callable[[], None] | None = None) -> Callable[[], None]:
        """Call `heard` with the id of each conversation that changes ("" for all, `PEOPLE` for none), after it was forgotten here."""
        return self._changes.subscribe(heard, lost)

    def forget(self) -> None:
        """Read anew what is asked for next: somebody of this process has changed something this moment."""
        self._version += 1
        self._reads.clear()

    async def lines(self, chosen: QueueFilter, user: User, limit: int) -> list[QueueRow]:
        """Return the first lines of what a user chose."""
        whom = user.id if chosen.own else 0

        async def read(work: Work) -> list[QueueRow]:
            return [self._same(row) for row in await work.queue.lines(chosen, whom, limit=limit)]

        return await self._once((chosen, whom, limit), read)

    async def above(self, user: User) -> Above:
        """Return the counters as one user has them, and what is overdue."""

        async def read(work: Work) -> tuple[Any, ...]:
            now = datetime.now(UTC)
            stopped, held = await work.channel_stops.standing(now), await work.queue.held()
            return stopped, held, *await work.promises.overdue(now)

        stopped, held, overdue, overdue_count = await self._once("above", read)
        return Above(stopped, counts(held, user.id), overdue, overdue_count)

    async def is_alerted(self, user: User) -> bool:
        """True for a user who was alerted to something they have not seen."""
        since = datetime.now(UTC) - ALERT_IS_NEWS
        return user.id in await self._once("alerted", lambda work: work.alerts.alerted(since))

    async def followed(self, user: User) -> Mapping[str, Followed]:
        """Return what a user follows while others hold it."""
        everybody = await self._once("followed", lambda work: work.queue.followed())
        return everybody.get(user.id, {})

    async def shares(self, chosen: QueueFilter, user: User) -> Mapping[str, Mapping[str, int]]:
        """Return how many conversations each value of a filter would leave."""
        whom = user.id if chosen.whose is Whose.MINE else 0
        return await self._once(
            ("shares", chosen.whose, whom), lambda work: work.queue.shares(QueueFilter(chosen.whose), whom)
        )

    async def arrivals(self, after: int | None, user: User) -> tuple[int, list[Conversation]]:
        """Return who began to wait after `after` and concerns a user, and what to ask with next; nobody for a first question."""
        await self._once("waiting", self._see_arrivals)
        if after is None:
            return self._arrived, []
        new = [each for number, each in self._news if number > after]
        if not new:
            return self._arrived, []
        teams = await self._once("teams", lambda work: work.teams.all())
        return self._arrived, [each for each in new if concerns(each, user.id, teams)]

    async def _see_arrivals(self, work: Work) -> None:
        changed, self._changed = self._changed, set()
        whole = self._waiting is None or "" in changed
        if not whole and not changed:
            return
        try:
            now = await work.queue.waiting(None if whole else changed)
        except Exception:
            self._changed |= changed
            raise
        before = self._waiting
        if before is not None:
            for each in now.values():
                if each.id not in before:
                    self._arrived += 1
                    self._news.append((self._arrived, each))
        self._waiting = set(now) if whole or before is None else (before - changed) | now.keys()

    async def seen(self, user: User) -> Mapping[str, int]:
        """Return up to which message a user has looked at each conversation, in any of their pages."""
        if user.id not in self._seen:
            async with self._store.begin() as work:
                found = await work.queue.seen(user.id, datetime.now(UTC) - _SEEN_FOR)
            self._seen.setdefault(user.id, found)
        return self._seen[user.id]

    async def look(self, user: User, conversation_id: str, message_id: int) -> None:
        """Note that a user has seen a conversation up to a message."""
        seen = await self.seen(user)
        if seen.get(conversation_id, 0) < message_id:
            self._seen[user.id][conversation_id] = message_id
            async with self._store.begin() as work:
                await work.queue.look(user.id, conversation_id, message_id)

    def _heard(self, conversation_id: str) -> None:
        self.forget()
        if conversation_id != PEOPLE:
            self._changed.add(conversation_id)
        if not conversation_id:  # notices may have been lost: so may another process's looks
            self._seen.clear()

    async def _once[T](self, key: Hashable, read: Callable[[Work], Coroutine[Any, Any, T]]) -> T:
        """Return what is read by one for all who ask until the next change."""
        held = self._reads.get(key)
        if held is None or held.version != self._version or (held.task.done() and held.task.exception()):
            held = self._reads[key] = _Read(self._version, asyncio.create_task(self._read(read)))
        result: T = await asyncio.shield(held.task)
        return result

    async def _read[T](self, read: Callable[[Work], Coroutine[Any, Any, T]]) -> T:
        async with self._store.begin() as work:
            return await read(work)

    def _same(self, row: QueueRow) -> QueueRow:
        """Return the very object that pages have drawn already where a line says the same: comparing it costs nothing."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        if self._known.get(row.conversation.id) != row:
            self._known[row.conversation.id] = row
        return self._known[row.conversation.id]
