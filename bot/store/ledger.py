"""Every statement on jobs and pictures: from the accepted wish to the delivered answer.

A job's state only moves forward: each statement names the states it may start
from, so a step that is run again after a crash finds its work done. Knows no
engine and no messenger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.port import LIVE, WAITING, Drawn, Job, Sent, State
from bot.store.database import Database
from bot.store.patience import all_patient
from bot.store.tables import jobs, messages, now, pictures, users
from generation.request import Picture

_JOB = [
    jobs.c[name]
    for name in (
        "id",
        "update_id",
        "message_id",
        "user_id",
        "chat_id",
        "reply_to",
        "language",
        "prompt",
        "photos",
        "count",
        "seed",
        "state",
        "problem",
        "status_id",
        "created_at",
        "size",
        "weights",
        "init",
        "strength",
        "negative",
        "garment",
        "seen",
        "parent_id",
        "buttons_id",
        "priority",
        "turn",
    )
]
_DRAWN = [pictures.c[name] for name in ("id", "job_id", "position", "sha256", "telegram_id", "file_id")]


def _job(row: sa.Row[Any]) -> Job:
    fields = dict(row._mapping)
    weights = fields["weights"]
    return Job(
        **{
            **fields,
            "photos": tuple(fields["photos"]),
            "weights": None if weights is None else tuple(weights),
            "state": State(fields["state"]),
        }
    )


def drawn_of(row: Any) -> Drawn:
    """A picture from a row that has, among others, the columns of `Drawn`."""
    return Drawn(**{name: row._mapping[name] for name in Drawn.__dataclass_fields__})


@all_patient
class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def job(self, job_id: int) -> Job | None:
        return await self._one(jobs.c.id == job_id)

    async def of_update(self, update_id: int) -> Job | None:
        """The job that this update brought."""
        return await self._one(jobs.c.update_id == update_id)

    async def live_jobs(self, user_id: int) -> list[Job]:
        """The user's accepted and not yet answered jobs, oldest first."""
        return await self._many(jobs.c.user_id == user_id, jobs.c.state.in_(LIVE))

    async def jobs_in(self, states: Sequence[State], limit: int | None = None) -> list[Job]:
        """Jobs in any of the states, oldest first."""
        return await self._many(jobs.c.state.in_(states), limit=limit)

    async def ahead(self, job_id: int) -> int:
        """How many waiting or drawing jobs come before it; 0 as well when it waits no more."""
        mine = (
            sa.select(jobs.c.turn).where(jobs.c.id == job_id, jobs.c.state == State.QUEUED).scalar_subquery()
        )
        before = sa.or_(
            jobs.c.state == State.DRAWING,
            jobs.c.turn < mine,
            sa.and_(jobs.c.turn == mine, jobs.c.id < job_id),
        )
        query = sa.select(sa.func.count()).where(
            jobs.c.state.in_(WAITING), jobs.c.id != job_id, before, mine.is_not(None)
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def pace(self) -> float | None:
        """Seconds that the last drawings took, on average; None before the first."""
        query = (
            sa.select(jobs.c.started_at, jobs.c.drawn_at)
            .where(jobs.c.started_at.is_not(None), jobs.c.drawn_at.is_not(None))
            .order_by(jobs.c.id.desc())
            .limit(20)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        # a clock that was set back meanwhile makes a span negative
        spans = [max(0.0, (row.drawn_at - row.started_at).total_seconds()) for row in rows]
        return sum(spans) / len(spans) if spans else None

    async def of_message(self, chat_id: int, telegram_id: int) -> tuple[Job, Drawn | None] | None:
        """The job that a message of the chat shows, steers or asked for, and the picture if it is one."""
        async with self._database.reading() as connection:
            pictured = (
                sa.select(*_DRAWN)
                .join(jobs, pictures.c.job_id == jobs.c.id)
                .where(jobs.c.chat_id == chat_id, pictures.c.telegram_id == telegram_id)
                .where(pictures.c.deleted_at.is_(None))
            )
            row = (await connection.execute(pictured.limit(1))).one_or_none()
            shown = sa.select(messages.c.about).where(
                messages.c.chat_id == chat_id,
                messages.c.telegram_id == telegram_id,
                messages.c.about.is_not(None),
            )
            about = (await connection.execute(shown.limit(1))).scalar_one_or_none()
        if row is not None:
            picture = drawn_of(row)
            job = await self.job(picture.job_id)
            return None if job is None else (job, picture)
        asked = sa.or_(jobs.c.status_id == telegram_id, jobs.c.reply_to == telegram_id)
        if about is not None:
            asked = jobs.c.id == about
        found = await self._many(jobs.c.chat_id == chat_id, asked)
        return (found[-1], None) if found else None

    async def set_buttons_message(self, job_id: int, telegram_id: int) -> None:
        await self._change(job_id, None, buttons_id=telegram_id)

    async def set_status_message(self, job_id: int, telegram_id: int) -> None:
        await self._change(job_id, None, status_id=telegram_id)

    async def start_drawing(self, job_id: int) -> bool:
        """False: it is not to be drawn (any more)."""
        return await self._change(job_id, WAITING, state=State.DRAWING, started_at=now())

    async def keep_pictures(
        self, job_id: int, drawn: Sequence[tuple[str, Picture]], seen: dict[str, Any] | None = None
    ) -> bool:
        """Note the pictures (SHA-256 and picture) and mark the job drawn, in one transaction.

        False, and nothing noted, when the job was stopped meanwhile.
        """
        async with self._database.writing() as connection:
            news = {"state": State.DRAWN, "drawn_at": now(), "seen": seen}
            if not await _advance(connection, job_id, (State.DRAWING,), **news):
                return False
            await connection.execute(
                sa.insert(pictures),
                [
                    {
                        "job_id": job_id,
                        "position": position,
                        "sha256": sha256,
                        "seed": picture.seed,
                        "size": picture.size,
                        "seconds": picture.seconds,
                        "model": picture.model,
                        "prompt": picture.prompt,
                    }
                    for position, (sha256, picture) in enumerate(drawn)
                ],
            )
            return True

    async def pictures(self, job_id: int) -> list[Drawn]:
        """The job's pictures that are not deleted, in their order."""
        query = (
            sa.select(*_DRAWN)
            .where(pictures.c.job_id == job_id, pictures.c.deleted_at.is_(None))
            .order_by(pictures.c.position)
        )
        async with self._database.reading() as connection:
            return [drawn_of(row) for row in await connection.execute(query)]

    async def picture(self, picture_id: int) -> Drawn | None:
        query = sa.select(*_DRAWN).where(pictures.c.id == picture_id, pictures.c.deleted_at.is_(None))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else drawn_of(row)

    async def owed_before(self, job: Job) -> list[tuple[int, State]]:
        """What the same user asked for earlier in the chat and is being drawn, or drawn and not delivered."""
        owed = sa.select(jobs.c.id, jobs.c.state).where(
            jobs.c.chat_id == job.chat_id,
            jobs.c.user_id == job.user_id,
            jobs.c.id < job.id,
            jobs.c.state.in_((State.DRAWING, State.DRAWN, State.SENDING)),
        )
        async with self._database.reading() as connection:
            return [(row.id, State(row.state)) for row in await connection.execute(owed)]

    async def start_sending(self, job_id: int) -> bool:
        """The marker before sending; True as well for a job that was being sent when the process died."""
        return await self._change(job_id, (State.DRAWN, State.SENDING), state=State.SENDING, sending_at=now())

    async def delivered(self, job_id: int, sent: Sequence[tuple[Drawn, Sent]]) -> None:
        """The mark after sending, with the ids that Telegram gave."""
        async with self._database.writing() as connection:
            for picture, receipt in sent:
                await connection.execute(
                    sa.update(pictures)
                    .where(pictures.c.id == picture.id)
                    .values(telegram_id=receipt.telegram_id, file_id=receipt.file_id)
                )
            await _advance(connection, job_id, (State.SENDING,), state=State.DELIVERED, finished_at=now())

    async def failed(self, job_id: int, problem: str) -> bool:
        return await self._change(job_id, LIVE, state=State.FAILED, problem=problem, finished_at=now())

    async def cancelled(self, job_id: int) -> bool:
        return await self._change(job_id, (*WAITING, State.DRAWN), state=State.CANCELLED, finished_at=now())

    async def user_blocked(self, user_id: int) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(blocked_at=now()))

    async def _one(self, condition: sa.ColumnElement[bool]) -> Job | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(sa.select(*_JOB).where(condition))).one_or_none()
            return None if row is None else _job(row)

    async def _many(self, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Job]:
        query = sa.select(*_JOB).where(*conditions).order_by(jobs.c.id).limit(limit)
        async with self._database.reading() as connection:
            return [_job(row) for row in await connection.execute(query)]

    async def _change(self, job_id: int, states: Sequence[State] | None, **values: object) -> bool:
        async with self._database.writing() as connection:
            return await _advance(connection, job_id, states, **values)


async def _advance(
    connection: AsyncConnection, job_id: int, states: Sequence[State] | None, **values: object
) -> bool:
    statement = sa.update(jobs).where(jobs.c.id == job_id).values(**values)
    if states is not None:
        statement = statement.where(jobs.c.state.in_(states))
    return (await connection.execute(statement)).rowcount == 1
