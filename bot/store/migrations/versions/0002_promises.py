"""What the shop owes shoppers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("message_key", sa.Text(), nullable=False),
        sa.Column("shopper_key", sa.Text(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("conversation_id", "message_key"),
    )
    op.create_index(
        "promises_once",
        "promises",
        ["order_number", "problem", "kind"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn' AND kind <> 'change_address'"),
    )
    op.create_index("promises_order", "promises", ["order_number"])
    op.create_index("promises_month", "promises", ["kind", "made_at"])


def downgrade() -> None:
    op.drop_table("promises")
