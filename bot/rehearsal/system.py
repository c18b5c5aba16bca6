"""The system that is spoken to: one of our own for the time of a rehearsal, or one that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bot.demo import seed
from bot.rehearsal.stage import StageUnusable
from bot.running.children import Child
from bot.running.postgres import EmbeddedPostgres
from bot.running.up import children_of, database
from bot.settings import Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store


@dataclass(frozen=True)
class System:
    """Where to speak, and where to read what was answered."""

    url: str
    store: Store


@contextlib.asynccontextmanager
async def own_system(model: Path) -> AsyncIterator[System]:
    """Run the whole of Warmline with the demo shop, no other channel and a database of its own in a temporary folder.

    Raises ChildFailed.
    """
    with _a_home() as home:
        settings = Settings.model_construct(warmline_home=home, port=_free_port())
        async with contextlib.AsyncExitStack() as stack:
            postgres = EmbeddedPostgres(home)
            stack.push_async_callback(asyncio.to_thread, postgres.stop)
            dsn = await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(migrate, dsn)
            store = Store(dsn, pool_size=5)
            stack.push_async_callback(store.close)
            async with store.begin() as work:
                await seed(work)
            rasa, actions, gateway = (_alone(child, settings) for child in children_of(settings, dsn, model))
            for child in (rasa, actions, gateway):
                stack.push_async_callback(child.stop)
            await asyncio.gather(rasa.start(), actions.start())
            await gateway.start()
            yield System(f"http://{settings.host}:{settings.port}", store)


@contextlib.asynccontextmanager
async def running_system(url: str, settings: Settings) -> AsyncIterator[System]:
    """Use a system that runs, with the database of the settings; raises StageUnusable when it is not ready."""
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            (await client.get(f"{url.rstrip('/')}/readyz")).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise StageUnusable(f"{url} is not ready ({type(exc).__name__})") from None
    async with database(settings) as (dsn, _):
        store = Store(dsn, pool_size=5)
        try:
            yield System(url.rstrip("/"), store)
        finally:
            await store.close()


@contextlib.contextmanager
def _a_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="warmline-rehearsal-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # PostgreSQL never runs as root, and its own user must get in
        yield Path(name)


def _alone(child: Child, settings: Settings) -> Child:
    """Keep from a child what is set for the real shop: a rehearsal must never speak to its Telegram or WhatsApp."""
    ours = {"DATABASE_URL", "RASA_TOKEN", "RASA_URL", "ACTIONS_URL", "WARMLINE_HOME"}
    theirs = {name.upper() for name in Settings.model_fields} - ours
    environment = {name: value for name, value in child.environment.items() if name.upper() not in theirs}
    return replace(
        child,
        environment=environment | {"PORT": str(settings.port)},
        # Rasa finds its files where we are; the others would find the shop's `.env` there.
        folder=None if child.name == "Rasa" else settings.warmline_home,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
