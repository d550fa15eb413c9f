"""Every statement on updates, users and messages: what was heard and what was said.

An update is written down before Telegram is told that it has arrived, and
its content is forgotten once it is worked off. Knows no engine; of a wish it
writes the first row, in the transaction that also keeps the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.port import LIVE, WAITING, State, turn
from bot.store.database import Database
from bot.store.patience import all_patient
from bot.store.tables import dialogues, jobs, messages, now, updates, users
from generation.request import MAX_PHOTOS

DAY = timedelta(hours=24)
BUTTON = "button"
"""The kind of what is heard when a button is pressed."""
MAX_DEATHS = 5
"""An update that was being worked off this often when the process died is left alone. More than the three
attempts of a drawing: kills that have nothing to do with it hit the update at the head again and again."""


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
    """What is to be drawn, and for whom it is captioned; the fields are those of `bot.jobs.port.Job`."""

    prompt: str
    photos: tuple[str, ...]
    count: int
    seed: int
    language: str
    size: int | None = None
    weights: tuple[float, ...] | None = None
    init: str | None = None
    strength: float | None = None
    negative: str | None = None
    garment: dict[str, Any] | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one user may ask for: wishes at once, pictures within DAY; and how many wait. 0: any."""

    at_once: int = 0
    a_day: int = 0
    queue: int = 0


UNLIMITED = Limits()


class Limited(Exception):
    """A wish was not accepted: the user has enough. `until` is when the day's limit lets her go on."""

    def __init__(self, waiting: int, until: datetime | None) -> None:
        super().__init__("enough for one user")
        self.waiting = waiting
        self.until = until


class Full(Exception):
    """A wish was not accepted: `waiting` others are before it, as many as may wait."""

    def __init__(self, waiting: int) -> None:
        super().__init__("the queue is full")
        self.waiting = waiting


