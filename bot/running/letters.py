"""`python -m bot dead-letters replay`: what could not be read is read once more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.registry import read_again
from bot.domain.messages import DeadLetter
from bot.running.up import database
from bot.settings import Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox
from bot.turns.jobs import job_app


@dataclass
class _AsBefore(Inbox):
    """An inbox that keeps no letter twice; `dead_again` says whether the last could still not be read."""

    _store: Store
    dead_again: bool = field(default=False, init=False)

    async def dead(self, letter: DeadLetter) -> None:  # noqa: ARG002  it is on record already
        """Note that it still cannot be read."""
        self.dead_again = True


async def replay(settings: Settings, ids: Sequence[int]) -> tuple[int, int]:
    """Read letters again, all if none is named; return how many were read and how many still cannot be."""
    async with database(settings) as (dsn, _):
        await asyncio.to_thread(migrate, dsn)
        jobs = job_app(dsn)
        async with jobs.open_async():
            store = Store(dsn, jobs=jobs, pool_size=2)
            try:
                return await replay_in(store, ids)
            finally:
                await store.close()


async def replay_in(store: Store, ids: Sequence[int]) -> tuple[int, int]:
    """Read the letters of a store again."""
    async with store.begin() as work:
        letters = [kept for kept in await work.dead_letters.unread() if not ids or kept.id in ids]
    read = 0
    for kept in letters:
        inbox = _AsBefore(store)
        await read_again(kept.letter, inbox)
        if not inbox.dead_again:
            read += 1
            async with store.begin() as work:
                await work.dead_letters.replayed(kept.id)
    return read, len(letters) - read
