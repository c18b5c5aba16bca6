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

import argon2
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from pydantic import SecretStr

from bot.demo import seed
from bot.running.postgres import EmbeddedPostgres
from bot.running.training import train
from bot.running.up import children_of
from bot.settings import ROOT, Settings
from bot.store import users
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
        dsn = server.start()
        with psycopg.connect(dsn, autocommit=True) as connection:  # nothing of it has to outlive the machine
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield dsn
        server.stop()


@pytest.fixture(scope="session")
def template(server_dsn: str) -> Iterator[str]:
    """A database at the newest schema, to be copied."""
    with fresh_database(server_dsn) as dsn:
        migrate(dsn)
        yield dsn


@pytest.fixture(scope="session")
def in_turn(server_dsn: str, template: str) -> Iterator[DatabaseInTurn]:
    """What gives each test an empty database."""
    given = DatabaseInTurn(server_dsn, template)
    yield given
    given.drop()


@pytest.fixture
def database_url(in_turn: DatabaseInTurn) -> Iterator[str]:
    """An empty database at the newest schema, for one test."""
    yield in_turn.dsn
    in_turn.empty()


@pytest_asyncio.fixture
async def store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """The store of an empty database; jobs it defers are kept but run by nobody, and passwords are hashed quickly."""
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)
    monkeypatch.setattr(users, "_NOBODY", quick.hash("nobody"))
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


# Whatever is altered in a schema shows here.
_SCHEMA = (
    "SELECT (SELECT version_num FROM alembic_version), md5(string_agg("
    " concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef), ',' ORDER BY attrelid, attnum))"
    " FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
    " WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'"
)
_USED = (
    "SELECT schemaname, tablename, pg_relation_size(format('%I.%I', schemaname, tablename)) FROM pg_tables"
    " WHERE schemaname !~ '^(pg_|information_schema$)' AND tablename <> 'alembic_version'"
    " AND pg_relation_size(format('%I.%I', schemaname, tablename)) > 0"
)


class DatabaseInTurn:
    """One database for one test after the other, each of which finds it empty: a new one for each costs five times as much."""

    _MOST_BYTES = 20_000_000

    def __init__(self, server_dsn: str, template: str) -> None:
        self._server_dsn, self._template = server_dsn, database_of(template)
        self._make()

    def _make(self) -> None:
        self._kept = contextlib.ExitStack()
        self.dsn = self._kept.enter_context(fresh_database(self._server_dsn, self._template))
        with psycopg.connect(self.dsn) as connection:
            self._schema = connection.execute(_SCHEMA).fetchone()

    def empty(self) -> None:
        """Delete all rows and count from one again; make it anew where its schema was changed or much was in it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            used = connection.execute(_USED).fetchall()
            as_made = connection.execute(_SCHEMA).fetchone() == self._schema
            if as_made and sum(size for _, _, size in used) < self._MOST_BYTES:
                if used:  # in one statement: what refers to what is looked at when it ends
                    deletes = [
                        sql.SQL("{} AS (DELETE FROM {})").format(sql.Identifier(f"d{n}"), sql.Identifier(schema, table))
                        for n, (schema, table, _) in enumerate(used)
                    ]
                    connection.execute(sql.SQL("WITH {} SELECT").format(sql.SQL(", ").join(deletes)))
                connection.execute(
                    "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false)"
                    " FROM pg_sequences WHERE last_value IS NOT NULL"
                )
                return
        self.drop()
        self._make()

    def drop(self) -> None:
        """Be rid of it."""
        self._kept.close()


def database_of(dsn: str) -> str:
    """The name of the database in an address."""
    return dsn.partition("?")[0].rsplit("/", 1)[1]
