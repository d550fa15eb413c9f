"""Calls something again and again, for whoever has to look after things. Knows nothing of what it calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

log = structlog.stdlib.get_logger(__name__)


class Ticker:
    """At once and then every so many seconds; an error is logged, and the next call comes all the same."""

    def __init__(self, call: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        self._call = call
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._seconds
            try:
                await self._call()
            except Exception:
                log.exception("not done, to be tried again", what=self._call.__qualname__)
            await asyncio.sleep(max(0.0, due - loop.time()))
