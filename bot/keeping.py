"""Keeps DATA_DIR within bounds: once a day what nobody needs any more is thrown away.

Updates that were worked off and workflows that ended, after a week; pictures
after as many days as the operator says. Knows neither users nor sentences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.store.archive import Archive
from bot.store.files import Shelf
from bot.store.journal import Journal
from bot.store.tables import now

log = structlog.stdlib.get_logger(__name__)

EVERY = timedelta(days=1)
RECORDS = timedelta(days=7)
"""Telegram repeats an update for a day at most (Bot API, "Getting updates"); then nobody asks for it."""


class Keeping:
    """picture_days 0: pictures are kept for ever. purge: of the job engine, removes what ended before."""

    def __init__(
        self,
        journal: Journal,
        archive: Archive,
        pictures: Shelf,
        purge: Callable[[datetime], Coroutine[Any, Any, int]],
        picture_days: int = 0,
    ) -> None:
        self._journal = journal
        self._archive = archive
        self._pictures = pictures
        self._purge = purge
        self._picture_days = picture_days
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def tidy(self, today: datetime) -> None:
        updates = await self._journal.forget_handled(today - RECORDS)
        workflows = await self._purge(today - RECORDS)
        pictures = []
        if self._picture_days:
            pictures = await self._archive.delete_drawn_before(today - timedelta(days=self._picture_days))
            for sha256 in pictures:
                await self._pictures.remove(sha256)
        log.info("tidied", updates=updates, workflows=workflows, pictures=len(pictures))

    async def _run(self) -> None:
        while True:
            try:
                await self.tidy(now())
            except Exception:
                log.exception("tidying failed")
            await asyncio.sleep(EVERY.total_seconds())
