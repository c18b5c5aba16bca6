"""`python -m bot shoppers`: what is kept of one shopper, handed out or deleted."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from bot.errors import ExportFailed
from bot.media.shoppers import Shoppers
from bot.media.vault import Vault
from bot.running.up import database
from bot.settings import Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store
from bot.turns.jobs import job_app


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Shoppers]:
    """Give what may be done with shoppers' data, on the database of the settings."""
    async with database(settings) as (dsn, _):
        await asyncio.to_thread(migrate, dsn)
        jobs = job_app(dsn)
        async with jobs.open_async():
            store = Store(dsn, jobs=jobs, pool_size=2)
            try:
                yield Shoppers(store, Vault(settings.vault_url))
            finally:
                await store.close()


async def export(settings: Settings, channel: str, address: str, file: Path) -> None:
    """Write everything about a shopper to a new file, which only its owner may read; raises UnknownShopper."""
    async with opened(settings) as shoppers:
        shopper = await shoppers.find(channel, address)
        try:
            with open(file, "xb", opener=_for_us_alone) as into:  # noqa: ASYNC230  a command does nothing else
                await shoppers.export(shopper.id, into, by=None)
        except OSError as exc:
            raise ExportFailed(f"{file}: {exc.strerror}") from exc


async def erase(settings: Settings, channel: str, address: str) -> None:
    """Delete everything about a shopper; raises UnknownShopper, or WrongTurn while people hold their chat."""
    async with opened(settings) as shoppers:
        await shoppers.erase((await shoppers.find(channel, address)).id, by=None)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
