"""`python -m bot`: the bot, until SIGTERM or Ctrl-C; with `--playground` in a browser, without Telegram."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError

from bot.app import only_one, run
from bot.backup import back_up
from bot.log import set_up_logging
from bot.moving import move
from bot.premises import Premises, read
from bot.settings import Settings, SettingsError, load_settings

FAULTS = ("429", "slow", "offline")
"""As bot.playground.faults names them, which is not imported unless it is needed."""
Job = Callable[[Settings, asyncio.Event], Awaitable[None]]


async def _until_stopped(job: Job, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await job(settings, stop)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Lekalo, the stylist bot.")
    parser.add_argument(
        "--playground",
        action="store_true",
        help="chat with the bot in a browser; needs no token and no Telegram",
    )
    parser.add_argument("--port", type=int, default=8080, help="of the playground (default: 8080)")
    parser.add_argument(
        "--fault",
        choices=FAULTS,
        default="",
        help="rehearse: Telegram refuses every third call, answers late, or is not there",
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    backup = commands.add_parser("backup", help="copy the database to FILE, also while the bot runs")
    backup.add_argument("file", metavar="FILE", type=Path)
    moving = commands.add_parser(
        "migrate-db", help="move the database from SQLite to the empty PostgreSQL at DATABASE_URL"
    )
    moving.add_argument(
        "--source", metavar="FILE", type=Path, help="the SQLite file (default: bot.sqlite3 in DATA_DIR)"
    )
    options = parser.parse_args(arguments)
    if not options.playground and (options.fault or options.port != parser.get_default("port")):
        parser.error("--port and --fault go with --playground")
    return options


def _chosen(options: argparse.Namespace) -> tuple[Job, Settings]:
    """What is to run, with which settings; only the playground brings in its own modules."""
    if not options.playground:
        return run, load_settings()
    from bot.playground.run import play, playground_settings

    async def job(settings: Settings, stop: asyncio.Event) -> None:
        await play(settings, stop, port=options.port, fault=options.fault)

    return job, playground_settings()


def _move(premises: Premises, source: Path | None) -> None:
    file = source or premises.data_dir / "bot.sqlite3"
    with only_one(file.parent) if file.is_file() else nullcontext():
        asyncio.run(move(premises, file))


def main(arguments: list[str] | None = None) -> int:
    try:
        options = _options(arguments)
        if options.command == "backup":
            back_up(load_settings(), options.file)
            return 0
        if options.command == "migrate-db":
            _move(read(Premises), options.source)
            return 0
        job, settings = _chosen(options)
        set_up_logging(settings.bot_token.get_secret_value())
        asyncio.run(_until_stopped(job, settings))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (TelegramUnauthorizedError, TelegramNotFound):
        print("Telegram does not know BOT_TOKEN: take it anew from @BotFather.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
