"""Secrets of the second step are sealed: nobody logs in with what they read in a backup.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from bot.settings import Settings
from bot.store.seal import Seal

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_USERS = sa.table("users", sa.column("id", sa.BigInteger), sa.column("totp_secret", sa.Text))


def upgrade() -> None:
    _rewrite(lambda seal, secret: seal.close(secret))


def downgrade() -> None:
    _rewrite(lambda seal, sealed: seal.open(sealed))


def _rewrite(anew: Callable[[Seal, str], str | None]) -> None:
    connection = op.get_bind()
    kept = connection.execute(sa.select(_USERS).where(_USERS.c.totp_secret.is_not(None))).all()
    if not kept:
        return
    seal = Seal(Settings.from_env().seal_key)
    for user_id, secret in kept:
        changed = sa.update(_USERS).where(_USERS.c.id == user_id).values(totp_secret=anew(seal, secret))
        connection.execute(changed)
