"""Notes are found by their words; chats are followed, and it is seen who has one open.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    found = sa.Computed("warmline_lexemes(text)", persisted=True)
    op.add_column("notes", sa.Column("search", postgresql.TSVECTOR(), found, nullable=True))
    op.create_index("notes_search", "notes", ["search"], unique=False, postgresql_using="gin")
    op.add_column("seen", sa.Column("open_at", _MOMENT, nullable=True))
    op.add_column("seen", sa.Column("followed_at", _MOMENT, nullable=True))
    op.create_index(
        "seen_followed", "seen", ["user_id"], unique=False, postgresql_where=sa.text("followed_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("seen_followed", "seen")
    op.drop_column("seen", "followed_at")
    op.drop_column("seen", "open_at")
    op.drop_index("notes_search", "notes")
    op.drop_column("notes", "search")
