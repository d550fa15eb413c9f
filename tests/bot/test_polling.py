"""Updates: stored before they are confirmed, worked off after a crash, in order within a chat."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from bot.playground.params import Params
from bot.playground.server import TelegramServer
from bot.store.database import Database
from bot.store.journal import Journal
from tests.bot.house import running, settings
from tests.bot.painter import Painter


class Witness(TelegramServer):
    """Looks into the bot's database whenever updates are confirmed."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.database = database
        self.confirmed: list[int] = []
        self.lost: list[int] = []

    async def call(self, name: str, params: Params) -> Any:
        if name == "getUpdates":
            self._look(params.get("offset", 0))
        return await super().call(name, params)

    def _look(self, offset: int) -> None:
        confirmed = [u["update_id"] for u in self.world.updates if u["update_id"] < offset]
        if confirmed:
            connection = sqlite3.connect(self.database)
            try:
                stored = {row[0] for row in connection.execute("SELECT update_id FROM updates")}
            finally:
                connection.close()
            self.confirmed += confirmed
            self.lost += [update_id for update_id in confirmed if update_id not in stored]


async def test_nothing_is_confirmed_before_it_is_stored(tmp_path: Path) -> None:
    async with Witness(tmp_path / "bot.sqlite3") as telegram, running(telegram, tmp_path, Painter()):
        people = [telegram.world.person(number, language_code="en") for number in range(1, 21)]
        for person in people:
            person.write("/help")
            person.write("hello")
        telegram.world.push(message={"unknown": "form"})
        for person in people:
            await person.hears("What shall I draw?")
            assert "What I can do" in person.texts[0]
        await telegram.world.until(lambda: len(telegram.confirmed) == 41)
    assert telegram.lost == []


async def test_what_was_stored_and_not_worked_off_is_worked_off_at_the_start(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        anna = telegram.world.person(1)
        anna.write("платье")
        database = Database(settings(tmp_path).database_url)
        await database.migrate()
        assert len(await Journal(database).take_in(telegram.world.updates)) == 1
        await database.close()
        telegram.world.updates.clear()  # confirmed, and then the process died
        async with running(telegram, tmp_path, Painter()):
            await anna.gets_pictures(2)


async def test_a_webhook_of_an_earlier_life_is_taken_away(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        telegram.world.webhook = {"url": "http://127.0.0.1:9/telegram", "secret_token": ""}
        async with running(telegram, tmp_path, Painter()):
            anna = telegram.world.person(1)
            anna.write("/help")
            await telegram.world.until(lambda: anna.texts)
    assert telegram.world.webhook == {}
