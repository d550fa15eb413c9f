"""Workers on other machines: a worker's heartbeat, and the bot's view of all of them.

With every beat a worker says how far its drawings are and hears which are to
be stopped; the bot reads that as often. What is written is one row a worker,
so that the database has little to do. Knows neither engine nor messenger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.jobs.pulse import Pulse
from bot.store.crew import Crew, Worker
from bot.ticker import Ticker

log = structlog.stdlib.get_logger(__name__)

BEAT_SECONDS = 0.5
LOOK_SECONDS = 1.0
SILENT_SECONDS = 2.0
"""After so long without a beat, four of them, a worker is taken for dead. With the reaper's half a second and
the queue's poll of 0.2 s another begins with its jobs after 2.7 s at the most, of 5 s that are allowed; the
rest is for machines that are busy (`python -m tests.e2e.measure_fleet` measures it)."""
ALONE_SECONDS = 60.0
"""How often it is said that nobody draws."""


class Heartbeat:
    """Of a worker: `beat` once before it takes work, then `ticker`."""

    def __init__(self, crew: Crew, pulse: Pulse, name: str, at_once: int, model: str) -> None:
        self._crew = crew
        self._pulse = pulse
        self._name = name
        self._at_once = at_once
        self._model = model
        self.ticker = Ticker(self.beat, BEAT_SECONDS)

    async def beat(self) -> None:
        for job_id in await self._crew.beat(self._name, self._model, self._at_once, self._pulse.drawings):
            self._pulse.stop(job_id)


class Watch:
    """Of the bot: progress goes into the pulse, how many jobs are drawn at once to `tell`."""

    def __init__(self, crew: Crew, pulse: Pulse, tell: Callable[[int], None]) -> None:
        self._crew = crew
        self._pulse = pulse
        self._tell = tell
        self._complained = float("-inf")
        self.ticker = Ticker(self.look, LOOK_SECONDS)

    async def look(self) -> None:
        workers = [worker for worker in await self._crew.all() if lives(worker)]
        self._pulse.hear(
            {job_id: progress for worker in workers for job_id, progress in worker.drawings.items()}
        )
        self._tell(max(1, sum(worker.at_once for worker in workers)))
        now = asyncio.get_running_loop().time()
        if not workers and now - self._complained >= ALONE_SECONDS:
            self._complained = now
            log.warning("nobody draws: start python -m generation.worker with the same DATABASE_URL")


def lives(worker: Worker) -> bool:
    return worker.silent < SILENT_SECONDS
