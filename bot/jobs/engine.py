"""`Jobs` on DBOS: a workflow per wish, in a SQLite file of its own or in the bot's PostgreSQL.

Each workflow (`bot.jobs.workflows`) waits in a queue: "draw" (as many at once
as the studio takes) and "bring" (which may wait for Telegram without holding
a place at the easel). Jobs are drawn in the order of their turns. On SQLite
one process serves both queues; on PostgreSQL workers draw and the bot brings,
and a third queue, "look", carries the question what a photo shows. What DBOS
needs to be told, and why:

- the file is put into WAL mode first, DBOS does not do it;
- `application_version` is a constant: by default every change of the code
  would leave the pending jobs behind. Change it with an incompatible change
  of the workflows only;
- `executor_id` of a bot is stable, so that a restarted process takes up its own jobs; a worker's is
  new every time, and others take over from it (`bot.jobs.reaper`);
- a process listens to the queues that it can serve, or it would take jobs that it has no hands for;
- the queues are there before it is launched: it looks for new ones once a second only;
- it is launched inside the running loop, so that the workflows share the loop
  of the Telegram session;
- the queues are looked at every 0.2 s.

Knows nothing of what the steps do (`bot.jobs.work`) nor of Telegram.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos import error as dbos_errors
from sqlalchemy.engine import URL

from bot.jobs.mending import Mender
from bot.jobs.port import Job, Snapshot, State
from bot.jobs.pulse import Pulse
from bot.jobs.work import Work
from bot.jobs.workflows import BRING, DRAW, LOOK, Workflows, draw_id, update_of
from bot.store.ledger import Ledger
from bot.store.patience import Patience
from generation.request import Progress

log = structlog.stdlib.get_logger(__name__)

APPLICATION = "lekalo"
VERSION = "1"
POLL_SECONDS = 0.2
ENDING_SECONDS, ENDING_LOOKS = 0.3, 10
"""So long what is being written down may take when the engine ends, and how often that is looked at."""
AT_ONCE = 2
"""Jobs in the studio at the same time; the others wait in the queue."""
BRINGING_AT_ONCE = 20
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
PURGED_AT_ONCE = 500
LOOKS_AT_ONCE = 4
LOOK_POLL_SECONDS = 0.5
LOOK_SECONDS = 30.0
"""Nobody waits longer to hear what a photo shows; the question about it stands without."""
WORKERS_CONNECTIONS = 4
"""To PostgreSQL, of a worker's engine; with its store and one listener a worker has 7 at the most."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a process does. at_once: jobs that it draws side by side."""

    executor: str
    draws: bool
    brings: bool
    at_once: int = AT_ONCE

    @property
    def queues(self) -> list[str]:
        if self.draws and self.brings:
            return [DRAW, BRING]  # the studio is here: it is asked without a queue
        return [DRAW, LOOK] if self.draws else [BRING]


ALONE = Role("bot", draws=True, brings=True)
BOT = Role("bot", draws=False, brings=True)


def worker(name: str, at_once: int) -> Role:
    return Role(name, draws=True, brings=False, at_once=at_once)


