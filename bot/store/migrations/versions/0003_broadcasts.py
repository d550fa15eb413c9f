"""Broadcasts of trends: what was written, to whom it goes, who wants none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("trends_off_at", sa.DateTime(), nullable=True))
    op.create_table(
        "broadcasts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column("job_id", SERIAL, nullable=True),
        sa.Column("file_id", sa.Text(), nullable=True),
        sa.Column("photo", sa.String(length=64), nullable=True),
        sa.Column("start_at", sa.DateTime(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
    )
    op.create_index(op.f("ix_broadcasts_state"), "broadcasts", ["state"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("broadcast_id", SERIAL, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("tried_at", sa.DateTime(), nullable=True),
        sa.Column("left_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_recipients_broadcast_id_broadcasts")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recipients_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "user_id", name=op.f("pk_recipients")),
    )
    op.create_index(
        op.f("ix_recipients_broadcast_id_state_user_id"),
        "recipients",
        ["broadcast_id", "state", "user_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_recipients_user_id_changed_at"), "recipients", ["user_id", "changed_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("recipients")
    op.drop_table("broadcasts")
    op.drop_column("users", "trends_off_at")
