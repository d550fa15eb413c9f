"""Puts right what fell between DBOS and the ledger, so that no job is left half done.

What was accepted and never submitted, or is missing from DBOS' database, is
handed in; a workflow that fell over is set going again, for as long as disk
or database hinder it, and MAX_RECOVERIES times otherwise; then, and where
DBOS itself has parked a workflow, the job is given up and its owner told.
Knows no step (`bot.jobs.workflows`) and no other machine (`bot.jobs.reaper`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import structlog
from dbos import DBOS

from bot.jobs.port import LIVE, WAITING, Job, State
from bot.jobs.workflows import (
    BRING,
    BURY,
    DRAW,
    MAX_RECOVERIES,
    QUEUES,
    Hindered,
    Workflows,
    bury_id,
    draw_id,
    update_of,
)
from bot.store.ledger import Ledger
from bot.ticker import Ticker

log = structlog.stdlib.get_logger(__name__)

EVERY_SECONDS = 10.0
OF_JOBS = [DRAW, BRING, BURY]
PARKED = ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED")


class Mender:
    """executor: whose sleeping workflows are woken; of_all: mends what all processes have left as well."""

    def __init__(
        self,
        ledger: Ledger,
        workflows: Workflows,
        submit: Callable[[Job], Awaitable[None]],
        executor: str,
        *,
        of_all: bool,
    ) -> None:
        self._ledger = ledger
        self._workflows = workflows
        self._submit = submit
        self._executor = executor
        self._of_all = of_all
        self._asleep: set[str] = set()
        """Workflows that should run here and did not, when it was last looked."""
        self._repeats: Counter[str] = Counter()
        self._left: set[str] = set()
        """Failed workflows about which nothing more can be done."""
        self.ticker = Ticker(self._mend, EVERY_SECONDS)

    async def reconcile(self, states: Sequence[State] = LIVE) -> None:
        """Make ledger and DBOS agree: submit what it does not know, give up what it has parked."""
        for job in await self._ledger.jobs_in(states):
            status = await DBOS.get_workflow_status_async(draw_id(job))
            if status is None and job.state in WAITING:
                await self._submit(job)
            elif status is None:  # drawn before the jobs' database was lost or the bot moved to another
                await self._workflows.have_brought(job)
            elif status.status in PARKED:
                await self._workflows.have_buried(job.update_id, job.id)

    async def _mend(self) -> None:
        if self._of_all:
            await self.reconcile([State.DRAWING])
            await self._repeat_the_failed()
        await self._wake_the_sleeping()

    async def _wake_the_sleeping(self) -> None:
        """Set going what fell over because DBOS could not write down how far it was."""
        pending = await DBOS.list_workflows_async(
            status="PENDING", name=OF_JOBS, executor_id=self._executor, load_input=False, load_output=False
        )
        asleep = {
            workflow.workflow_id: workflow.name
            for workflow in pending
            if workflow.workflow_id not in self._workflows.alive
        }
        for name in asleep.keys() & self._asleep:
            log.warning("workflow goes on", workflow=name)
            await DBOS.resume_workflow_async(name, queue_name=QUEUES[asleep[name]])
        self._asleep = asleep.keys() - self._asleep

    async def _repeat_the_failed(self) -> None:
        """DBOS keeps an error for good and resumes nothing that has one: rewound, it begins anew."""
        failed = await DBOS.list_workflows_async(status="ERROR", name=OF_JOBS, load_input=False)
        for workflow in failed:
            name = workflow.workflow_id
            if name in self._left:
                continue
            if await self._is_over(name, workflow.name) or not self._may_be_repeated(name, workflow.error):
                self._left.add(name)
                await self._give_up(name, workflow.name)
                continue
            log.warning("workflow begins anew", workflow=name, reason=str(workflow.error))
            await DBOS.rewind_workflow_async(name, queue_name=QUEUES[workflow.name])

    async def _is_over(self, name: str, kind: str) -> bool:
        """Whether the job has been given up already, by this process or by one before it."""
        return kind != BURY and await DBOS.get_workflow_status_async(bury_id(update_of(name))) is not None

    def _may_be_repeated(self, name: str, error: Exception | None) -> bool:
        if getattr(error, "name", "") == Hindered.__name__:
            return True
        self._repeats[name] += 1
        return self._repeats[name] <= MAX_RECOVERIES

    async def _give_up(self, name: str, kind: str) -> None:
        job = await self._ledger.of_update(update_of(name))
        if kind == BURY:
            log.error("nobody could be told", workflow=name)
        elif job is not None:
            log.error("workflow fails again and again", workflow=name)
            await self._workflows.have_buried(job.update_id, job.id)
