"""`python -m bot --playground`: the bot, a Telegram of its own and a chat page, in one process.

The bot is the same as ever, with the same handlers, HTTP client and tables;
only its server is here. All data lie in DATA_DIR/playground, apart from those
of a real bot, whose people the playground must not meet.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys

from bot.app import run
from bot.playground.memory import Memory
from bot.playground.pace import Pace
from bot.playground.page import ChatPage
from bot.playground.server import TOKEN, TelegramServer
from bot.settings import Settings, SettingsError, load_settings

FOLDER = "playground"


def playground_settings() -> Settings:
    """The operator's settings with a token, a server and a place of the playground's own."""
    usual = load_settings(bot_token=TOKEN)
    return load_settings(bot_token=TOKEN, data_dir=usual.data_dir / FOLDER, database_url="", pictures_url="")


async def play(settings: Settings, stop: asyncio.Event, *, port: int, fault: str = "") -> None:
    """Until `stop` is set; raises SettingsError when the port is taken or the bot cannot start."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    telegram = TelegramServer(TOKEN, port=port, pace=Pace())
    telegram.faults.switch(fault)
    ChatPage(telegram)
    async with contextlib.AsyncExitStack() as last:
        try:
            memory = Memory(settings.data_dir / "telegram")
            last.callback(memory.close)
            memory.recall(telegram.world)
            await last.enter_async_context(telegram)
        except sqlite3.Error as error:
            raise SettingsError(f"The playground cannot use {settings.data_dir}: {error}.") from error
        except OSError as error:
            raise SettingsError(
                f"The playground cannot listen on 127.0.0.1:{port} ({error.strerror}): "
                "stop what runs there, or choose another port with --port."
            ) from error
        print(
            f"Chat with the bot at {telegram.url} (only from this machine; Ctrl-C stops it).",
            file=sys.stderr,
            flush=True,
        )
        await run(settings.model_copy(update={"telegram_api_url": telegram.url}), stop)
