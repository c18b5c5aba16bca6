"""Stands between a program and its PostgreSQL and counts how often the one waits for the other."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import ExitStack
from typing import Self

from psycopg import conninfo


class Relay:
    """Counts round trips: `trips` grows with whatever is sent after the database has answered. `dsn` leads through it."""

    def __init__(self, dsn: str) -> None:
        given = conninfo.conninfo_to_dict(dsn)
        self._host, self._port = str(given.get("host") or "127.0.0.1"), int(given.get("port") or 5432)
        self._who = f"{given.get('user', 'postgres')}:{given.get('password') or ''}"
        self._name = given["dbname"]
        self._open = ExitStack()
        self._served: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.trips = 0
        self.dsn = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port of this machine."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._open.callback(server.close)
        port = server.sockets[0].getsockname()[1]
        self.dsn = f"postgresql://{self._who}@127.0.0.1:{port}/{self._name}?sslmode=disable&gssencmode=disable"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up, and stop."""
        self._open.close()
        self.cut()
        await asyncio.gather(*self._served)

    def cut(self) -> None:
        """Break every connection, as a database does that starts again."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        if self._host.startswith("/"):
            theirs, ours = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            theirs, ours = await asyncio.open_connection(self._host, self._port)
        self._writers += [writer, ours]
        answered = True

        async def ask() -> None:
            nonlocal answered
            while said := await reader.read(65536):
                self.trips += answered
                answered = False
                ours.write(said)
            ours.close()

        async def answer() -> None:
            nonlocal answered
            while said := await theirs.read(65536):
                answered = True
                writer.write(said)
            writer.close()

        with contextlib.suppress(ConnectionError):  # cut
            await asyncio.gather(ask(), answer())
