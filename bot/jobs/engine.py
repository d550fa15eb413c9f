"""`Jobs` on DBOS: a workflow per wish, in a SQLite file of its own.

Two workflows, each in a queue: "draw" (as many at once as the studio takes)
and "bring" (which may wait for Telegram without holding a place at the
easel). Jobs are drawn in the order of their turns. Only job ids are handed to
DBOS. What it needs to be told, and why:

- the file is put into WAL mode first, DBOS does not do it;
- `application_version` is a constant: by default every change of the code
  would leave the pending jobs behind. Change it with an incompatible change
  of the workflows only;
- `executor_id` is stable, so that a restarted process takes up its own jobs;
- it is launched inside the running loop, so that the workflows share the loop
  of the Telegram session;
- the queues are looked at every 0.2 s.

Knows nothing of what the steps do (`bot.jobs.work`) nor of Telegram.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID, WorkflowSerializationFormat
from dbos import error as dbos_errors
from sqlalchemy.engine import URL

from bot.jobs.port import CRASHED, UNAVAILABLE, UNREACHABLE, WAITING, Job, Snapshot, State
from bot.jobs.pulse import Pulse
from bot.jobs.work import Work
from bot.store.ledger import Ledger
from bot.store.patience import Patience, fault_of
from generation.request import Progress

log = structlog.stdlib.get_logger(__name__)

VERSION = "1"
EXECUTOR = "bot"
DRAW = "draw"
BRING = "bring"
POLL_SECONDS = 0.2
AT_ONCE = 2
"""Jobs in the studio at the same time; the others wait in the queue."""
BRINGING_AT_ONCE = 20
MAX_RECOVERIES = 3
"""A job that was running this many times when the process died is given up."""
AFTERWARDS = ("-bring", "-bury")
"""How the names of workflows end that talk to the user."""
RECONCILE_SECONDS = 10.0
ENDED = ("SUCCESS", "ERROR", "CANCELLED")
PURGED_AT_ONCE = 500


class DbosJobs:
    """One per process (DBOS itself is a singleton); `start` inside the running loop, then `stop`."""

    def __init__(
        self, file: Path, work: Work, ledger: Ledger, pulse: Pulse, *, patience: Patience | None = None
    ) -> None:
        self._file = file
        self._work = work
        self._ledger = ledger
        self._pulse = pulse
        self._patience = patience or Patience()
        self._reconciler: asyncio.Task[None] | None = None
        self._alive: set[str] = set()
        """The workflows that run in this process."""
        self._dead: set[str] = set()
        """Those that should and did not, when it was last looked."""
        self._steps: set[asyncio.Task[object]] = set()

    @property
    def at_once(self) -> int:
        return AT_ONCE

    async def start(self) -> None:
        await asyncio.to_thread(_prepare_file, self._file)
        config: DBOSConfig = {
            "name": "lekalo",
            "system_database_url": URL.create("sqlite", database=str(self._file)).render_as_string(),
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": 1.0,
        }
        DBOS(config=config)
        self._register()
        DBOS.launch()
        await DBOS.register_queue_async(
            DRAW,
            worker_concurrency=AT_ONCE,
            polling_interval_sec=POLL_SECONDS,
        )
        await DBOS.register_queue_async(
            BRING, worker_concurrency=BRINGING_AT_ONCE, polling_interval_sec=POLL_SECONDS
        )
        await self._reconcile()
        self._reconciler = asyncio.create_task(self._keep_reconciling())

    async def stop(self, patience: int = 0) -> None:
        """Begin nothing new, wait up to `patience` seconds for what runs; the rest is the next start's."""
        if self._reconciler is not None:
            self._reconciler.cancel()
            with suppress(asyncio.CancelledError):
                await self._reconciler
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            end = loop.run_in_executor(
                thread,
                lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=patience + 3),
            )
            await asyncio.wait({end}, timeout=patience)
            for step in self._steps:
                step.cancel()
            await end
        # DBOS lent the loop its threads and took them away.
        loop.set_default_executor(ThreadPoolExecutor())

    async def submit(self, job: Job) -> None:
        async def enqueue() -> None:
            with SetWorkflowID(_draw_id(job)), SetEnqueueOptions(priority=job.turn):
                await DBOS.enqueue_workflow_async(DRAW, self._draw, job.id)

        await self._patience.wait_out(enqueue)

    async def cancel(self, job: Job) -> bool:
        if not await self._ledger.cancelled(job.id):
            return False
        # The drawing stops within a denoising step; DBOS would look once a second.
        self._pulse.stop(job.id)
        with suppress(dbos_errors.DBOSException):
            await DBOS.cancel_workflow_async(_draw_id(job))
        self._pulse.stir(job.id)
        return True

    async def status(self, job_id: int) -> State | None:
        job = await self._ledger.job(job_id)
        return None if job is None else job.state

    def progress(self, job_id: int) -> Progress | None:
        return self._pulse.progress(job_id)

    async def subscribe(self, job_id: int) -> AsyncIterator[Snapshot]:
        last: Snapshot | None = None
        with self._pulse.listening(job_id) as changed:
            while True:
                changed.clear()
                state = await self.status(job_id)
                if state is None:
                    return
                ahead = await self._ledger.ahead(job_id) if state is State.QUEUED else 0
                snapshot = Snapshot(state, ahead, self.progress(job_id))
                if snapshot != last:
                    last = snapshot
                    yield snapshot
                if state.final:
                    return
                # The place in the queue changes without a word from this job.
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), 1.0)

    async def purge(self, before: datetime) -> int:
        """Delete workflows that ended before; returns how many. DBOS keeps them for ever otherwise."""
        deleted = 0
        while ended := await DBOS.list_workflows_async(
            status=list(ENDED),
            completed_before=before.isoformat(),
            limit=PURGED_AT_ONCE,
            load_input=False,
            load_output=False,
        ):
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
            deleted += len(ended)
        return deleted

    def _register(self) -> None:
        work = self._work

        @DBOS.step(
            name="draw",
            preemptible=True,
            retries_allowed=True,
            max_attempts=3,
            interval_seconds=1.0,
            backoff_rate=3.0,
        )
        async def draw_step(job_id: int) -> str:
            with self._step():
                return str(await work.draw(job_id))

        @DBOS.step(name="give up")
        async def give_up_step(job_id: int, problem: str) -> None:
            await work.give_up(job_id, problem)

        @DBOS.step(
            name="bring", retries_allowed=True, max_attempts=14, interval_seconds=1.0, backoff_rate=2.0
        )
        async def bring_step(job_id: int) -> None:
            with self._step():
                await work.bring(job_id)

        portable = WorkflowSerializationFormat.PORTABLE

        @DBOS.workflow(name=BRING, max_recovery_attempts=10, serialization_type=portable)
        async def bring(job_id: int) -> None:
            with self._living():
                try:
                    await bring_step(job_id)
                except Exception as error:  # after hours of trying
                    if fault_of(error):  # it was brought; that cannot be written down
                        raise
                    log.error("bringing failed", job=job_id, exc_info=error)
                    await give_up_step(job_id, UNREACHABLE)

        @DBOS.workflow(name="bury", max_recovery_attempts=10, serialization_type=portable)
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
                    if fault_of(error):  # it was drawn; that cannot be written down
                        raise
                    log.error("drawing failed", job=job_id, exc_info=error)
                    await give_up_step(job_id, UNAVAILABLE)
                    state = State.FAILED
                if state != State.CANCELLED:
                    with SetWorkflowID(f"{DBOS.workflow_id}-bring"):
                        await DBOS.enqueue_workflow_async(BRING, bring, job_id)
                return str(state)

        self._draw = draw
        self._bury = bury

    @contextmanager
    def _living(self) -> Iterator[None]:
        """Remember which workflows run here, so that those that fell over are found."""
        name = DBOS.workflow_id
        assert name is not None
        self._alive.add(name)
        try:
            yield
        finally:
            self._alive.discard(name)

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Remember the task that runs a step, so that `stop` can end it."""
        task = asyncio.current_task()
        assert task is not None
        self._steps.add(task)
        try:
            yield
        finally:
            self._steps.discard(task)

    async def _keep_reconciling(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            try:
                await self._reconcile([State.DRAWING])
                await self._revive()
            except Exception:
                log.exception("reconciling failed")

    async def _reconcile(self, states: Sequence[State] = WAITING) -> None:
        """Make ledger and DBOS agree: submit what it does not know, give up what it has parked."""
        for job in await self._ledger.jobs_in(states):
            status = await DBOS.get_workflow_status_async(_draw_id(job))
            if status is None:
                await self.submit(job)
            elif status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
                with SetWorkflowID(f"{_draw_id(job)}-bury"):
                    await DBOS.enqueue_workflow_async(BRING, self._bury, job.id)

    async def _revive(self) -> None:
        """Set workflows going again that fell over because DBOS could not write down how far they were."""
        failed = await self._of_jobs("ERROR")
        dead = await self._of_jobs("PENDING") - self._alive
        again = failed | (dead & self._dead)
        self._dead = dead - again
        for name in again:
            log.warning("workflow goes on", workflow=name)
            await DBOS.resume_workflow_async(name, queue_name=BRING if name.endswith(AFTERWARDS) else DRAW)

    async def _of_jobs(self, status: str) -> set[str]:
        found = await DBOS.list_workflows_async(
            status=status, workflow_id_prefix="tg-", load_input=False, load_output=False
        )
        return {workflow.workflow_id for workflow in found}


def _draw_id(job: Job) -> str:
    return f"tg-{job.update_id}"


def _prepare_file(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