@all_patient
class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, payloads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write new updates down; returns those not seen before."""
        fresh: list[dict[str, Any]] = []
        async with self._database.writing() as connection:
            for payload in payloads:
                statement = insert(connection, updates).values(
                    update_id=payload["update_id"], payload=payload
                )
                if (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1:
                    fresh.append(payload)
        return fresh

    async def left_over(self) -> list[dict[str, Any]]:
        """Updates that were written down and not worked off, oldest first."""
        query = (
            sa.select(updates.c.payload)
            .where(updates.c.handled_at.is_(None), updates.c.attempts < MAX_DEATHS)
            .order_by(updates.c.update_id)
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def suspects(self) -> set[int]:
        """The updates among them that were being worked off when a process died."""
        query = sa.select(updates.c.update_id).where(updates.c.handled_at.is_(None), updates.c.attempts > 0)
        async with self._database.reading() as connection:
            return set((await connection.execute(query)).scalars())

    async def given_up(self) -> list[dict[str, Any]]:
        """Updates that were being worked off MAX_DEATHS times when a process died."""
        query = sa.select(updates.c.payload).where(
            updates.c.handled_at.is_(None), updates.c.attempts >= MAX_DEATHS
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

    async def spare(self, update_id: int) -> None:
        """Take an attempt back: it was the bot that was stopped, in good order."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(updates)
                .where(updates.c.update_id == update_id, updates.c.attempts > 0)
                .values(attempts=updates.c.attempts - 1)
            )

    async def done(self, update_id: int) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(updates)
                .where(updates.c.update_id == update_id)
                .values(handled_at=now(), payload=None)
            )

    async def forget_handled(self, before: datetime) -> int:
        """Delete what is left of updates that were worked off; returns how many."""
        async with self._database.writing() as connection:
            gone = await connection.execute(sa.delete(updates).where(updates.c.handled_at < before))
            return gone.rowcount

    async def meet(self, user_id: int, first_name: str, username: str | None, language: str) -> None:
        """Note the user; one who writes again is not blocked any more."""
        async with self._database.writing() as connection:
            await _upsert_user(connection, user_id, first_name, username, language)

    async def hear(self, heard: Heard) -> int:
        """Keep what the user said, once; returns its row."""
        async with self._database.writing() as connection:
            return await _hear(connection, heard)

    async def accept(self, heard: Heard, wish: Wish, limits: Limits = UNLIMITED) -> int:
        """Keep the message and its job in one transaction, once; returns the job's row.

        The conversation in the chat is about this job from now on. Raises Limited or Full, and keeps no job.
        """
        async with self._database.writing() as connection:
            known = sa.select(jobs.c.id).where(jobs.c.update_id == heard.update_id)
            if (found := (await connection.execute(known)).scalar_one_or_none()) is not None:
                return int(found)
            await _check_limits(connection, heard.user_id, wish.count, limits)
            favoured = sa.select(users.c.priority_at.is_not(None)).where(users.c.id == heard.user_id)
            priority = int(bool((await connection.execute(favoured)).scalar_one_or_none()))
            await _check_room(connection, priority, limits)
            message_id = await _hear(connection, heard)
            await connection.execute(
                sa.insert(jobs).values(
                    update_id=heard.update_id,
                    message_id=message_id,
                    user_id=heard.user_id,
                    chat_id=heard.chat_id,
                    reply_to=heard.telegram_id,
                    state=State.QUEUED,
                    priority=priority,
                    turn=await _turn(connection, heard.user_id, priority),
                    **{**asdict(wish), "photos": list(wish.photos)},
                )
            )
            job_id = int((await connection.execute(known)).scalar_one())
            about = {"job_id": job_id, "waiting": None}
            key = {"chat_id": heard.chat_id, "user_id": heard.user_id}
            await connection.execute(
                insert(connection, dialogues)
                .values(**key, **about)
                .on_conflict_do_update(
                    index_elements=[dialogues.c.chat_id, dialogues.c.user_id],
                    set_={**about, "changed_at": now()},
                )
            )
            return job_id

    async def say(
        self,
        user_id: int,
        chat_id: int,
        telegram_id: int,
        kind: str,
        text: str | None,
        about: int | None = None,
    ) -> None:
        """Keep what the bot said; `about`: the job that it shows."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.insert(messages).values(
                    user_id=user_id,
                    chat_id=chat_id,
                    telegram_id=telegram_id,
                    direction="out",
                    kind=kind,
                    text=text,
                    about=about,
                )
            )

    async def waiting_photos(self, heard: Heard, within: timedelta) -> tuple[str, ...]:
        """The photos that the user sent just before and that no wish took, in order."""
        taken = sa.exists().where(jobs.c.message_id == messages.c.id)
        query = (
            sa.select(messages.c.photo, messages.c.created_at, taken.label("taken"))
            .where(
                messages.c.user_id == heard.user_id,
                messages.c.chat_id == heard.chat_id,
                messages.c.direction == "in",
                messages.c.update_id < heard.update_id,
            )
            .order_by(messages.c.id.desc())
            .limit(MAX_PHOTOS)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        oldest = now() - within
        waiting = takewhile(
            lambda row: row.photo is not None and not row.taken and row.created_at >= oldest, rows
        )
        return tuple(str(row.photo) for row in waiting)[::-1]

    async def heard(self, message_id: int) -> Heard | None:
        """A message that a user sent, by its row."""
        query = sa.select(*_HEARD).where(messages.c.id == message_id, messages.c.direction == "in")
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else Heard(**row._mapping)

    async def heard_before(self, heard: Heard, telegram_id: int) -> list[Heard]:
        """What was heard of this message of the chat before (more than once if it was edited)."""
        query = sa.select(*_HEARD).where(
            messages.c.chat_id == heard.chat_id,
            messages.c.telegram_id == telegram_id,
            messages.c.direction == "in",
            messages.c.kind != BUTTON,
            messages.c.update_id < heard.update_id,
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(messages.c.id))
            return [Heard(**row._mapping) for row in rows]

    async def last_heard(self, heard: Heard, within: timedelta | None = None) -> Heard | None:
        """The same user's message before this one, if it is fresh; with None, however old it is."""
        query = (
            sa.select(*_HEARD)
            .where(
                messages.c.user_id == heard.user_id,
                messages.c.chat_id == heard.chat_id,
                messages.c.direction == "in",
                messages.c.update_id < heard.update_id,
            )
            .order_by(messages.c.id.desc())
            .limit(1)
        )
        if within is not None:
            query = query.where(messages.c.created_at >= now() - within)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else Heard(**row._mapping)

    async def album(self, heard: Heard) -> list[Heard]:
        """All that was heard of the album so far, this message included; in the order of the album."""
        query = sa.select(*_HEARD).where(
            messages.c.chat_id == heard.chat_id,
            messages.c.album == heard.album,
            messages.c.direction == "in",
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(messages.c.telegram_id))
            return [Heard(**row._mapping) for row in rows]

    async def album_goes_on(self, heard: Heard) -> bool:
        """Whether a later message of the album has arrived and is not worked off yet."""
        later = updates.c.payload["message"]["media_group_id"].as_string()
        query = sa.select(sa.func.count()).where(
            updates.c.handled_at.is_(None), updates.c.update_id > heard.update_id, later == heard.album
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one() > 0

    async def album_is_taken(self, heard: Heard) -> bool:
        """Whether the album has become a job already."""
        query = (
            sa.select(sa.func.count())
            .select_from(jobs.join(messages, jobs.c.message_id == messages.c.id))
            .where(messages.c.chat_id == heard.chat_id, messages.c.album == heard.album)
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one() > 0


_HEARD = [
    messages.c[name]
    for name in ("update_id", "user_id", "chat_id", "telegram_id", "kind", "text", "photo", "album")
]


def insert(connection: AsyncConnection, table: sa.Table) -> Any:
    """INSERT that knows ON CONFLICT, in the dialect at hand."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


async def _check_limits(connection: AsyncConnection, user_id: int, count: int, limits: Limits) -> None:
    own = jobs.c.user_id == user_id
    if limits.at_once:
        waiting = sa.select(sa.func.count()).where(own, jobs.c.state.in_(LIVE))
        if (number := (await connection.execute(waiting)).scalar_one()) >= limits.at_once:
            raise Limited(number, None)
    if limits.a_day:
        spent = (
            sa.select(jobs.c.count, jobs.c.created_at)
            .where(own, jobs.c.created_at > now() - DAY, jobs.c.state.not_in((State.FAILED, State.CANCELLED)))
            .order_by(jobs.c.id)
        )
        wishes = [(int(number), when) for number, when in await connection.execute(spent)]
        total = sum(number for number, _ in wishes)
        until = None
        for number, when in wishes:
            if total + count <= limits.a_day:
                break
            total -= number
            until = when + DAY
        if until is not None:
            raise Limited(0, until)


async def _check_room(connection: AsyncConnection, priority: int, limits: Limits) -> None:
    """Whoever goes first has a line, and a limit of it, apart from all others."""
    if limits.queue:
        line = sa.select(sa.func.count()).where(jobs.c.state.in_(WAITING), jobs.c.priority == priority)
        if (waiting := (await connection.execute(line)).scalar_one()) >= limits.queue:
            raise Full(waiting)


async def _turn(connection: AsyncConnection, user_id: int, priority: int) -> int:
    last = (await connection.execute(sa.select(sa.func.max(jobs.c.id)))).scalar_one()
    own = sa.select(sa.func.count()).where(jobs.c.user_id == user_id, jobs.c.state.in_(LIVE))
    return turn((last or 0) + 1, (await connection.execute(own)).scalar_one(), priority)


async def _upsert_user(
    connection: AsyncConnection, user_id: int, first_name: str, username: str | None, language: str
) -> None:
    known = {"first_name": first_name, "username": username, "language": language, "seen_at": now()}
    statement = insert(connection, users).values(id=user_id, **known)
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
    statement = insert(connection, messages).values(update_id=heard.update_id, direction="in", **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[messages.c.update_id], set_=values)
    )
    found = await connection.execute(sa.select(messages.c.id).where(messages.c.update_id == heard.update_id))
    return int(found.scalar_one())
