"""When words, and shoppers, were let go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0015"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("forgotten_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("gone_at", _MOMENT, nullable=True))
    op.add_column("messages", sa.Column("emptied_at", _MOMENT, nullable=True))
    op.create_index("messages_worded", "messages", ["created_at"], postgresql_where=sa.text("emptied_at IS NULL"))


def downgrade() -> None:
    op.drop_index("messages_worded", "messages")
    op.drop_column("messages", "emptied_at")
    op.drop_column("conversations", "gone_at")
    op.drop_column("conversations", "forgotten_at")
