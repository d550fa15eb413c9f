"""What a conversation needs: dialogues, opinions, a user's settings, a job's garment and parents."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    # Columns are added in place: SQLite would have to write a table anew for a constraint of its own name.
    columns: list[sa.Column[Any]] = [
        sa.Column("chosen_language", sa.String(length=16), nullable=True),
        sa.Column("pictures_per_wish", sa.Integer(), nullable=True),
        sa.Column("picture_size", sa.Integer(), nullable=True),
        sa.Column("clothes_for", sa.String(length=16), nullable=True),
    ]
    for column in columns:
        op.add_column("users", column)
    columns = [
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("weights", JSON, nullable=True),
        sa.Column("init", sa.String(length=64), nullable=True),
        sa.Column("strength", sa.Float(), nullable=True),
        sa.Column("negative", sa.Text(), nullable=True),
        sa.Column("garment", JSON, nullable=True),
        sa.Column("seen", JSON, nullable=True),
        sa.Column("parent_id", SERIAL, sa.ForeignKey("jobs.id"), nullable=True),
        sa.Column("buttons_id", sa.BigInteger(), nullable=True),
    ]
    for column in columns:
        op.add_column("jobs", column, inline_references=True)
    op.create_index(op.f("ix_jobs_parent_id"), "jobs", ["parent_id"], unique=False)
    op.add_column("messages", sa.Column("about", sa.BigInteger(), nullable=True))
    op.add_column("pictures", sa.Column("deleted_at", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_pictures_telegram_id"), "pictures", ["telegram_id"], unique=False)
    op.create_table(
        "dialogues",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", SERIAL, nullable=True),
        sa.Column("waiting", JSON, nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_dialogues_job_id_jobs")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_dialogues_user_id_users")),
        sa.PrimaryKeyConstraint("chat_id", "user_id", name=op.f("pk_dialogues")),
    )
    op.create_index(op.f("ix_dialogues_user_id"), "dialogues", ["user_id"], unique=False)
    op.create_index(op.f("ix_dialogues_job_id"), "dialogues", ["job_id"], unique=False)
    op.create_table(
        "opinions",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("picture_id", SERIAL, nullable=False),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_opinions_user_id_users")),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_opinions_picture_id_pictures")
        ),
        sa.PrimaryKeyConstraint("user_id", "picture_id", name=op.f("pk_opinions")),
    )
    op.create_index(op.f("ix_opinions_picture_id"), "opinions", ["picture_id"], unique=False)


def downgrade() -> None:
    op.drop_table("opinions")
    op.drop_table("dialogues")
    op.drop_index(op.f("ix_pictures_telegram_id"), table_name="pictures")
    op.drop_column("pictures", "deleted_at")
    op.drop_column("messages", "about")
    op.drop_index(op.f("ix_jobs_parent_id"), table_name="jobs")
    for name in (
        *("buttons_id", "parent_id", "seen", "garment", "negative", "strength", "init", "weights", "size"),
    ):
        op.drop_column("jobs", name)
    for name in ("clothes_for", "picture_size", "pictures_per_wish", "chosen_language"):
        op.drop_column("users", name)
