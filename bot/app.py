"""The one place where the parts meet: database, studio, job engine, conversations, Telegram.

Nothing here decides anything; it builds, starts in order, and stops in the
opposite order.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from aiogram import Bot, Dispatcher, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BotCommand, Update

from bot.chat import phrases
from bot.chat.acquaintance import Acquaintance
from bot.chat.board import Board
from bot.chat.cancel import cancel_router
from bot.chat.courier import TelegramCourier
from bot.chat.create import Create
from bot.chat.manners import manners_router
from bot.chat.speech import Speech
from bot.chat.start import start_router
from bot.i18n import Catalogues, open_catalogues
from bot.jobs.desk import Desk
from bot.jobs.engine import DbosJobs
from bot.jobs.pulse import Pulse
from bot.jobs.work import Work
from bot.polling import Polling
from bot.settings import Settings, SettingsError
from bot.store.database import Database
from bot.store.files import Shelf
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.telegram import open_bot
from generation.request import BadRequest
from generation.studio import Studio

log = structlog.stdlib.get_logger(__name__)

PATIENCE_SECONDS = 10
"""At shutdown running drawings may end by themselves for so long; the rest is drawn after the next start."""


class Memory:
    """The database and the folders of one DATA_DIR."""

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.database_url)
        self.journal = Journal(self.database)
        self.ledger = Ledger(self.database)
        self.pictures = Shelf(settings.data_dir / "pictures", ".png")
        self.photos = Shelf(settings.data_dir / "photos", ".png")


def build_dispatcher(
    memory: Memory, catalogues: Catalogues, desk: Desk, board: Board, courier: TelegramCourier
) -> Dispatcher:
    """All conversations, in the order in which they are asked."""
    speech = Speech(memory.journal)
    create = Create(
        desk=desk,
        journal=memory.journal,
        ledger=memory.ledger,
        photos=memory.photos,
        board=board,
        courier=courier,
        speech=speech,
    )
    private = Router(name="private")
    private.message.filter(F.chat.type == ChatType.PRIVATE)
    private.message.middleware(Acquaintance(catalogues, memory.journal))
    private.include_routers(start_router(), cancel_router(), create.router(), manners_router())
    dispatcher = Dispatcher(disable_fsm=True, desk=desk, courier=courier, speech=speech)
    dispatcher.include_router(private)
    return dispatcher


@asynccontextmanager
async def assemble(settings: Settings, studio: Studio, bot: Bot) -> AsyncIterator[Polling]:
    """Everything built and started but the polling itself; stopped in good order at the end."""
    memory = Memory(settings)
    catalogues = open_catalogues(settings.default_language)
    pulse = Pulse()
    courier = TelegramCourier(bot, catalogues, memory.pictures, memory.journal)
    work = Work(memory.ledger, studio, courier, pulse, pictures=memory.pictures, photos=memory.photos)
    jobs = DbosJobs(settings.jobs_file, work, memory.ledger, pulse)
    board = Board(bot, catalogues, memory.ledger, jobs)
    dispatcher = build_dispatcher(
        memory, catalogues, Desk(memory.journal, memory.ledger, jobs), board, courier
    )

    async def on_failure(update: Update) -> None:
        if update.message is not None and update.message.from_user is not None:
            language = catalogues.choose(update.message.from_user.language_code, update.message.text)
            with catalogues.speaking(language):
                await update.message.answer(phrases.went_wrong())

    polling = Polling(bot, dispatcher, memory.journal, on_failure)
    async with AsyncExitStack() as last:
        last.push_async_callback(memory.database.close)
        await memory.database.migrate()
        last.push_async_callback(studio.close)
        await studio.start()
        last.push_async_callback(jobs.stop, PATIENCE_SECONDS)
        await jobs.start()
        last.push_async_callback(board.stop)
        board.start()
        naming = asyncio.create_task(_name_commands(bot, catalogues))
        last.push_async_callback(_cancel, naming)
        last.push_async_callback(polling.drain, 2.0)
        yield polling


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """The bot until `stop` is set; raises SettingsError when it cannot start with these settings."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(settings.data_dir):
        studio = open_studio(
            settings.model,
            adapters=settings.adapters,
            fuse=settings.adapters_fused,
            translator=settings.translator,
        )
        bot = open_bot(settings.bot_token.get_secret_value(), settings.telegram_api_url)
        try:
            async with assemble(settings, studio, bot) as polling:
                await _poll(polling, stop)
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


async def _poll(polling: Polling, stop: asyncio.Event) -> None:
    updates = asyncio.create_task(polling.run())
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


async def _name_commands(bot: Bot, catalogues: Catalogues) -> None:
    """The menu, in every language; a failure is no reason not to start."""
    for language in [None, *catalogues.available_locales]:
        with catalogues.speaking(language or catalogues.default_locale):
            commands = [
                BotCommand(command="start", description=phrases.start_command()),
                BotCommand(command="help", description=phrases.help_command()),
                BotCommand(command="cancel", description=phrases.cancel_command()),
            ]
        try:
            await bot.set_my_commands(commands, language_code=language)
        except TelegramAPIError as error:
            log.warning("menu not set", error=type(error).__name__)
            return
