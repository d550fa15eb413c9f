"""Whose turn it is: users who go first, and every job's place in the line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("priority_at", sa.DateTime(), nullable=True))
    op.add_column("jobs", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE jobs SET turn = id")


def downgrade() -> None:
    op.drop_column("jobs", "turn")
    op.drop_column("jobs", "priority")
    op.drop_column("users", "priority_at")
