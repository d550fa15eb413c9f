"""What photos show, asked of a worker on another machine."""

from __future__ import annotations

from collections.abc import Sequence

from bot.jobs.engine import DbosJobs
from bot.store.files import Shelf
from generation.vocabulary import Wish


class FarEyes:
    """Has `describe` as a Studio has it; TimeoutError when no worker has the time."""

    def __init__(self, jobs: DbosJobs, photos: Shelf) -> None:
        self._jobs = jobs
        self._photos = photos

    async def describe(self, photos: Sequence[bytes]) -> Wish:
        names = [await self._photos.put(photo) for photo in photos]
        return Wish(**await self._jobs.look(names))
