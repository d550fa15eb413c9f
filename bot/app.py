"""The one place where the parts meet: database, studio, job engine, conversations, Telegram.

Nothing here decides anything; it builds, starts in order, and stops in the
opposite order.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramNetworkError, TelegramServerError
from aiogram.types import Update
from sqlalchemy.exc import SQLAlchemyError

from bot.alarm import Alarm
from bot.chat.board import Board
from bot.chat.courier import TelegramCourier
from bot.chat.eyes import Eyes
from bot.chat.routes import build_dispatcher, name_commands, say_it_went_wrong
from bot.i18n import open_catalogues
from bot.jobs.desk import Desk
from bot.jobs.engine import ALONE, BOT, DbosJobs
from bot.jobs.looking import FarEyes
from bot.jobs.presence import Watch
from bot.jobs.pulse import Pulse
from bot.jobs.reaper import Reaper
from bot.jobs.work import Work
from bot.keeping import Keeping
from bot.metrics import Metrics
from bot.operator.rooms import build_rooms
from bot.polling import Polling, chat_of, sender_of
from bot.sender.gate import Gone
from bot.settings import Settings, SettingsError
from bot.shelves import open_shelves
from bot.store.archive import Archive
from bot.store.campaigns import Campaigns
from bot.store.crew import Crew
from bot.store.database import Database
from bot.store.journal import Journal, Limits
from bot.store.ledger import Ledger
from bot.store.people import People
from bot.telegram import open_bot
from bot.web import WEBHOOK, Web
from generation.request import BadRequest
from generation.studio import Studio

log = structlog.stdlib.get_logger(__name__)

WEBHOOK_PAUSE = 5.0
PATIENCE_SECONDS = 10
"""At shutdown running drawings may end by themselves for so long; the rest is drawn after the next start."""
HANDOVER_SECONDS = 30.0
"""At the start on PostgreSQL the bot before this one may stop for so long."""


class Memory:
    """The database and the files that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.database_url)
        self.patience = self.database.patience
        self.journal = Journal(self.database)
        self.ledger = Ledger(self.database)
        self.people = People(self.database)
        self.archive = Archive(self.database)
        self.campaigns = Campaigns(self.database)
        self.crew = Crew(self.database)
        self.pictures, self.photos = open_shelves(settings, self.patience)


@dataclass(frozen=True, slots=True)
class House:
    """What takes updates in, and what looks after it."""

    polling: Polling
    web: Web


