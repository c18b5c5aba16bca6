"""`python -m bot up`: everything Warmline needs, started in order, watched, and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx
from rich.console import Console

from bot.demo import seed
from bot.domain.people import Role
from bot.errors import SettingsError
from bot.running.children import Child
from bot.running.postgres import EmbeddedPostgres
from bot.running.training import RASA_PYTHON, rasa_environment, train
from bot.settings import ROOT, Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store

# Seconds for a child to be ready: what dies is noticed at once, so this only ends waiting for one that hangs.
_START_WITHIN = 180.0

out = Console(highlight=False, soft_wrap=True)


async def up(settings: Settings) -> None:
    """Run Warmline until Ctrl-C. Raises SettingsError, TrainingFailed or ChildFailed with one clear sentence."""
    _port_is_free(settings.host, settings.port)
    home = settings.warmline_home
    home.mkdir(parents=True, exist_ok=True)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        dsn, postgres = await stack.enter_async_context(database(settings))
        await asyncio.to_thread(migrate, dsn)
        login = await _first_start(dsn, demo=settings.demo_on)
        model = await asyncio.to_thread(train, home)
        children = children_of(settings, dsn, model)
        watchers = [asyncio.create_task(_watch_database(postgres))] if postgres else []
        stack.push_async_callback(_stop, children, watchers)
        rasa, actions, gateway = children
        say("Starting Rasa and the action server ...")
        await _unless_stopped(stop, asyncio.gather(rasa.start(), actions.start()))
        await _unless_stopped(stop, gateway.start())
        watchers += [asyncio.create_task(child.keep_alive(say)) for child in children]
        _welcome(settings, login)
        await stop.wait()
        say("Stopping ...")


def say(line: str) -> None:
    """Tell the person at the terminal."""
    out.print(line, markup=False)
    sys.stdout.flush()


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[tuple[str, EmbeddedPostgres | None]]:
    """Give the address of the database, and the embedded server unless DATABASE_URL names another."""
    if settings.database_url:
        yield settings.dsn, None
        return
    postgres = EmbeddedPostgres(settings.warmline_home)
    say("Starting PostgreSQL ...")
    try:
        yield await asyncio.to_thread(postgres.start), postgres
    finally:
        await asyncio.to_thread(postgres.stop)


async def _watch_database(postgres: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(0.5)
        if not postgres.alive:
            say("PostgreSQL stopped; starting it again")
            try:
                await asyncio.to_thread(postgres.start)
                say("PostgreSQL is back")
            except OSError as exc:
                say(str(exc))


async def _first_start(dsn: str, *, demo: bool) -> tuple[str, str] | None:
    """Add the admin (and the demo shop) to an empty database; return the admin's login if it is new."""
    store = Store(dsn, pool_size=1)
    try:
        async with store.begin() as work:
            if demo and not await work.orders.count() and not await work.products.count():
                say(f"Demo shop: {await seed(work)}")
            if await work.users.count():
                return None
            password = secrets.token_urlsafe(12)
            await work.users.add("admin", password, Role.ADMIN, "Admin")
            return "admin", password
    finally:
        await store.close()


def children_of(settings: Settings, dsn: str, model: Path) -> tuple[Child, Child, Child]:
    """Return Rasa, the action server and the gateway, not started yet."""
    home = settings.warmline_home.resolve()
    rasa_url = _own_address(settings, "rasa_url", "/")
    actions_url = _own_address(settings, "actions_url", "/webhook")
    shared = {
        "DATABASE_URL": dsn,
        "RASA_DB_URL": dsn,
        "RASA_TOKEN": settings.shared_token,
        "RASA_URL": rasa_url,
        "ACTIONS_URL": actions_url,
        "WARMLINE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    here = os.environ | shared
    rasa_at, actions_at = httpx.URL(rasa_url), httpx.URL(actions_url)
    rasa = Child(
        "Rasa",
        [
            str(RASA_PYTHON), "-m", "nlu", "run", "--enable-api",
            "--interface", rasa_at.host, "--port", str(rasa_at.port), "--model", str(model.resolve()),
            "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        ],
        rasa_environment(home) | shared | {"POSTGRESQL_SCHEMA": "rasa"},
        lambda: _answers(f"{rasa_url}/status?token={settings.shared_token}"),
        home / "logs" / "rasa.log",
        start_within=_START_WITHIN,
    )  # fmt: skip
    actions = Child(
        "The action server",
        [sys.executable, "-m", "actions"],
        here,
        lambda: _answers(f"http://{actions_at.host}:{actions_at.port}/health"),
        home / "logs" / "actions.log",
        start_within=_START_WITHIN,
    )
    gateway = Child(
        "The gateway",
        [sys.executable, "-m", "bot", "serve"],
        here,
        lambda: _answers(f"http://{_reach(settings.host)}:{settings.port}/readyz"),
        home / "logs" / "gateway.log",
        start_within=_START_WITHIN,
    )
    return rasa, actions, gateway


def _own_address(settings: Settings, name: str, path: str) -> str:
    """The address set for a server of ours, else a free port on loopback: two Warmlines can run side by side."""
    if name in settings.model_fields_set:
        return str(getattr(settings, name)).rstrip("/")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}{path}".rstrip("/")


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=3) as client:
        return (await client.get(url)).is_success


async def _unless_stopped(stop: asyncio.Event, work: Awaitable[object]) -> None:
    """Do the work, but let Ctrl-C end it at once."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task.done():
        await task
    else:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _stop(children: tuple[Child, ...], watchers: list[asyncio.Task[None]]) -> None:
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    for child in reversed(children):  # the gateway first: nothing new comes in while the others go
        await child.stop()


def _port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise SettingsError(
                f"PORT: {host}:{port} cannot be used ({exc.strerror}); set PORT to another one"
            ) from None


def _reach(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # nosec B104  # noqa: S104  compared, not bound


def _welcome(settings: Settings, login: tuple[str, str] | None) -> None:
    base = f"http://{_reach(settings.host)}:{settings.port}"
    say("")
    say("Warmline is ready.")
    if settings.demo_on:
        say(f"  Demo (a shopper's phone beside the console): {base}/")
    say(f"  Console for operators:                       {base}/console")
    for name, on in (("Telegram", settings.telegram_on), ("WhatsApp", settings.whatsapp_on)):
        if on:
            say(f"  {name} is on.")
    if login:
        say(f"  Login, shown only now:                       {login[0]} / {login[1]}")
    say("Ctrl-C stops everything.")
