"""A broadcast under kill -9: everybody gets it, and at most one a second time for each kill."""

from __future__ import annotations

import asyncio
import os
import random
import re
import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.playground.params import Params
from bot.playground.server import TelegramServer
from bot.store.database import Database
from tests.e2e.process import BotProcess

READERS = int(os.environ.get("BROADCAST_READERS", "100000"))
"""Of the long form."""
TEXT = "Деним!"
OPERATOR = 1
BLOCKED = 50
"""Every so many-th has blocked the bot; Telegram is the first to know."""
UNWILLING = 7
"""Every so many-th of the last tenth says no after the recipients were fixed."""


class Postbox(TelegramServer):
    """Counts by reader how often the broadcast came."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: Counter[int] = Counter()
        self.total = 0

    async def call(self, name: str, params: Params) -> Any:
        result = await super().call(name, params)
        if name == "sendMessage" and params["text"] == TEXT:
            self.copies[int(params["chat_id"])] += 1
            self.total += 1
        return result

    async def reaches(self, messages: int, patience: float) -> None:
        """`world.until` would look after every single call."""
        async with asyncio.timeout(patience):
            while self.total < messages:  # noqa: ASYNC110 - counted where the calls arrive
                await asyncio.sleep(0.01)


async def _trial(folder: Path, *, readers: int, kills: int, seed: int, patience: float) -> None:
    """A broadcast to so many at full speed; at as many random moments the bot is killed and begins again."""
    dice = random.Random(seed)
    moments = sorted(dice.uniform(0.02, 0.95) * readers for _ in range(kills))
    unwilling = {number for number in range(readers * 9 // 10, readers) if number % UNWILLING == 0}
    await _prepare(folder / "data", readers)
    async with Postbox() as telegram:
        operator, *_ = (telegram.world.person(number) for number in range(1, readers + 1))
        blocked = set(range(BLOCKED, readers + 1, BLOCKED))
        for number in blocked:
            telegram.world.chats[number].blocked = True
        # a hundred times Telegram's limits: the gate counts, and is not what is waited for
        bot = BotProcess(telegram, folder, ADMIN_IDS=str(OPERATOR), QUIET_HOURS="0-0", TELEGRAM_RATE="100")
        began = time.monotonic()
        await bot.start()
        try:
            await telegram.reaches(1, patience)
            _write(
                folder,
                "UPDATE users SET trends_off_at = seen_at WHERE id IN (SELECT value FROM json_each(?))",
                str(sorted(unwilling)),
            )
            for moment in moments:
                await telegram.reaches(int(moment), patience)
                await asyncio.sleep(dice.uniform(0.0, 0.05))
                await bot.kill()
                await bot.start()
            report = (await operator.hears("отправлена", timeout=patience))["text"]
            took = time.monotonic() - began
        finally:
            await bot.kill()
        fates = dict(_read(folder, "SELECT state, count(*) FROM recipients GROUP BY state"))
        twice = telegram.total - len(telegram.copies)
        print(f"{readers} readers, {kills} kills, {took:.0f} s: {fates}; {twice} came twice")
        skipped = unwilling - blocked
        willing = set(range(1, readers + 1)) - blocked - skipped
        # whoever had said no by then may have been reached before
        assert willing <= telegram.copies.keys() <= willing | skipped
        assert max(telegram.copies.values()) <= 2 and twice <= kills
        assert sum(fates.values()) == readers
        told = [int(number) for number in re.findall(r": (\d+)$", report, re.MULTILINE)][:4]
        assert f"Готово {readers} из {readers}" in report
        assert told == [fates.get(fate, 0) for fate in ("sent", "gone", "skipped", "failed")]
        assert fates["sent"] == len(telegram.copies)


async def _prepare(data: Path, readers: int) -> None:
    """Users, and a broadcast that is due."""
    database = Database(f"sqlite+aiosqlite:///{data / 'bot.sqlite3'}")
    await database.migrate()
    await database.close()
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    connection = sqlite3.connect(data / "bot.sqlite3")
    with connection:
        connection.executemany(
            "INSERT INTO users (id, first_name, language, created_at, seen_at) VALUES (?, 'N', 'ru', ?, ?)",
            [(number, now, now) for number in range(1, readers + 1)],
        )
        connection.execute(
            "INSERT INTO broadcasts (operator_id, state, texts, created_at) VALUES (?, 'scheduled', ?, ?)",
            (OPERATOR, f'{{"ru": "{TEXT}"}}', now),
        )
    connection.close()


def _write(folder: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(folder / "data" / "bot.sqlite3", timeout=30)
    with connection:
        connection.execute(statement, values)
    connection.close()


def _read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "data" / "bot.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.timeout(900)  # every start of the bot may take a minute on a busy machine
async def test_a_broadcast_survives_kill_9(tmp_path: Path) -> None:
    await _trial(tmp_path, readers=1_000, kills=3, seed=1, patience=300)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_a_hundred_thousand_readers_and_ten_kills(tmp_path: Path) -> None:
    await _trial(tmp_path, readers=READERS, kills=10, seed=2, patience=3_600)
