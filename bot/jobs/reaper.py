"""Jobs whose worker is gone go back into the queue, and one that kills its workers is parked.

Every process of a fleet has a reaper, and they take turns by a lock of the
database, so that one is enough. DBOS counts attempts anew when a workflow is
resumed, hence the count of the jobs' own. Knows no studio and no messenger.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.jobs.engine import DbosJobs
from bot.jobs.presence import SILENT_SECONDS, lives
from bot.jobs.workflows import DRAW, MAX_RECOVERIES, update_of
from bot.store.crew import Crew
from bot.ticker import Ticker

log = structlog.stdlib.get_logger(__name__)

REAP_SECONDS = 0.5
FORGET_SECONDS = 3600.0
"""A worker that was silent for so long is not even listed any more."""


class Reaper:
    def __init__(self, crew: Crew, jobs: DbosJobs) -> None:
        self._crew = crew
        self._jobs = jobs
        self._last = float("-inf")
        self._fit_at = float("inf")
        self.ticker = Ticker(self.reap, REAP_SECONDS)

    async def reap(self) -> None:
        if not self._is_fit():
            return
        async with self._crew.turn() as mine:
            if not mine:
                return
            running = await self._jobs.running()
            workers = await self._crew.all()  # afterwards: whoever has work was listed before he took it
            living = {worker.name for worker in workers if lives(worker)}
            for workflow_id, queue, name in running:
                if name not in living:
                    await self._save(workflow_id, queue)
        if any(worker.silent > FORGET_SECONDS for worker in workers):
            await self._crew.forget_silent(FORGET_SECONDS)

    def _is_fit(self) -> bool:
        """Whoever was away from the database himself cannot tell whether others were: he waits a while."""
        now = asyncio.get_running_loop().time()
        if now - self._last > SILENT_SECONDS:
            self._fit_at = now + SILENT_SECONDS
        self._last = now
        return now >= self._fit_at

    async def _save(self, workflow_id: str, queue: str) -> None:
        if queue != DRAW:
            await self._jobs.park(workflow_id, None)  # a glance at a photo: who asked does without
            return
        taken = await self._crew.taken_over(update_of(workflow_id))
        if taken is not None and taken[1] > MAX_RECOVERIES:
            log.error("a job has lost its worker too often", job=taken[0], times=taken[1])
            await self._jobs.park(workflow_id, taken[0])
            return
        # Also where nothing waits any more: what was drawn when the worker died has still to be brought.
        await self._jobs.take_over(workflow_id, queue)
        log.warning("a lost worker's job goes to another", job=taken and taken[0], times=taken and taken[1])