@asynccontextmanager
async def assemble(settings: Settings, studio: Studio | None, bot: Bot) -> AsyncIterator[House]:
    """Everything built and started but the polling itself; stopped in good order at the end.

    studio None: workers draw, on PostgreSQL.
    """
    memory = Memory(settings)
    bot.session.middleware(Gone(memory.ledger.user_blocked))
    catalogues = open_catalogues(settings.default_language)
    alarm = Alarm(bot, catalogues, memory.patience, settings.admin_ids)
    pulse = Pulse()
    courier = TelegramCourier(bot, catalogues, memory.pictures, memory.journal)
    work = Work(
        memory.ledger,
        studio,
        courier,
        pulse,
        pictures=memory.pictures,
        photos=memory.photos,
        archive=memory.archive,
        concerning=alarm.concerning,
    )
    role = BOT if studio is None else ALONE
    jobs = DbosJobs(settings.jobs_database, work, memory.ledger, pulse, role, patience=memory.patience)
    limits = Limits(settings.wishes_at_once, settings.pictures_a_day, settings.queue_limit)
    board = Board(bot, catalogues, memory.ledger, jobs)
    eyes = Eyes(bot, catalogues, studio or FarEyes(jobs, memory.photos), memory.photos)
    desk = Desk(memory.journal, memory.ledger, jobs, limits)
    operators = build_rooms(
        bot=bot,
        memory=memory,
        catalogues=catalogues,
        desk=desk,
        board=board,
        courier=courier,
        hours=settings.hours,
        admins=settings.admin_ids,
    )
    dispatcher = build_dispatcher(
        bot=bot,
        memory=memory,
        catalogues=catalogues,
        desk=desk,
        board=board,
        courier=courier,
        eyes=eyes,
        sizes=settings.picture_sizes,
        operators=settings.admin_ids,
        rooms=operators.routers,
    )

    async def on_failure(update: Update) -> None:
        await say_it_went_wrong(bot, catalogues, update)

    def concerning(payload: dict[str, Any]) -> AbstractContextManager[None]:
        sender = sender_of(payload)
        if sender is None:
            return nullcontext()
        return alarm.concerning(chat_of(payload), catalogues.choose(*sender))

    polling = Polling(bot, dispatcher, memory.journal, on_failure)
    polling.concerning = concerning
    metrics = Metrics(bot, memory.database)
    polling.took_in = metrics.took_in
    web = Web(memory.database, metrics, polling.receive, settings.webhook_secret.get_secret_value())
    async with AsyncExitStack() as last:
        last.push_async_callback(memory.database.close)
        last.push_async_callback(alarm.stop)
        alarm.start()
        try:
            if not await last.enter_async_context(memory.database.sole(HANDOVER_SECONDS)):
                raise SettingsError("Another bot is running on this DATABASE_URL: stop it first.")
        except (OSError, SQLAlchemyError) as error:
            raise SettingsError(f"DATABASE_URL cannot be used: {error}") from error
        await memory.database.migrate()
        if studio is not None:
            last.push_async_callback(studio.close)
            await studio.start()
        last.push_async_callback(jobs.stop, PATIENCE_SECONDS)
        await jobs.start()
        days = settings.pictures_kept_days
        tickers = [
            Keeping(memory.journal, memory.archive, memory.pictures, jobs.purge, days).ticker,
            board.ticker,
        ]
        if studio is None:
            tickers += [
                Watch(memory.crew, pulse, jobs.draws_at_once).ticker,
                Reaper(memory.crew, jobs).ticker,
            ]
        for ticker in tickers:
            last.push_async_callback(ticker.stop)
            ticker.start()
        last.push_async_callback(operators.mailing.stop)
        operators.mailing.start()
        last.push_async_callback(eyes.close)
        naming = asyncio.create_task(name_commands(bot, catalogues))
        last.push_async_callback(_cancel, naming)
        last.push_async_callback(polling.drain, 2.0)
        yield House(polling, web)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """The bot until `stop` is set; raises SettingsError when it cannot start with these settings."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(settings.data_dir):
        studio = None
        if not settings.many_machines:
            studio = open_studio(
                settings.model,
                adapters=settings.adapters,
                fuse=settings.adapters_fused,
                translator=settings.translator,
            )
        bot = open_bot(
            settings.bot_token.get_secret_value(), settings.telegram_api_url, settings.telegram_rate
        )
        try:
            async with assemble(settings, studio, bot) as house:
                await _serve(settings, bot, house, stop)
        except BadRequest as error:
            raise SettingsError(f"MODEL cannot be used: {error}") from error
        finally:
            await bot.session.close()


def open_studio(model: str, **extras: Any) -> Studio:
    """The studio in this process; its module, which brings torch, is loaded here and nowhere else."""
    from generation import worker

    return worker.open_studio(model, **extras)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Two bots on one DATA_DIR would take each other's work; the lock dies with the process."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(f"Another bot is running with DATA_DIR {folder}: stop it first.") from None
        yield


async def _serve(settings: Settings, bot: Bot, house: House, stop: asyncio.Event) -> None:
    """The bot's own port, if it is to have one; then updates, by webhook or by polling."""
    async with AsyncExitStack() as last:
        if settings.http_port:
            try:
                await last.enter_async_context(house.web.listening(settings.http_host, settings.http_port))
            except OSError as error:
                raise SettingsError(
                    f"HTTP_PORT {settings.http_port} cannot be listened on: {error.strerror}."
                ) from error
        if settings.webhook_url:
            await house.polling.recover()
            hanging = asyncio.create_task(_hang_webhook(settings, bot, house.polling.kinds))
            await _until(hanging, stop)
        else:
            await _until(asyncio.create_task(house.polling.run()), stop)


async def _hang_webhook(settings: Settings, bot: Bot, kinds: list[str]) -> None:
    """Tell Telegram where to bring updates, as often as it takes; then wait for ever."""
    url = settings.webhook_url.rstrip("/") + WEBHOOK
    secret = settings.webhook_secret.get_secret_value()
    while True:
        try:
            await bot.set_webhook(url, secret_token=secret, allowed_updates=kinds)
            break
        except TelegramBadRequest as error:
            raise SettingsError(f"Telegram does not take WEBHOOK_URL: {error.message}.") from error
        except (TelegramNetworkError, TelegramServerError) as error:
            log.warning("webhook not set", error=type(error).__name__, retry_in=WEBHOOK_PAUSE)
            await asyncio.sleep(WEBHOOK_PAUSE)
    await asyncio.Event().wait()


async def _until(updates: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Let updates come in until `stop` is set; raises what ends them before."""
    stopped = asyncio.create_task(stop.wait())
    log.info("ready")
    await asyncio.wait({updates, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if updates.done():
        await updates
    log.info("stopping")
    await _cancel(updates)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
