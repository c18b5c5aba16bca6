"""Sessions as rows, attempts to log in, people who may no longer log in, and the audit log in order.

Revision ID: 0008
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(timezone=True)))
    op.drop_column("users", "failed_logins")
    op.drop_column("users", "locked_until")
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )
    op.create_index("login_attempts_key", "login_attempts", ["key", "at"])
    op.create_index("ix_login_attempts_at", "login_attempts", ["at"])
    op.create_index("audit_user", "audit", ["user_id", "id"])
    op.create_index("audit_act", "audit", ["act", "id"])
    op.create_index("audit_conversation", "audit", ["conversation_id", "id"])
    op.create_index("audit_time", "audit", ["at"])


def downgrade() -> None:
    for name in ("audit_time", "audit_conversation", "audit_act", "audit_user"):
        op.drop_index(name, "audit")
    op.drop_table("login_attempts")
    op.drop_table("sessions")
    op.add_column("users", sa.Column("locked_until", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("failed_logins", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.drop_column("users", "disabled_at")
