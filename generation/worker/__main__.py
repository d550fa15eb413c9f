"""`python -m generation.worker`: draws for a bot on another machine, until SIGTERM or Ctrl-C.

The one place of this package that knows of the bot: here the studio meets the
queue (`bot.worker`), as in `bot.app` it meets the conversations.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from bot.log import set_up_logging
from bot.premises import SettingsError, WorkerSettings, read
from bot.worker import run
from generation.worker.local import open_studio


async def _until_stopped(settings: WorkerSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    studio = open_studio(
        settings.model,
        adapters=settings.adapters,
        fuse=settings.adapters_fused,
        translator=settings.translator,
        max_rows=settings.rows,
    )
    await run(settings, studio, stop)


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(
        prog="python -m generation.worker",
        description="Draws for a bot on another machine. DATABASE_URL (PostgreSQL) and PICTURES_URL are the"
        " bot's; MODEL, ROWS and WORKER_NAME this machine's. They come from the environment or .env, see"
        " .env.example.",
    ).parse_args(arguments)
    try:
        settings = read(WorkerSettings)
        set_up_logging()
        asyncio.run(_until_stopped(settings))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
