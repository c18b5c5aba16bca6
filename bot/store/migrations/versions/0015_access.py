"""Links by which people choose a password, and the second step of logging in.

Revision ID: 0015
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("totp_secret", sa.Text))
    op.add_column("users", sa.Column("totp_since", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("totp_step", sa.BigInteger))
    op.add_column("sessions", sa.Column("limited", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "password_links",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("user_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.UniqueConstraint("user_id", "key"),
    )


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("password_links")
    op.drop_column("sessions", "limited")
    for name in ("totp_step", "totp_since", "totp_secret"):
        op.drop_column("users", name)
