"""A bot and its workers as processes around one PostgreSQL, and what they have written there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from bot.jobs.presence import lives
from bot.playground.server import TelegramServer
from bot.store.crew import Crew, Worker
from bot.store.database import Database
from tests.e2e.process import BotProcess, Process


class Fleet:
    """`async with Fleet(telegram, url, folder)`; what still runs at the end is killed."""

    def __init__(self, telegram: TelegramServer, url: str, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._environment = {"DATABASE_URL": url, "ROWS": "4", **environment}
        self.bot = BotProcess(telegram, folder, **self._environment)
        self.workers: dict[str, Process] = {}
        self._database = Database(url, 2)
        self._crew = Crew(self._database)

    async def join(self, name: str, **environment: str) -> None:
        """Start a worker, and do not wait for it."""
        self.workers[name] = worker = Process(
            self._folder,
            "tests.e2e.painted_worker",
            f"{name}.log",
            **{**self._environment, "WORKER_NAME": name, **environment},
        )
        await worker.launch()

    async def present(self, *names: str) -> None:
        await self.until(lambda crew: {name.rpartition("-")[0] for name in crew} >= set(names))

    async def crew(self) -> dict[str, Worker]:
        """Workers that live, as far as the database knows, of those that were started and not taken away."""
        return {
            worker.name: worker
            for worker in await self._crew.all()
            if lives(worker) and worker.name.rpartition("-")[0] in self.workers
        }

    async def drawing(self, *, jobs: int = 1) -> str:
        """A worker that draws so many jobs, as soon as there is one."""
        crew = await self.until(lambda crew: any(len(worker.drawings) >= jobs for worker in crew.values()))
        busiest = max(crew.values(), key=lambda worker: len(worker.drawings))
        return busiest.name.rpartition("-")[0]

    async def idle(self) -> None:
        """Nobody draws, as far as the database knows."""
        await self.until(lambda crew: not any(worker.drawings for worker in crew.values()))

    async def until(
        self, holds: Callable[[dict[str, Worker]], bool], timeout: float = 180.0
    ) -> dict[str, Worker]:
        async with asyncio.timeout(timeout):
            while not holds(crew := await self.crew()):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(0.1)
            return crew

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self._database.reading() as connection:
            return [tuple(row) for row in await connection.execute(sa.text(query))]

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()}" for path in self._folder.glob("*log"))

    async def __aenter__(self) -> Fleet:
        """The bot makes the tables; workers that started earlier wait for them."""
        await self._database.migrate()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self.bot, *self.workers.values()):
            if process.launched:
                await process.kill()
        await self._database.close()
        if error is not None:
            error.add_note(self.logs())
