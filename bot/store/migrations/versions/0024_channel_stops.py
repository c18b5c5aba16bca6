"""A provider may take nothing more for a while: the channel waits, and an alert may be about a channel.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_stops",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.alter_column("alerts", "handoff_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM alerts WHERE handoff_id IS NULL")
    op.alter_column("alerts", "handoff_id", nullable=False)
    op.drop_table("channel_stops")
