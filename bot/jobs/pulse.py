"""What happens to jobs right now: progress, drawings that can be stopped here, and who listens.

Progress is that of this process' drawings, or what was heard of workers on
other machines. All of it is gone when the process is; what must not be lost
is in the ledger. Knows no database and no engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from generation.request import Progress


class Pulse:
    def __init__(self) -> None:
        self._progress: dict[int, Progress] = {}
        self._drawings: dict[int, asyncio.Task[Any]] = {}
        self._listeners: dict[int, set[asyncio.Event]] = {}

    def report(self, job_id: int, progress: Progress) -> None:
        self._progress[job_id] = progress
        self.stir(job_id)

    def progress(self, job_id: int) -> Progress | None:
        return self._progress.get(job_id)

    def hear(self, progress: Mapping[int, Progress]) -> None:
        """How far all drawings on other machines are."""
        before, self._progress = self._progress, dict(progress)
        for job_id in before.keys() | progress.keys():
            if before.get(job_id) != progress.get(job_id):
                self.stir(job_id)

    @property
    def drawings(self) -> dict[int, Progress]:
        """What this process draws, and how far it is."""
        return {job_id: self._progress.get(job_id, Progress(0, 0)) for job_id in self._drawings}

    @contextmanager
    def drawing(self, job_id: int, task: asyncio.Task[Any]) -> Iterator[None]:
        """While the block runs, `stop` cancels the task."""
        self._drawings[job_id] = task
        try:
            yield
        finally:
            self._drawings.pop(job_id, None)
            self._progress.pop(job_id, None)
            self.stir(job_id)

    def stop(self, job_id: int) -> None:
        task = self._drawings.get(job_id)
        if task is not None:
            task.cancel()

    def stir(self, job_id: int) -> None:
        """Wake whoever listens to the job."""
        for event in self._listeners.get(job_id, ()):
            event.set()

    @contextmanager
    def listening(self, job_id: int) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._listeners.setdefault(job_id, set()).add(event)
        try:
            yield event
        finally:
            listeners = self._listeners[job_id]
            listeners.discard(event)
            if not listeners:
                del self._listeners[job_id]
