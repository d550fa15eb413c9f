"""What a conversation needs: dialogues, opinions, a user's settings, a job's garment and parents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("chosen_language", sa.String(length=16), nullable=True))
        users.add_column(sa.Column("pictures_per_wish", sa.Integer(), nullable=True))
        users.add_column(sa.Column("picture_size", sa.Integer(), nullable=True))
        users.add_column(sa.Column("clothes_for", sa.String(length=16), nullable=True))
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("size", sa.Integer(), nullable=True))
        jobs.add_column(sa.Column("weights", JSON, nullable=True))
        jobs.add_column(sa.Column("init", sa.String(length=64), nullable=True))
        jobs.add_column(sa.Column("garment", JSON, nullable=True))
        jobs.add_column(sa.Column("seen", JSON, nullable=True))
        jobs.add_column(sa.Column("parent_id", SERIAL, nullable=True))
        jobs.add_column(sa.Column("buttons_id", sa.BigInteger(), nullable=True))
        jobs.create_foreign_key(op.f("fk_jobs_parent_id_jobs"), "jobs", ["parent_id"], ["id"])
        jobs.create_index(op.f("ix_jobs_parent_id"), ["parent_id"], unique=False)
        jobs.create_index(op.f("ix_jobs_chat_id_buttons_id"), ["chat_id", "buttons_id"], unique=False)
    with op.batch_alter_table("pictures") as pictures:
        pictures.add_column(sa.Column("deleted_at", sa.DateTime(), nullable=True))
        pictures.create_index(op.f("ix_pictures_telegram_id"), ["telegram_id"], unique=False)
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
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_opinions_picture_id_pictures")),
        sa.PrimaryKeyConstraint("user_id", "picture_id", name=op.f("pk_opinions")),
    )
    op.create_index(op.f("ix_opinions_picture_id"), "opinions", ["picture_id"], unique=False)


def downgrade() -> None:
    op.drop_table("opinions")
    op.drop_table("dialogues")
    with op.batch_alter_table("pictures") as pictures:
        pictures.drop_index(op.f("ix_pictures_telegram_id"))
        pictures.drop_column("deleted_at")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index(op.f("ix_jobs_chat_id_buttons_id"))
        jobs.drop_index(op.f("ix_jobs_parent_id"))
        jobs.drop_constraint(op.f("fk_jobs_parent_id_jobs"), type_="foreignkey")
        for column in ("buttons_id", "parent_id", "seen", "garment", "init", "weights", "size"):
            jobs.drop_column(column)
    with op.batch_alter_table("users") as users:
        for column in ("clothes_for", "picture_size", "pictures_per_wish", "chosen_language"):
            users.drop_column(column)
