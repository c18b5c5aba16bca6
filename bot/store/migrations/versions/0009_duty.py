"""People on duty: presence, teams, what was done about waiting chats, targets, alerts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user(name: str = "user_id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=nullable)


def _handoff() -> sa.Column[int]:
    return sa.Column("handoff_id", sa.BigInteger(), sa.ForeignKey("handoffs.id", ondelete="CASCADE"), nullable=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "presence",
        _user(),
        _moment("seen_at", nullable=True),
        sa.Column("away", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "teams",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("teams_name", "teams", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
        _user(),
        sa.PrimaryKeyConstraint("team_id", "user_id"),
    )
    op.create_index(op.f("ix_team_members_user_id"), "team_members", ["user_id"])
    op.add_column(
        "conversations", sa.Column("team_id", sa.BigInteger(), sa.ForeignKey("teams.id", ondelete="SET NULL"))
    )
    op.add_column("conversations", _moment("held_since", nullable=True))
    op.execute("UPDATE conversations SET held_since = clock_timestamp() WHERE holder = 'operator'")
    op.add_column("handoffs", sa.Column("wish", sa.Text()))
    op.create_table(
        "watch_steps",
        _handoff(),
        sa.Column("step", sa.Text(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("handoff_id", "step"),
    )
    op.create_table(
        "sla_targets",
        _id(),
        _handoff(),
        sa.Column("kind", sa.Text(), nullable=False),
        _moment("started_at"),
        _moment("due_at"),
        _moment("met_at", nullable=True),
        _moment("breached_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handoff_id", "kind", "started_at"),
    )
    op.create_index("sla_targets_open", "sla_targets", ["due_at"], postgresql_where=sa.text("met_at IS NULL"))
    op.create_table(
        "alerts",
        _id(),
        _handoff(),
        _user(nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        _moment("created_at"),
        _moment("seen_at", nullable=True),
        _moment("sent_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("handoff_id", "about", "target"),
    )
    op.create_index("alerts_unseen", "alerts", ["user_id", "id"], postgresql_where=sa.text("seen_at IS NULL"))
    op.create_index("alerts_sent", "alerts", ["target", "sent_at"])
    op.create_table(
        "alert_links",
        _user(),
        sa.Column("token_hash", sa.Text(), nullable=True),
        _moment("token_until", nullable=True),
        sa.Column("chat", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
        sa.UniqueConstraint("token_hash"),
    )


def downgrade() -> None:
    for table in ("alert_links", "alerts", "sla_targets", "watch_steps"):
        op.drop_table(table)
    op.drop_column("handoffs", "wish")
    op.drop_column("conversations", "held_since")
    op.drop_column("conversations", "team_id")
    for table in ("team_members", "teams", "presence"):
        op.drop_table(table)
