"""Keeps DATA_DIR within bounds: once a day what nobody needs any more is thrown away.

Updates that were worked off and workflows that ended, after a week; pictures
after as many days as the operator says. Knows neither users nor sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.store.archive import Archive
from bot.store.files import Shelf
from bot.store.journal import Journal
from bot.store.tables import now
from bot.ticker import Ticker

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
        self.ticker = Ticker(self._tidy_now, EVERY.total_seconds())

    async def tidy(self, today: datetime) -> None:
        updates = await self._journal.forget_handled(today - RECORDS)
        workflows = await self._purge(today - RECORDS)
        pictures = []
        if self._picture_days:
            pictures = await self._archive.delete_drawn_before(today - timedelta(days=self._picture_days))
            for sha256 in pictures:
                await self._pictures.remove(sha256)
        log.info("tidied", updates=updates, workflows=workflows, pictures=len(pictures))

    async def _tidy_now(self) -> None:
        await self.tidy(now())
