"""Media, quotes, edits, turns of several messages, replies in flight, and what could not be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("slowed_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("nudged_at", _MOMENT, nullable=True))
    op.add_column("messages", sa.Column("turn_id", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("quotes_id", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("quoted_text", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("edited_at", _MOMENT, nullable=True))
    op.add_column("messages", sa.Column("earlier", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("messages", sa.Column("sending_since", _MOMENT, nullable=True))
    op.add_column("messages", sa.Column("resent", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_foreign_key(None, "messages", "messages", ["quotes_id"], ["id"], ondelete="SET NULL")
    op.create_index(op.f("ix_messages_quotes_id"), "messages", ["quotes_id"], unique=False)
    op.drop_index("messages_outbox", "messages")
    op.create_index(
        "messages_outbox",
        "messages",
        ["conversation_id", "id"],
        postgresql_where=sa.text("delivery IN ('queued', 'sending')"),
    )
    op.create_index(
        "messages_waiting", "messages", ["conversation_id"], postgresql_where=sa.text("delivery = 'waiting'")
    )
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "same_as"),
    )
    op.create_index(op.f("ix_media_created_at"), "media", ["created_at"], unique=False)
    op.create_index("media_waiting", "media", ["id"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("replayed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("dead_letters")
    op.drop_table("media")
    op.drop_index("messages_waiting", "messages")
    op.drop_index("messages_outbox", "messages")
    op.execute("UPDATE messages SET delivery = 'queued' WHERE delivery IN ('sending', 'waiting')")
    op.create_index(
        "messages_outbox", "messages", ["conversation_id", "id"], postgresql_where=sa.text("delivery = 'queued'")
    )
    for name in ("resent", "sending_since", "earlier", "edited_at", "quoted_text", "quotes_id", "turn_id"):
        op.drop_column("messages", name)
    op.drop_column("conversations", "nudged_at")
    op.drop_column("conversations", "slowed_at")
