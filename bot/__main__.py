"""`python -m bot`: the bot, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError

from bot.app import run
from bot.log import set_up_logging
from bot.settings import Settings, SettingsError, load_settings


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await run(settings, stop)


def main() -> int:
    try:
        settings = load_settings()
        set_up_logging(settings.bot_token.get_secret_value())
        asyncio.run(_run(settings))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (TelegramUnauthorizedError, TelegramNotFound):
        print("Telegram does not know BOT_TOKEN: take it anew from @BotFather.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
