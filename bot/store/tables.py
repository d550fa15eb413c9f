"""The bot's tables, declared once; Alembic's migrations bring a database to this shape.

updates   what Telegram sent and is not yet worked off (emptied when it is), so that nothing is lost
users     who writes to the bot
messages  everything said, by the user ("in") and by the bot ("out")
dialogues what each user's conversation in a chat is about: the job it goes on from, what is waited for
jobs      every wish and how far it is
pictures  everything drawn; the files lie in DATA_DIR by content hash
opinions  likes and dislikes
broadcasts what operators send to all, recipients to whom and how far it is
workers   processes that draw on other machines, and how far each of their drawings is

Knows no statement and no connection.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""


class Moment(sa.TypeDecorator[datetime]):
    """A point in time: aware and in UTC in Python, without a zone in the database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


updates = sa.Table(
    "updates",
    metadata,
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.JSON(none_as_null=True)),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("received_at", Moment, nullable=False, default=now),
    sa.Column("handled_at", Moment),
    sa.Index(None, "handled_at"),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_name", sa.Text, nullable=False),
    sa.Column("username", sa.Text),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("chosen_language", sa.String(16)),
    sa.Column("pictures_per_wish", sa.Integer),
    sa.Column("picture_size", sa.Integer),
    sa.Column("clothes_for", sa.String(16)),
    sa.Column("blocked_at", Moment),
    sa.Column("trends_off_at", Moment),
    sa.Column("priority_at", Moment),
    sa.Column("created_at", Moment, nullable=False, default=now),
    sa.Column("seen_at", Moment, nullable=False, default=now),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("chat_id", sa.BigInteger, nullable=False),
    sa.Column("telegram_id", sa.BigInteger, nullable=False),
    sa.Column("update_id", sa.BigInteger, unique=True),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("photo", sa.String(64)),
    sa.Column("album", sa.String(64)),
    # the job that a message of the bot shows; no foreign key, for jobs have one to messages
    sa.Column("about", sa.BigInteger),
    sa.Column("created_at", Moment, nullable=False, default=now),
    sa.Index(None, "chat_id", "telegram_id"),
    sa.Index(None, "user_id", "id"),
)

dialogues = sa.Table(
    "dialogues",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("job_id", sa.ForeignKey("jobs.id")),
    sa.Column("waiting", sa.JSON(none_as_null=True)),
    sa.Column("changed_at", Moment, nullable=False, default=now, onupdate=now),
    sa.Index(None, "user_id"),
    sa.Index(None, "job_id"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("update_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("message_id", sa.ForeignKey("messages.id"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("chat_id", sa.BigInteger, nullable=False),
    sa.Column("reply_to", sa.BigInteger, nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("photos", sa.JSON, nullable=False, default=list),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer),
    sa.Column("weights", sa.JSON(none_as_null=True)),
    sa.Column("init", sa.String(64)),
    sa.Column("strength", sa.Float),
    sa.Column("negative", sa.Text),
    sa.Column("garment", sa.JSON(none_as_null=True)),
    sa.Column("seen", sa.JSON(none_as_null=True)),
    sa.Column("parent_id", sa.ForeignKey("jobs.id")),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("problem", sa.String(32)),
    sa.Column("takeovers", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("priority", sa.Integer, nullable=False, default=0, server_default="0"),
    # the order of drawing, see `bot.jobs.port.turn`
    sa.Column("turn", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Column("status_id", sa.BigInteger),
    sa.Column("buttons_id", sa.BigInteger),
    sa.Column("created_at", Moment, nullable=False, default=now),
    sa.Column("started_at", Moment),
    sa.Column("drawn_at", Moment),
    sa.Column("sending_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Index(None, "state", "id"),
    sa.Index(None, "user_id", "id"),
    sa.Index(None, "parent_id"),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("job_id", sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("telegram_id", sa.BigInteger),
    sa.Column("file_id", sa.Text),
    sa.Column("deleted_at", Moment),
    sa.Column("created_at", Moment, nullable=False, default=now),
    sa.UniqueConstraint("job_id", "position"),
    sa.Index(None, "sha256"),
    sa.Index(None, "telegram_id"),
)

opinions = sa.Table(
    "opinions",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("picture_id", sa.ForeignKey("pictures.id"), primary_key=True),
    sa.Column("liked", sa.Boolean, nullable=False),
    sa.Column("changed_at", Moment, nullable=False, default=now, onupdate=now),
    sa.Index(None, "picture_id"),
)

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("operator_id", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("texts", sa.JSON(none_as_null=True), nullable=False, default=dict),
    sa.Column("prompt", sa.Text),
    sa.Column("job_id", Serial),
    sa.Column("file_id", sa.Text),
    sa.Column("photo", sa.String(64)),
    sa.Column("start_at", Moment),
    sa.Column("zone", sa.String(64)),
    sa.Column("card_id", sa.BigInteger),
    sa.Column("problem", sa.Text),
    sa.Column("created_at", Moment, nullable=False, default=now),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Index(None, "state"),
)

recipients = sa.Table(
    "recipients",
    metadata,
    sa.Column("broadcast_id", sa.ForeignKey("broadcasts.id"), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("telegram_id", sa.BigInteger),
    sa.Column("changed_at", Moment),
    sa.Column("tried_at", Moment),
    sa.Column("left_at", Moment),
    sa.Index(None, "broadcast_id", "state", "user_id"),
    sa.Index(None, "user_id", "changed_at"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("at_once", sa.Integer, nullable=False),
    sa.Column("drawings", sa.JSON, nullable=False),
    # seconds since 1970 by the database's clock: those of the machines may differ
    sa.Column("beat_at", sa.Double, nullable=False),
)
