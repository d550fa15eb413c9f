"""A broadcast under kill -9: everybody gets it, and at most one a second time for each kill."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.playground.faults import Fault
from bot.playground.server import TelegramServer
from bot.store.database import Database
from tests.e2e.process import BotProcess

READERS = 120
KILLS = 3


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(900)  # every start of the bot may take a minute on a busy machine
async def test_a_broadcast_survives_kill_9(tmp_path: Path) -> None:
    data = tmp_path / "data"
    database = Database(f"sqlite+aiosqlite:///{data / 'bot.sqlite3'}")
    await database.migrate()
    await database.close()
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    with sqlite3.connect(data / "bot.sqlite3") as connection:
        connection.executemany(
            "INSERT INTO users (id, first_name, language, created_at, seen_at) VALUES (?, 'N', 'ru', ?, ?)",
            [(number, now, now) for number in range(1, READERS + 1)],
        )
        connection.execute(
            "INSERT INTO broadcasts (operator_id, state, texts, created_at)"
            " VALUES (1, 'scheduled', '{\"ru\": \"Деним!\"}', ?)",
            (now,),
        )
    connection.close()
    async with TelegramServer() as telegram:
        people = [telegram.world.person(number) for number in range(1, READERS + 1)]
        telegram.faults.add(Fault("sendMessage", seconds=0.05))

        def copies() -> list[int]:
            return [sum("Деним!" in text for text in person.texts) for person in people]

        bot = BotProcess(telegram, tmp_path, ADMIN_IDS="1", QUIET_HOURS="0-0")
        await bot.start()
        try:
            for kill in range(1, KILLS + 1):
                await telegram.world.until(lambda kill=kill: sum(copies()) >= kill * READERS // (KILLS + 2))
                await bot.kill()
                await bot.start()
            report = await people[0].hears("отправлена")
            assert f"Отправлено: {READERS}" in report["text"]
        finally:
            await bot.kill()
        assert min(copies()) == 1
        assert sum(copies()) <= READERS + KILLS
