"""What is worked out from a training text, kept on disk so that a text that did not change is not worked out again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar
from zlib import crc32

import structlog

_MOST: Final = 2**16  # values in a file: some four times the examples there are
_ASKED: Final = 500  # SQLite takes some thousand values in a query
_PATIENCE: Final = 30  # seconds another training may hold the file

log = structlog.get_logger()
_Found = TypeVar("_Found")


class Kept:
    """Values by text, in a file of SQLite that several trainings may use at once. Only hashes of the texts are in it.

    `maker` names all a value depends on besides its text: the code, a model, lexicons; values of another maker are not
    found, and the oldest values give way to new ones. A file that is broken begins anew; one that cannot be used is done
    without: losing it costs time only.
    """

    def __init__(self, file: Path, maker: str, most: int = _MOST) -> None:
        self._file = file
        self._maker = maker
        self._most = most

    def of(self, texts: Iterable[str]) -> dict[str, bytes]:
        """Return the values of those texts that have one."""
        by_key = {self._key(text): text for text in texts}

        def read(kept: sqlite3.Connection) -> dict[str, bytes]:
            keys = list(by_key)
            found = {}
            for start in range(0, len(keys), _ASKED):
                some = keys[start : start + _ASKED]
                marks = ",".join("?" * len(some))
                rows = kept.execute(f"SELECT key, sum, value FROM kept WHERE key IN ({marks})", some)  # nosec B608  # noqa: S608 - marks only
                found.update({by_key[key]: value for key, crc, value in rows if crc == crc32(value)})
            return found

        return self._with_file(read) or {}

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Keep values under their texts."""
        rows = [(self._key(text), crc32(value), value) for text, value in values.items()]

        def write(kept: sqlite3.Connection) -> None:
            kept.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
            kept.execute("DELETE FROM kept WHERE rowid <= (SELECT max(rowid) FROM kept) - ?", (self._most,))

        if rows:
            self._with_file(write)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._maker}\0{text}".encode("utf-8", "surrogatepass")).digest()

    def _with_file(self, use: Callable[[sqlite3.Connection], _Found]) -> _Found | None:
        try:
            try:
                return self._used(use)
            except sqlite3.OperationalError:  # locked, read-only, a full disk: the file itself is whole
                raise
            except sqlite3.DatabaseError as exc:
                log.warning("kept.broken", file=str(self._file), reason=str(exc))
                self._file.unlink(missing_ok=True)
                return self._used(use)
        except (OSError, sqlite3.Error) as exc:
            log.warning("kept.unusable", file=str(self._file), reason=str(exc))
            return None

    def _used(self, use: Callable[[sqlite3.Connection], _Found]) -> _Found:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=_PATIENCE)) as kept, kept:
            kept.execute(
                "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, sum INTEGER NOT NULL, value BLOB NOT NULL)"
            )
            return use(kept)
