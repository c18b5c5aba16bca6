"""One transaction for a command of the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.settings import Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store, Work


async def in_transaction[T](act: Callable[[Work], Awaitable[T]]) -> T:
    """Do something with the database, at its newest schema; the embedded one is started where it does not run."""
    from bot.running.up import database  # noqa: PLC0415  most commands need none of what this loads

    async with database(Settings.from_env()) as (dsn, _):
        await asyncio.to_thread(migrate, dsn)
        store = Store(dsn, pool_size=1)
        try:
            async with store.begin() as work:
                return await act(work)
        finally:
            await store.close()
