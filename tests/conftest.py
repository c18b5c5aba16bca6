"""What all tests share: a real PostgreSQL, a Rasa with the real model, and the whole of Warmline."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.demo import seed
from bot.running.postgres import EmbeddedPostgres
from bot.running.training import train
from bot.running.up import children_of
from bot.settings import ROOT, Settings
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store
from bot.turns.jobs import job_app
from tests.system import RasaSystem, Warmline

HOME = ROOT / ".warmline"


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    """No test may speak to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host.split("%")[0]).is_loopback:
                raise AssertionError(f"a test opened a connection to {host}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """A PostgreSQL server: the one of DATABASE_URL, else the embedded one."""
    if given := os.environ.get("DATABASE_URL"):
        yield given.replace("postgresql+psycopg://", "postgresql://", 1)
        return
    with a_folder() as folder:
        server = EmbeddedPostgres(folder)
        yield server.start()
        server.stop()


@pytest.fixture(scope="session")
def template(server_dsn: str) -> Iterator[str]:
    """A database at the newest schema, to be copied."""
    with fresh_database(server_dsn) as dsn:
        migrate(dsn)
        yield dsn


@pytest.fixture
def database_url(server_dsn: str, template: str) -> Iterator[str]:
    """An empty database at the newest schema, for one test."""
    with fresh_database(server_dsn, template=database_of(template)) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store of an empty database; jobs it defers are kept but run by nobody."""
    jobs = job_app(database_url)
    async with jobs.open_async():
        opened = Store(database_url, jobs=jobs, pool_size=5)
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
def model() -> Path:
    """The model of the training files as they are, trained if there is none."""
    return train(HOME)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rasa_system(
    model: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RasaSystem]:
    """Rasa with the real model and the real actions, on a database with the demo shop."""
    with fresh_database(server_dsn, template=database_of(template)) as dsn:
        store = Store(dsn, jobs=job_app(dsn))
        async with store.begin() as work:
            await seed(work)
        # A token may begin with a dash, as an option of the command line does.
        token, home = SecretStr("--a-token-that-looks-like-an-option"), tmp_path_factory.mktemp("rasa")
        settings = Settings(warmline_home=home, rasa_token=token, _env_file=None)  # type: ignore[call-arg]
        rasa, actions, _ = children_of(settings, dsn, model)
        try:
            await actions.start()
            await rasa.start()
            yield RasaSystem(url=rasa.environment["RASA_URL"], token=settings.shared_token, store=store)
        finally:
            await rasa.stop()
            await actions.stop()
            await store.close()


@pytest.fixture(scope="module")
def running(model: Path) -> Iterator[Warmline]:
    """The whole of Warmline, started as `make run` does, in a folder of its own."""
    with a_folder() as home:
        (home / "models").mkdir()
        shutil.copy(model, home / "models")
        warmline = Warmline(home)
        try:
            warmline.start()
            yield warmline
        finally:
            warmline.stop()


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """Give an empty folder for a server. Not pytest's: PostgreSQL, which never runs as root, may not look into those."""
    with tempfile.TemporaryDirectory(prefix="warmline-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def fresh_database(server_dsn: str, template: str | None = None) -> Iterator[str]:
    """Give the address of a new database and drop it afterwards."""
    name = f"warmline_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    before, _, query = server_dsn.partition("?")
    base = before.rsplit("/", 1)[0]
    try:
        yield f"{base}/{name}" + (f"?{query}" if query else "")
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_of(dsn: str) -> str:
    """The name of the database in an address."""
    return dsn.partition("?")[0].rsplit("/", 1)[1]
