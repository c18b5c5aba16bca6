"""What people corrected in readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("became", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_corrections_conversation_id"), "corrections", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_corrections_made_at"), "corrections", ["made_at"], unique=False)
    op.create_index(
        "corrections_in_force",
        "corrections",
        ["message_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state <> 'undone'"),
    )


def downgrade() -> None:
    op.drop_table("corrections")