class DbosJobs:
    """One per process (DBOS itself is a singleton); `start` inside the running loop, then `stop`."""

    def __init__(
        self,
        database: Path | str,
        work: Work,
        ledger: Ledger,
        pulse: Pulse,
        role: Role = ALONE,
        *,
        patience: Patience | None = None,
    ) -> None:
        """database: a file for SQLite, or PostgreSQL's URL."""
        self._file = database if isinstance(database, Path) else None
        self._url = (
            URL.create("sqlite", database=str(database)).render_as_string()
            if isinstance(database, Path)
            else database
        )
        self._ledger = ledger
        self._pulse = pulse
        self._role = role
        self._at_once = role.at_once
        self._patience = patience or Patience()
        self._workflows = Workflows(work)
        self._mender = Mender(ledger, self._workflows, self.submit, role.executor, of_all=role.brings)

    @property
    def at_once(self) -> int:
        return self._at_once

    def draws_at_once(self, jobs: int) -> None:
        """So many are drawn side by side by all workers together."""
        self._at_once = jobs

    async def start(self) -> None:
        if self._file is not None:
            await asyncio.to_thread(_prepare_file, self._file)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": self._role.executor,
            "log_level": "WARNING",
            # nobody waits for DBOS's notifications, but its end waits for their listener
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
        if not self._role.brings:
            config["sys_db_pool_size"] = WORKERS_CONNECTIONS
        await asyncio.to_thread(self._open_queues)
        DBOS(config=config)
        self._workflows.register()
        DBOS.listen_queues(self._role.queues)
        DBOS.launch()
        if self._role.brings:
            await self._mender.reconcile()
        self._mender.ticker.start()

    def _open_queues(self) -> None:
        DBOS.migrate(self._url)
        client = DBOSClient(system_database_url=self._url, application_name=APPLICATION)
        try:
            client.register_queue(
                DRAW,
                worker_concurrency=self._role.at_once,
                polling_interval_sec=POLL_SECONDS,
                # how much a worker takes is for the workers to say
                on_conflict="always_update" if self._role.draws else "never_update",
            )
            client.register_queue(
                BRING, worker_concurrency=BRINGING_AT_ONCE, polling_interval_sec=POLL_SECONDS
            )
            if self._role is not ALONE:
                client.register_queue(
                    LOOK, worker_concurrency=LOOKS_AT_ONCE, polling_interval_sec=LOOK_POLL_SECONDS
                )
        finally:
            client.destroy()

    async def stop(self, patience: int = 0) -> None:
        """Begin nothing new, wait up to `patience` seconds for what runs; the rest is the next start's."""
        await self._mender.ticker.stop()
        loop = asyncio.get_running_loop()
        # DBOS waits a second at the least where it may wait at all, also for what ends just now
        wait = patience + 3 if await self._busy() else 0
        with ThreadPoolExecutor(1) as thread:
            end = loop.run_in_executor(
                thread, lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=wait)
            )
            await asyncio.wait({end}, timeout=patience)
            for step in self._workflows.steps:
                step.cancel()
            await end
            if not self._role.brings:
                await loop.run_in_executor(thread, self._hand_back)
        # DBOS lent the loop its threads and took them away.
        loop.set_default_executor(ThreadPoolExecutor())

    async def _busy(self) -> bool:
        """Whether workflows run here, after a moment for those that end anyway."""
        for _ in range(ENDING_LOOKS):
            if not self._workflows.alive and not self._workflows.steps:
                return False
            await asyncio.sleep(ENDING_SECONDS / ENDING_LOOKS)
        return True

    def _hand_back(self) -> None:
        """Put what a leaving worker has not finished back into the queue, for the others to take at once."""
        client = DBOSClient(system_database_url=self._url, application_name=APPLICATION)
        try:
            own = client.list_workflows(
                status="PENDING", executor_id=self._role.executor, load_input=False, load_output=False
            )
            for queue in self._role.queues:
                if ids := [workflow.workflow_id for workflow in own if workflow.queue_name == queue]:
                    client.resume_workflows(ids, queue_name=queue)
            log.info("handed back", workflows=len(own))
        finally:
            client.destroy()

    async def submit(self, job: Job) -> None:
        await self._patience.wait_out(lambda: self._workflows.have_drawn(job))

    async def cancel(self, job: Job) -> bool:
        if not await self._ledger.cancelled(job.id):
            return False
        # The drawing stops within a denoising step; DBOS would look once a second.
        self._pulse.stop(job.id)
        with suppress(dbos_errors.DBOSException):
            await DBOS.cancel_workflow_async(draw_id(job))
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

    async def look(self, photos: Sequence[str]) -> dict[str, Any]:
        """What photos of the shelf show, asked of a worker. Raises TimeoutError when none has the time."""
        asked = await self._workflows.have_looked_at(list(photos))
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return dict(await asked.get_result(polling_interval_sec=POLL_SECONDS))
        except TimeoutError:
            with suppress(dbos_errors.DBOSException):
                await DBOS.cancel_workflow_async(asked.get_workflow_id())
            raise

    async def running(self) -> list[tuple[str, str, str]]:
        """Workflows of drawing and looking that a worker has: (id, queue, worker)."""
        running = await DBOS.list_workflows_async(
            status="PENDING", queue_name=[DRAW, LOOK], load_input=False, load_output=False
        )
        return [
            (workflow.workflow_id, str(workflow.queue_name), str(workflow.executor_id))
            for workflow in running
        ]

    async def take_over(self, workflow_id: str, queue: str) -> None:
        """Put a workflow whose worker is gone back into its queue."""
        await DBOS.resume_workflows_async([workflow_id], queue_name=queue)

    async def park(self, workflow_id: str, job_id: int | None) -> None:
        """Never run a workflow again; the owner of its job is told."""
        await DBOS.cancel_workflow_async(workflow_id)
        if job_id is not None:
            await self._workflows.have_buried(update_of(workflow_id), job_id)

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


def _prepare_file(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
