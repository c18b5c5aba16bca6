"""Indexes for the figures of a period."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHEN = {
    "messages": "created_at",
    "handoffs": "opened_at",
    "complaints": "created_at",
    "outreach": "created_at",
    "promises": "made_at",
}


def upgrade() -> None:
    for table, column in _WHEN.items():
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table, column in _WHEN.items():
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
