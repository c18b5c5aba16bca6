"""A promise may be about no order: the answer to a complaint about a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("promises", "order_number", existing_type=sa.Text(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE promises SET order_number = code WHERE order_number IS NULL")
    op.alter_column("promises", "order_number", existing_type=sa.Text(), nullable=False)
