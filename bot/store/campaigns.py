"""Every statement on broadcasts: drafts, the frozen list of recipients, and how far each of them is.

A recipient is pending, then sending (the marker before the call), then sent,
gone, failed or skipped (the mark after it). Whoever was "sending" when the
process died is sent to again: at least once, and with one call at a time at
most one message twice a crash. Knows no messenger and no sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.patience import all_patient
from bot.store.tables import broadcasts, now, recipients, users


class Stage(StrEnum):
    """How far a broadcast is."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class Fate(StrEnum):
    """What became of a recipient. gone: blocked the bot; skipped: had one today, or wants none any more."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    GONE = "gone"
    FAILED = "failed"
    SKIPPED = "skipped"


MAX_ATTEMPTS = 3
"""A message that was perhaps lost this often is given up."""

SKIPPED_AT_ONCE = 200
"""So many recipients are skipped in one transaction."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """texts: Telegram HTML by language. prompt: what «Try it» draws; without one, `photo` (a SHA-256) is.

    file_id: the picture, which Telegram has already. start_at: None is at once. card_id: the
    operator's message that shows how far it is. problem: why it stopped by itself.
    """

    id: int
    operator_id: int
    state: Stage
    texts: dict[str, str] = field(default_factory=dict)
    prompt: str | None = None
    job_id: int | None = None
    file_id: str | None = None
    photo: str | None = None
    start_at: datetime | None = None
    zone: str | None = None
    card_id: int | None = None
    problem: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def can_be_tried(self) -> bool:
        return self.prompt is not None or self.photo is not None


@dataclass(frozen=True, slots=True)
class Recipient:
    user_id: int
    language: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many recipients have met which fate; `tried` pressed "Try it", `left` want no more."""

    fates: dict[Fate, int]
    tried: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        return sum(self.fates.values())

    def __getitem__(self, fate: Fate) -> int:
        return self.fates.get(fate, 0)


_COLUMNS = [broadcasts.c[name] for name in Broadcast.__dataclass_fields__]
_WILLING = sa.and_(users.c.blocked_at.is_(None), users.c.trends_off_at.is_(None))
LANGUAGE = sa.func.coalesce(users.c.chosen_language, users.c.language)


