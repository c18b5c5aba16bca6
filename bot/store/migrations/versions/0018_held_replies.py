"""Replies that a provider asked to hold back, and channels that close on an answer that is owed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("closing_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "not_before")
    op.drop_column("conversations", "closing_told_at")
