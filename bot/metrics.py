"""What an operator's Prometheus may know: calls, updates, jobs, lines. Never a word, a name or an id.

Counters live in this process; how many jobs and users there are is asked of
the database when somebody looks.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from aiogram import Bot
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from bot.jobs.presence import lives
from bot.sender.gate import gate_of
from bot.store.crew import Crew
from bot.store.database import Database
from bot.store.tables import jobs, recipients, users


class Metrics:
    """One for each process; its own registry, so that several in one process (tests) do not meet."""

    def __init__(self, bot: Bot, database: Database) -> None:
        self._database = database
        self._crew = Crew(database)
        self._gate = gate_of(bot)
        self._registry = CollectorRegistry()
        few: dict[str, Any] = {"registry": self._registry, "namespace": "lekalo"}
        self._calls = Counter("telegram_calls", "Calls to Telegram", ["method", "outcome"], **few)
        self._line = Gauge("telegram_line", "Calls that wait for their turn", ["rank"], **few)
        self._pause = Gauge("telegram_pause_seconds", "Left of a pause that Telegram asked for", **few)
        self._updates = Counter("updates", "Updates taken in, each once", **few)
        self._jobs = Gauge("jobs", "Jobs by state", ["state"], **few)
        self._recipients = Gauge("recipients", "Recipients of broadcasts by state", ["state"], **few)
        self._users = Gauge("users", "Users, without those who blocked the bot", **few)
        self._workers = Gauge("workers", "Workers on other machines that live", **few)
        self._takeovers = Gauge("takeovers", "Times that a job lost its worker", **few)
        self._gate.seen = lambda method, outcome: self._calls.labels(method, outcome).inc()

    def took_in(self, updates: int) -> None:
        self._updates.inc(updates)

    async def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        async with self._database.reading() as connection:
            for gauge, table in ((self._jobs, jobs), (self._recipients, recipients)):
                counted = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
                gauge.clear()
                for state, number in await connection.execute(counted):
                    gauge.labels(state).set(number)
            present = sa.select(sa.func.count()).where(users.c.blocked_at.is_(None))
            self._users.set((await connection.execute(present)).scalar_one())
            taken = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.takeovers), 0))
            self._takeovers.set((await connection.execute(taken)).scalar_one())
        self._workers.set(sum(lives(worker) for worker in await self._crew.all()))
        for rank, number in self._gate.turnstile.waiting.items():
            self._line.labels(rank.name.lower()).set(number)
        self._pause.set(self._gate.turnstile.paused)
        return generate_latest(self._registry)
