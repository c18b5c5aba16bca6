"""Secrets that are kept in the database, and readable only with a key that is not."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine

from bot.settings import Settings
from bot.store.migrate import config, migrate
from bot.store.seal import Seal
from bot.store.unit_of_work import sqlalchemy_url

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def a_seal(home: Path) -> Seal:
    return Seal(Settings(warmline_home=home, _env_file=None).seal_key)  # type: ignore[call-arg]


def test_what_is_sealed_is_opened_by_the_same_key_only(tmp_path: Path) -> None:
    ours, theirs = a_seal(tmp_path / "ours"), a_seal(tmp_path / "theirs")
    sealed = ours.close(SECRET)

    assert SECRET not in sealed
    assert a_seal(tmp_path / "ours").open(sealed) == SECRET
    assert theirs.open(sealed) is None
    assert ours.open(sealed[:-2] + "AA") is None
    assert ours.open(SECRET) is None


def test_secrets_that_were_readable_are_sealed_and_can_be_opened_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMLINE_HOME", str(tmp_path))
    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)

    def kept() -> list[tuple[str | None]]:
        with psycopg.connect(database_url) as connection:
            return connection.execute("SELECT totp_secret FROM users ORDER BY username").fetchall()

    def back() -> None:
        with engine.connect() as connection:
            command.downgrade(config(connection), "0018")
            connection.commit()

    back()
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO users (username, display_name, role, password_hash, totp_secret)"
            " VALUES ('ana', 'Ana', 'lead', '-', %s), ('boris', 'Boris', 'lead', '-', NULL)",
            [SECRET],
        )
    migrate(database_url)
    (sealed,), (none,) = kept()
    back()

    assert sealed is not None
    assert a_seal(tmp_path).open(sealed) == SECRET
    assert none is None
    assert kept() == [(SECRET,), (None,)]
