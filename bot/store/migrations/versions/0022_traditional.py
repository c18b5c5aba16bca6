"""In which characters a shopper writes Chinese.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("traditional", sa.Boolean, nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "traditional")
