"""A process that only draws, on a machine of its own, for the bot that shares its database and its files.

It takes as many jobs as its studio has room for, says once a second how far
they are, and takes over from workers that die. It never talks to Telegram and
knows no token; `python -m generation.worker` brings the studio.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import AsyncExitStack, suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.jobs.engine import DbosJobs, worker
from bot.jobs.presence import Heartbeat
from bot.jobs.pulse import Pulse
from bot.jobs.reaper import Reaper
from bot.jobs.work import Work
from bot.premises import SettingsError, WorkerSettings
from bot.shelves import open_shelves
from bot.store.archive import Archive
from bot.store.crew import Crew
from bot.store.database import Database
from bot.store.ledger import Ledger
from generation.request import BadRequest
from generation.studio import Studio

log = structlog.stdlib.get_logger(__name__)

PICTURES_A_JOB = 2
"""What a wish asks for unless its user chose another number: so many rows of the studio one job fills."""
PATIENCE_SECONDS = 10
"""A leaving worker finishes what it can in so long; the rest goes back into the queue."""
CONNECTIONS = 2
"""To PostgreSQL, of the store: a worker writes a few rows a job and one a second."""
WAIT_SECONDS = 2.0


async def run(settings: WorkerSettings, studio: Studio, stop: asyncio.Event) -> None:
    """Draw until `stop` is set; raises SettingsError when it cannot start with these settings."""
    database = Database(settings.database_url, CONNECTIONS)
    pictures, photos = open_shelves(settings, database.patience)
    crew, ledger, pulse = Crew(database), Ledger(database), Pulse()
    name = f"{settings.worker_name or socket.gethostname()}-{secrets.token_hex(3)}"
    at_once = max(1, settings.rows // PICTURES_A_JOB)
    work = Work(ledger, studio, None, pulse, pictures=pictures, photos=photos, archive=Archive(database))
    role = worker(name, at_once)
    jobs = DbosJobs(settings.jobs_database, work, ledger, pulse, role, patience=database.patience)
    heartbeat = Heartbeat(crew, pulse, name, at_once, settings.model)
    reaper = Reaper(crew, jobs)
    async with AsyncExitStack() as last:
        last.push_async_callback(database.close)
        if not await _prepared(database, stop):
            return
        last.push_async_callback(studio.close)
        try:
            await studio.start()
        except BadRequest as error:
            raise SettingsError(f"MODEL cannot be used: {error}") from error
        await heartbeat.beat()
        last.push_async_callback(crew.leave, name)
        last.push_async_callback(heartbeat.ticker.stop)
        heartbeat.ticker.start()
        last.push_async_callback(jobs.stop, PATIENCE_SECONDS)
        await jobs.start()
        last.push_async_callback(reaper.ticker.stop)
        reaper.ticker.start()
        log.info("ready", worker=name, at_once=at_once)
        await stop.wait()
        log.info("stopping", worker=name)


async def _prepared(database: Database, stop: asyncio.Event) -> bool:
    """Wait until the bot has made the tables; False when stopped before."""
    said = False
    while not stop.is_set():
        try:
            if await database.is_current():
                return True
            reason = "its tables are not those of this version: start the bot"
        except (OSError, SQLAlchemyError) as error:
            reason = type(error).__name__
        if not said:
            said = True
            log.warning("waiting for the bot's database", reason=reason)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WAIT_SECONDS)
    return False
