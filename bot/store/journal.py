"""Every statement on updates, users and messages: what was heard and what was said.

An update is written down before Telegram is told that it has arrived, and
its content is forgotten once it is worked off. Knows no engine; of a wish it
writes the first row, in the transaction that also keeps the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.port import State
from bot.store.database import Database
from bot.store.tables import jobs, messages, now, updates, users
from generation.request import MAX_PHOTOS

MAX_ATTEMPTS = 3
"""An update that took the process down this often is left alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a user."""

    update_id: int
    user_id: int
    chat_id: int
    telegram_id: int
    kind: str
    text: str | None = None
    photo: str | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be drawn, and for whom it is captioned."""

    prompt: str
    photos: tuple[str, ...]
    count: int
    seed: int
    language: str


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, payloads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write new updates down; returns those not seen before."""
        fresh: list[dict[str, Any]] = []
        async with self._database.writing() as connection:
            for payload in payloads:
                statement = _insert(connection, updates).values(
                    update_id=payload["update_id"], payload=payload
                )
                if (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1:
                    fresh.append(payload)
        return fresh

    async def left_over(self) -> list[dict[str, Any]]:
        """Updates that were written down and not worked off, oldest first."""
        query = (
            sa.select(updates.c.payload)
            .where(updates.c.handled_at.is_(None), updates.c.attempts < MAX_ATTEMPTS)
            .order_by(updates.c.update_id)
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def begin(self, update_id: int) -> None:
        """Count the attempt before it is made: a killing update must not come back for ever."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(updates)
                .where(updates.c.update_id == update_id)
                .values(attempts=updates.c.attempts + 1)
            )

    async def done(self, update_id: int) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(updates)
                .where(updates.c.update_id == update_id)
                .values(handled_at=now(), payload=None)
            )

    async def meet(self, user_id: int, first_name: str, username: str | None, language: str) -> None:
        """Note the user; one who writes again is not blocked any more."""
        async with self._database.writing() as connection:
            await _upsert_user(connection, user_id, first_name, username, language)

    async def hear(self, heard: Heard) -> int:
        """Keep what the user said, once; returns its row."""
        async with self._database.writing() as connection:
            return await _hear(connection, heard)

    async def accept(self, heard: Heard, wish: Wish) -> int:
        """Keep the message and its job in one transaction, once; returns the job's row."""
        async with self._database.writing() as connection:
            message_id = await _hear(connection, heard)
            await connection.execute(
                _insert(connection, jobs)
                .values(
                    update_id=heard.update_id,
                    message_id=message_id,
                    user_id=heard.user_id,
                    chat_id=heard.chat_id,
                    reply_to=heard.telegram_id,
                    language=wish.language,
                    prompt=wish.prompt,
                    photos=list(wish.photos),
                    count=wish.count,
                    seed=wish.seed,
                    state=State.QUEUED,
                )
                .on_conflict_do_nothing(index_elements=[jobs.c.update_id])
            )
            found = await connection.execute(sa.select(jobs.c.id).where(jobs.c.update_id == heard.update_id))
            return int(found.scalar_one())

    async def say(self, user_id: int, chat_id: int, telegram_id: int, kind: str, text: str | None) -> None:
        """Keep what the bot said."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.insert(messages).values(
                    user_id=user_id,
                    chat_id=chat_id,
                    telegram_id=telegram_id,
                    direction="out",
                    kind=kind,
                    text=text,
                )
            )

    async def waiting_photos(self, user_id: int, before_update: int, within: timedelta) -> tuple[str, ...]:
        """The photos that the user sent just before without a word, if still fresh; oldest first."""
        query = (
            sa.select(messages.c.photo, messages.c.text, messages.c.created_at)
            .where(
                messages.c.user_id == user_id,
                messages.c.direction == "in",
                messages.c.update_id < before_update,
            )
            .order_by(messages.c.id.desc())
            .limit(MAX_PHOTOS)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        oldest = now() - within
        waiting = takewhile(
            lambda row: row.photo is not None and row.text is None and row.created_at >= oldest, rows
        )
        return tuple(str(row.photo) for row in waiting)[::-1]

    async def album_so_far(self, heard: Heard) -> list[str | None]:
        """The captions (None: without) of the earlier messages of the same album."""
        query = sa.select(messages.c.text).where(
            messages.c.chat_id == heard.chat_id,
            messages.c.album == heard.album,
            messages.c.update_id < heard.update_id,
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())


def _insert(connection: AsyncConnection, table: sa.Table) -> Any:
    """INSERT that knows ON CONFLICT, in the dialect at hand."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


async def _upsert_user(
    connection: AsyncConnection, user_id: int, first_name: str, username: str | None, language: str
) -> None:
    known = {"first_name": first_name, "username": username, "language": language, "seen_at": now()}
    statement = _insert(connection, users).values(id=user_id, **known)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[users.c.id], set_={**known, "blocked_at": None})
    )


async def _hear(connection: AsyncConnection, heard: Heard) -> int:
    values = {
        "user_id": heard.user_id,
        "chat_id": heard.chat_id,
        "telegram_id": heard.telegram_id,
        "kind": heard.kind,
        "text": heard.text,
        "photo": heard.photo,
        "album": heard.album,
    }
    statement = _insert(connection, messages).values(update_id=heard.update_id, direction="in", **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[messages.c.update_id], set_=values)
    )
    found = await connection.execute(sa.select(messages.c.id).where(messages.c.update_id == heard.update_id))
    return int(found.scalar_one())