@all_patient
class Campaigns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def draft(self, operator_id: int) -> Broadcast:
        """The operator's draft; a new one if there is none."""
        mine = sa.and_(broadcasts.c.operator_id == operator_id, broadcasts.c.state == Stage.DRAFT)
        async with self._database.writing() as connection:
            found = await _one(connection, mine)
            if found is None:
                await connection.execute(
                    sa.insert(broadcasts).values(operator_id=operator_id, state=Stage.DRAFT, texts={})
                )
                found = await _one(connection, mine)
        assert found is not None
        return found

    async def find(self, broadcast_id: int) -> Broadcast | None:
        async with self._database.reading() as connection:
            return await _one(connection, broadcasts.c.id == broadcast_id)

    async def all_in(self, stages: Sequence[Stage]) -> list[Broadcast]:
        query = sa.select(*_COLUMNS).where(broadcasts.c.state.in_(stages)).order_by(broadcasts.c.id)
        async with self._database.reading() as connection:
            return [_broadcast(row) for row in await connection.execute(query)]

    async def write(self, broadcast_id: int, **values: Any) -> None:
        """Set fields of `Broadcast`, but for its state."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(broadcasts).where(broadcasts.c.id == broadcast_id).values(**values)
            )

    async def advance(self, broadcast_id: int, stages: Sequence[Stage], to: Stage, **values: Any) -> bool:
        """From one of the stages to another; False when it is in none of them any more."""
        if to in (Stage.DONE, Stage.CANCELLED):
            values["finished_at"] = now()
        async with self._database.writing() as connection:
            return await _advance(connection, broadcast_id, stages, to, **values)

    async def audience(self) -> dict[str, int]:
        """How many would get a broadcast now, by language."""
        query = sa.select(LANGUAGE.label("language"), sa.func.count().label("n")).where(_WILLING)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.group_by(LANGUAGE))
            return {row.language: row.n for row in rows}

    async def launch(self, broadcast_id: int) -> bool:
        """Freeze the recipients in one statement and let the broadcast run; once."""
        willing = sa.select(
            sa.literal(broadcast_id, sa.BigInteger),
            users.c.id,
            LANGUAGE,
            sa.literal(Fate.PENDING),
            sa.literal(0),
        ).where(_WILLING)
        names = ["broadcast_id", "user_id", "language", "state", "attempts"]
        async with self._database.writing() as connection:
            begins = {"started_at": now()}
            if not await _advance(connection, broadcast_id, (Stage.SCHEDULED,), Stage.RUNNING, **begins):
                return False
            await connection.execute(sa.insert(recipients).from_select(names, willing))
            return True

    async def recover(self) -> None:
        """At the start: whoever was being sent to when the process died is sent to again."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(recipients)
                .where(recipients.c.state == Fate.SENDING, recipients.c.attempts >= MAX_ATTEMPTS)
                .values(state=Fate.FAILED)
            )
            await connection.execute(
                sa.update(recipients).where(recipients.c.state == Fate.SENDING).values(state=Fate.PENDING)
            )

    async def next(
        self,
        broadcast_id: int,
        day: datetime,
        before: tuple[Recipient, Fate, int | None] | None = None,
    ) -> Recipient | None:
        """Mark what became of the recipient before, and claim the next one; in one transaction.

        Whoever had a broadcast since `day` began, or wants none any more, is skipped. None: nobody is
        left, the broadcast does not run, or many were skipped and it is others' turn to write.
        """
        of_this = recipients.c.broadcast_id == broadcast_id
        async with self._database.writing() as connection:
            if before is not None:
                await _mark(connection, broadcast_id, *before)
            runs = sa.select(broadcasts.c.state).where(broadcasts.c.id == broadcast_id)
            if (await connection.execute(runs)).scalar_one_or_none() != Stage.RUNNING:
                return None
            pending = (
                sa.select(recipients.c.user_id, recipients.c.language, recipients.c.attempts)
                .where(of_this, recipients.c.state == Fate.PENDING)
                .order_by(recipients.c.user_id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            for _ in range(SKIPPED_AT_ONCE):
                if (row := (await connection.execute(pending)).one_or_none()) is None:
                    return None
                willing = await _may_have(connection, row.user_id, day)
                await connection.execute(
                    sa.update(recipients)
                    .where(of_this, recipients.c.user_id == row.user_id)
                    .values(
                        state=Fate.SENDING if willing else Fate.SKIPPED,
                        attempts=row.attempts + (1 if willing else 0),
                        changed_at=now(),
                    )
                )
                if willing:
                    return Recipient(row.user_id, row.language, row.attempts + 1)
            return None

    async def mark(
        self, broadcast_id: int, recipient: Recipient, fate: Fate, telegram_id: int | None
    ) -> None:
        async with self._database.writing() as connection:
            await _mark(connection, broadcast_id, recipient, fate, telegram_id)

    async def count(self, broadcast_id: int) -> Count:
        query = sa.select(
            recipients.c.state,
            sa.func.count().label("n"),
            sa.func.count(recipients.c.tried_at).label("tried"),
            sa.func.count(recipients.c.left_at).label("left"),
        ).where(recipients.c.broadcast_id == broadcast_id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.group_by(recipients.c.state))).all()
        return Count(
            {Fate(row.state): row.n for row in rows},
            sum(row.tried for row in rows),
            sum(row.left for row in rows),
        )

    async def tried(self, broadcast_id: int, user_id: int) -> None:
        await self._note(broadcast_id, user_id, "tried_at")

    async def opt(self, broadcast_id: int, user_id: int, out: bool) -> None:
        """The user wants no more trends, or wants them again."""
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(users).where(users.c.id == user_id).values(trends_off_at=now() if out else None)
            )
        await self._note(broadcast_id, user_id, "left_at", out)

    async def _note(self, broadcast_id: int, user_id: int, column: str, is_so: bool = True) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                sa.update(recipients)
                .where(recipients.c.broadcast_id == broadcast_id, recipients.c.user_id == user_id)
                .values({column: now() if is_so else None})
            )


async def _mark(
    connection: AsyncConnection,
    broadcast_id: int,
    recipient: Recipient,
    fate: Fate,
    telegram_id: int | None,
) -> None:
    await connection.execute(
        sa.update(recipients)
        .where(recipients.c.broadcast_id == broadcast_id, recipients.c.user_id == recipient.user_id)
        .values(state=fate, telegram_id=telegram_id, changed_at=now())
    )


async def _may_have(connection: AsyncConnection, user_id: int, day: datetime) -> bool:
    had = sa.exists().where(
        recipients.c.user_id == user_id, recipients.c.state == Fate.SENT, recipients.c.changed_at >= day
    )
    query = sa.select(sa.func.count()).where(users.c.id == user_id, _WILLING, sa.not_(had))
    return bool((await connection.execute(query)).scalar_one())


async def _advance(
    connection: AsyncConnection, broadcast_id: int, stages: Sequence[Stage], to: Stage, **values: Any
) -> bool:
    statement = (
        sa.update(broadcasts)
        .where(broadcasts.c.id == broadcast_id, broadcasts.c.state.in_(stages))
        .values(state=to, **values)
    )
    return (await connection.execute(statement)).rowcount == 1


async def _one(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> Broadcast | None:
    query = sa.select(*_COLUMNS).where(condition).order_by(broadcasts.c.id.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _broadcast(row)


def _broadcast(row: sa.Row[Any]) -> Broadcast:
    return Broadcast(**{**row._mapping, "state": Stage(row.state)})
