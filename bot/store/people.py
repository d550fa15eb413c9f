"""Every statement on what users have chosen and on what their conversations are about.

Knows no sentence; what a conversation waits for is the chat's own JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.journal import insert
from bot.store.patience import all_patient
from bot.store.tables import dialogues, now, users


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's settings; None: not chosen. `pictures`: per wish, `size`: in pixels, `clothes_for`: whom.

    spoken: the language in which she was answered last.
    """

    user_id: int
    spoken: str | None = None
    language: str | None = None
    pictures: int | None = None
    size: int | None = None
    clothes_for: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """job_id: the job that a follow-up goes on from. waiting: what the bot has asked for."""

    job_id: int | None = None
    waiting: dict[str, Any] | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A user as an operator sees her."""

    id: int
    first_name: str
    username: str | None


_COLUMNS = {
    "spoken": "language",
    "language": "chosen_language",
    "pictures": "pictures_per_wish",
    "size": "picture_size",
    "clothes_for": "clothes_for",
}


@all_patient
class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def profile(self, user_id: int) -> Profile:
        query = sa.select(*(users.c[column].label(name) for name, column in _COLUMNS.items()))
        async with self._database.reading() as connection:
            row = (await connection.execute(query.where(users.c.id == user_id))).one_or_none()
        return Profile(user_id) if row is None else Profile(user_id, **row._mapping)

    async def choose(self, user_id: int, setting: str, value: str | int | None) -> None:
        """Set one field of the user's Profile."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(users).where(users.c.id == user_id).values({_COLUMNS[setting]: value})
            )

    async def favour(self, user_id: int, favoured: bool) -> bool:
        """Let the user's wishes go first from now on, or not any more; False: nobody knows her."""
        statement = sa.update(users).where(users.c.id == user_id)
        async with self._database.writing() as connection:
            changed = await connection.execute(statement.values(priority_at=now() if favoured else None))
            return changed.rowcount == 1

    async def favoured(self) -> list[Known]:
        """Whose wishes go first, the newest of them last."""
        return await self._known(users.c.priority_at.is_not(None))

    async def named(self, name: str) -> Known | None:
        """By her Telegram id, or by her user name as "@name"."""
        wanted = users.c.id == int(name) if name.isdecimal() and len(name) < 19 else None
        if name.startswith("@"):
            wanted = sa.func.lower(users.c.username) == name[1:].lower()
        found = [] if wanted is None else await self._known(wanted)
        return found[-1] if found else None

    async def _known(self, which: sa.ColumnElement[bool]) -> list[Known]:
        query = sa.select(users.c.id, users.c.first_name, users.c.username).where(which)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(users.c.priority_at, users.c.seen_at))
            return [Known(**row._mapping) for row in rows]

    async def dialogue(self, chat_id: int, user_id: int, within: timedelta | None = None) -> Dialogue:
        """What the conversation is about; `waiting` only as long as it is fresh."""
        query = sa.select(dialogues.c.job_id, dialogues.c.waiting, dialogues.c.changed_at).where(
            dialogues.c.chat_id == chat_id, dialogues.c.user_id == user_id
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return Dialogue()
        fresh = within is None or row.changed_at >= now() - within
        return Dialogue(row.job_id, row.waiting if fresh else None, row.changed_at)

    async def go_on(self, chat_id: int, user_id: int, job_id: int | None) -> None:
        """The conversation is about this job from now on, or with None about nothing; nothing is awaited."""
        await self._set(chat_id, user_id, job_id=job_id, waiting=None)

    async def wait(self, chat_id: int, user_id: int, waiting: dict[str, Any] | None) -> None:
        await self._set(chat_id, user_id, waiting=waiting)

    async def _set(self, chat_id: int, user_id: int, **values: object) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                insert(connection, dialogues)
                .values(chat_id=chat_id, user_id=user_id, **values)
                .on_conflict_do_update(
                    index_elements=[dialogues.c.chat_id, dialogues.c.user_id],
                    set_={**values, "changed_at": now()},
                )
            )
