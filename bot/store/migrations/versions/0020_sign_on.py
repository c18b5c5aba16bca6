"""By which e-mail address and which identity of the shop's own provider somebody signs in.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("email", "subject"):
        op.add_column("users", sa.Column(name, sa.Text))
        op.create_unique_constraint(f"users_{name}_key", "users", [name])


def downgrade() -> None:
    for name in ("subject", "email"):
        op.drop_column("users", name)
