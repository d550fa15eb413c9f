"""Where a wish is handed in: written down in one transaction, then given to the engine.

From here on it cannot be lost. Knows no sentence and no messenger.
"""

from __future__ import annotations

import structlog

from bot.jobs.port import Job, Jobs
from bot.store.journal import UNLIMITED, Heard, Journal, Limits, Wish
from bot.store.ledger import Ledger

log = structlog.stdlib.get_logger(__name__)


class Desk:
    def __init__(self, journal: Journal, ledger: Ledger, jobs: Jobs, limits: Limits = UNLIMITED) -> None:
        self._journal = journal
        self._ledger = ledger
        self._jobs = jobs
        self._limits = limits

    async def accept(self, heard: Heard, wish: Wish) -> tuple[Job, int]:
        """Returns the job and how many are ahead of it; the same message twice is one job.

        Raises Limited when the user has asked for enough already, Full when too many others wait.
        """
        job = await self._ledger.job(await self._journal.accept(heard, wish, self._limits))
        assert job is not None
        log.info("accepted", job=job.id)
        if not job.state.final:
            await self._jobs.submit(job)
        return job, await self._ledger.ahead(job.id)

    async def cancel(self, job: Job) -> bool:
        """Stop it unless it is being sent already; says whether it was stopped."""
        return await self._jobs.cancel(job)

    async def cancel_all(self, user_id: int) -> list[Job]:
        """Stop whatever of the user is not being sent yet; returns what was stopped.

        The latest first: otherwise the next one would begin in the place of the one that stops.
        """
        latest = reversed(await self._ledger.live_jobs(user_id))
        return [job for job in latest if await self._jobs.cancel(job)]
