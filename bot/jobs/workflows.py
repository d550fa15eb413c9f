"""What DBOS runs of a job: a workflow for its drawing and one for its bringing, and the steps in them.

    draw (queue "draw")    draw step, three attempts → enqueues bring
    bring (queue "bring")  bring step, for hours → the job is given up
    bury (queue "bring")   of a job that can never be done: it is given up, its owner is told
    look (queue "look")    what photos show, asked of a worker

Their ids follow from the update that brought the job, so that nothing is
begun twice. Only job ids and names of photos are handed to DBOS. Knows which
workflows run in this process, so that those that fell over are found
(`bot.jobs.mending`) and those that run can be ended; does not know what the
steps do (`bot.jobs.work`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowSerializationFormat

from bot.jobs.port import CRASHED, UNAVAILABLE, UNREACHABLE, Job, State
from bot.jobs.work import Work
from bot.store.patience import Fault, fault_of

log = structlog.stdlib.get_logger(__name__)

DRAW = "draw"
BRING = "bring"
BURY = "bury"
LOOK = "look"
QUEUES = {DRAW: DRAW, BRING: BRING, BURY: BRING, LOOK: LOOK}
"""By workflow."""
MAX_RECOVERIES = 3
"""A job that was running this many times when the process died is given up."""
RETRY_SECONDS = 1.0
"""Before a step's second attempt; then longer and longer."""


class Hindered(Exception):
    """Disk or database did not let a step end: it is done again for as long as it takes."""


class Workflows:
    """`register` them after DBOS is made and before it is launched."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.alive: set[str] = set()
        """Those that run in this process."""
        self.steps: set[asyncio.Task[object]] = set()

    async def have_drawn(self, job: Job) -> None:
        with SetWorkflowID(draw_id(job)), SetEnqueueOptions(priority=job.turn):
            await DBOS.enqueue_workflow_async(DRAW, self._draw, job.id)

    async def have_brought(self, job: Job) -> None:
        with SetWorkflowID(f"{draw_id(job)}-bring"):
            await DBOS.enqueue_workflow_async(BRING, self._bring, job.id)

    async def have_buried(self, update_id: int, job_id: int) -> None:
        with SetWorkflowID(bury_id(update_id)):
            await DBOS.enqueue_workflow_async(BRING, self._bury, job_id)

    async def have_looked_at(self, photos: list[str]) -> Any:
        """Returns DBOS's handle of the answer."""
        return await DBOS.enqueue_workflow_async(LOOK, self._look, photos)

    def register(self) -> None:
        work = self._work

        @DBOS.step(
            name="draw",
            preemptible=True,
            retries_allowed=True,
            max_attempts=3,
            interval_seconds=RETRY_SECONDS,
            backoff_rate=3.0,
        )
        async def draw_step(job_id: int) -> str:
            with self._step():
                return str(await work.draw(job_id))

        @DBOS.step(name="give up")
        async def give_up_step(job_id: int, problem: str) -> None:
            await work.give_up(job_id, problem)

        @DBOS.step(
            name="bring",
            retries_allowed=True,
            max_attempts=14,
            interval_seconds=RETRY_SECONDS,
            backoff_rate=2.0,
        )
        async def bring_step(job_id: int) -> None:
            with self._step():
                await work.bring(job_id)

        @DBOS.step(name="look")
        async def look_step(photos: list[str]) -> dict[str, Any]:
            with self._step():
                return await work.look(photos)

        portable = WorkflowSerializationFormat.PORTABLE

        @DBOS.workflow(name=LOOK, max_recovery_attempts=1, serialization_type=portable)
        async def look(photos: list[str]) -> dict[str, Any]:
            return await look_step(photos)

        @DBOS.workflow(name=BRING, max_recovery_attempts=10, serialization_type=portable)
        async def bring(job_id: int) -> None:
            with self._living():
                try:
                    await bring_step(job_id)
                except Exception as error:  # after hours of trying
                    if fault := _hindrance(error):  # it was brought; that cannot be written down
                        raise Hindered(fault) from error
                    log.error("bringing failed", job=job_id, exc_info=error)
                    await give_up_step(job_id, UNREACHABLE)

        @DBOS.workflow(name=BURY, max_recovery_attempts=10, serialization_type=portable)
        async def bury(job_id: int) -> None:
            with self._living():
                await give_up_step(job_id, CRASHED)
                await bring_step(job_id)

        @DBOS.workflow(name=DRAW, max_recovery_attempts=MAX_RECOVERIES, serialization_type=portable)
        async def draw(job_id: int) -> str:
            with self._living():
                try:
                    state = await draw_step(job_id)
                except Exception as error:  # every attempt failed: the user is owed a sentence
                    if fault := _hindrance(error):  # it was drawn; that cannot be written down
                        raise Hindered(fault) from error
                    log.error("drawing failed", job=job_id, exc_info=error)
                    await give_up_step(job_id, UNAVAILABLE)
                    state = State.FAILED
                if state != State.CANCELLED:
                    with SetWorkflowID(f"{DBOS.workflow_id}-bring"):
                        await DBOS.enqueue_workflow_async(BRING, bring, job_id)
                return str(state)

        self._draw = draw
        self._bring = bring
        self._bury = bury
        self._look = look

    @contextmanager
    def _living(self) -> Iterator[None]:
        name = DBOS.workflow_id
        assert name is not None
        self.alive.add(name)
        try:  # every line of the log, here and on other machines, names the update that it is about
            with structlog.contextvars.bound_contextvars(update=update_of(name)):
                yield
        finally:
            self.alive.discard(name)

    @contextmanager
    def _step(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self.steps.add(task)
        try:
            yield
        finally:
            self.steps.discard(task)


def _hindrance(error: Exception) -> Fault | None:
    """The fault of disk or database because of which a step failed, at its last attempt."""
    attempts = getattr(error, "errors", None) or [error]  # DBOS hands over all of them
    return fault_of(attempts[-1])


def draw_id(job: Job) -> str:
    return f"tg-{job.update_id}"


def bury_id(update_id: int) -> str:
    return f"tg-{update_id}-bury"


def update_of(workflow_id: str) -> int:
    """The update from which a workflow of a job came."""
    found = re.match(r"tg-(-?\d+)", workflow_id)
    assert found is not None
    return int(found[1])
