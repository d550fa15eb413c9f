"""Every statement on workers: who draws, how far each drawing is, whose beat has stopped.

A worker's row is written anew with every beat; all times are those of the
database's clock. Knows no engine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.port import WAITING
from bot.store.database import Database
from bot.store.journal import insert
from bot.store.tables import jobs, workers
from generation.request import Progress

REAPER_LOCK = 0x4C454B_5245
"""The advisory lock of whoever looks after lost jobs at the moment."""


@dataclass(frozen=True, slots=True)
class Worker:
    """silent: seconds since its last beat. drawings: the ids of its jobs, and how far each is."""

    name: str
    model: str
    at_once: int
    drawings: dict[int, Progress]
    silent: float


class Crew:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, name: str, model: str, at_once: int, drawings: Mapping[int, Progress]) -> set[int]:
        """Say that the worker lives, and what it draws; returns those of its jobs that are to be stopped."""
        told = {str(job_id): [progress.step, progress.steps] for job_id, progress in drawings.items()}
        async with self._database.writing() as connection:
            news = {"model": model, "at_once": at_once, "drawings": told, "beat_at": _clock(connection)}
            await connection.execute(
                insert(connection, workers)
                .values(name=name, **news)
                .on_conflict_do_update(index_elements=[workers.c.name], set_=news)
            )
            return await _not_waiting(connection, drawings) if drawings else set()

    async def leave(self, name: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.delete(workers).where(workers.c.name == name))

    async def forget_silent(self, seconds: float) -> None:
        """Forget workers that have been silent for so long."""
        async with self._database.writing() as connection:
            gone = workers.c.beat_at < _clock(connection) - seconds
            await connection.execute(sa.delete(workers).where(gone))

    async def all(self) -> list[Worker]:
        async with self._database.reading() as connection:
            silent = (_clock(connection) - workers.c.beat_at).label("silent")
            rows = (await connection.execute(sa.select(workers, silent).order_by(workers.c.name))).all()
        return [
            Worker(
                row.name,
                row.model,
                row.at_once,
                {int(job_id): Progress(*told) for job_id, told in row.drawings.items()},
                row.silent,
            )
            for row in rows
        ]

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Whether it is this process' turn to look after lost jobs; until the block ends, nobody else's."""
        async with self._database.writing() as connection:
            if connection.dialect.name != "postgresql":
                yield True
                return
            ask = sa.select(sa.func.pg_try_advisory_xact_lock(REAPER_LOCK))
            yield bool((await connection.execute(ask)).scalar_one())

    async def taken_over(self, update_id: int) -> tuple[int, int] | None:
        """Count that the job of this update lost its worker: (job, how often now); None: it waits no more."""
        this = sa.and_(jobs.c.update_id == update_id, jobs.c.state.in_(WAITING))
        async with self._database.writing() as connection:
            await connection.execute(sa.update(jobs).where(this).values(takeovers=jobs.c.takeovers + 1))
            row = (await connection.execute(sa.select(jobs.c.id, jobs.c.takeovers).where(this))).one_or_none()
            return None if row is None else (row.id, row.takeovers)


async def _not_waiting(connection: AsyncConnection, drawings: Collection[int]) -> set[int]:
    live = sa.select(jobs.c.id).where(jobs.c.id.in_(drawings), jobs.c.state.in_(WAITING))
    return set(drawings) - set((await connection.execute(live)).scalars())


def _clock(connection: AsyncConnection) -> sa.ColumnElement[float]:
    """Seconds since 1970, now, as the database has it."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return sa.cast((sa.func.julianday("now") - 2440587.5) * 86400.0, sa.Double)
