"""`python -m tests.e2e.measure_fleet`: what bot and workers cost PostgreSQL, how fast one replaces another.

Real processes, a real server (`tests.postgres`), a painter for a studio, the
small Telegram for Telegram. Prints transactions and connections, idle and at
work, the rate of wishes, and the seconds between the kill of a worker and the
next one's start with its job. What is timed depends on the machine; what is
counted does not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.playground.server import TelegramServer
from tests.e2e.fleet import Fleet
from tests.postgres import database, server

IDLE_SECONDS = 20.0
KILLS = 3
"""As many as one job survives."""


async def _transactions(fleet: Fleet) -> int:
    query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    await asyncio.sleep(1.5)  # the statistics are a second behind
    return int((await fleet.rows(query))[0][0])


async def _connections(fleet: Fleet) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    return int((await fleet.rows(query))[0][0])


async def _idle(fleet: Fleet, seconds: float) -> float:
    began, before = time.monotonic(), await _transactions(fleet)
    await asyncio.sleep(seconds)
    return (await _transactions(fleet) - before) / (time.monotonic() - began)


async def measure(url: str, folder: Path, workers: int, wishes: int, seconds: float) -> None:
    async with (
        TelegramServer() as telegram,
        Fleet(telegram, url, folder, PAINTER_PAUSE="0.02", ROWS="8", WISHES_AT_ONCE="0") as fleet,
    ):
        await fleet.bot.start()
        bot_idle, bot_connections = await _idle(fleet, seconds), await _connections(fleet)
        print(f"bot alone: {bot_idle:.1f} transactions/s, {bot_connections} connections", flush=True)
        names = [f"w{number}" for number in range(workers)]
        await asyncio.gather(*(fleet.join(name) for name in names))
        await fleet.present(*names)
        all_idle, all_connections = await _idle(fleet, seconds), await _connections(fleet)
        print(
            f"{workers} idle workers: {(all_idle - bot_idle) / workers:.1f} transactions/s and"
            f" {(all_connections - bot_connections) / workers:.1f} connections each",
            flush=True,
        )
        people = [telegram.world.person(number, language_code="en") for number in range(1, wishes + 1)]
        before, began = await _transactions(fleet), time.monotonic()
        for person in people:
            person.write("a red dress")
        await telegram.world.until(lambda: all(len(person.pictures) == 2 for person in people), timeout=3000)
        took = time.monotonic() - began
        spent = await _transactions(fleet) - before
        busy = await _connections(fleet)
        print(
            f"{wishes} wishes at once: {wishes / took:.1f} wishes/s, {spent / wishes:.0f} transactions a wish"
            f" ({(spent - all_idle * took) / wishes:.0f} beyond the idle ones), {busy} connections",
            flush=True,
        )
        slow = [f"s{number}" for number in range(KILLS + 1)]
        await asyncio.gather(*(fleet.join(name, PAINTER_PAUSE="2") for name in slow))
        await fleet.present(*slow)
        await asyncio.gather(*(fleet.workers.pop(name).terminate(300) for name in names))
        anna = telegram.world.person(wishes + 1)
        anna.write("красное платье")
        delays = [await _taken_over(fleet) for _ in range(KILLS)]
        print("taken over after", ", ".join(f"{delay:.1f} s" for delay in delays), flush=True)
        await anna.gets_pictures(2, timeout=300)


async def _taken_over(fleet: Fleet) -> float:
    """Kill the worker that draws; seconds until another begins with its job."""
    victim = await fleet.drawing()
    killed = datetime.now(UTC).replace(tzinfo=None)
    await fleet.workers.pop(victim).kill()
    while True:
        [(began,)] = await fleet.rows("SELECT max(started_at) FROM jobs")
        if began > killed:
            return float((began - killed).total_seconds())
        await asyncio.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.measure_fleet", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--wishes", type=int, default=200)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    options = parser.parse_args()
    with server() as running, database(running) as url, tempfile.TemporaryDirectory() as folder:
        print(f"Python {sys.version.split()[0]}, PostgreSQL at {running.host or 'a socket'}")
        asyncio.run(measure(url, Path(folder), options.workers, options.wishes, options.idle_seconds))


if __name__ == "__main__":
    main()
