"""Disk full, database locked, pictures write-protected, clock set back: said, waited out, nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.playground.faults import Fault as Rehearsed
from bot.playground.person import Person
from bot.playground.server import TelegramServer
from bot.store import tables
from bot.store.database import Database
from bot.store.patience import Fault, Patience, fault_of
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.disks import fill, protect, small_disk

ADMIN = {"admin_ids": "9", "http_port": "0"}
WAITS = "Сейчас я ничего не могу записать"


def people(telegram: TelegramServer) -> tuple[Person, Person]:
    """A user, and an operator who has never written to the bot."""
    return telegram.world.person(1), telegram.world.person(9, "Boss", "en")


@contextmanager
def locked(*files: Path) -> Iterator[None]:
    """Another program holds the write locks."""
    connections = [sqlite3.connect(file, isolation_level=None, timeout=10) for file in files]
    try:
        for connection in connections:
            connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        for connection in connections:
            connection.close()


async def test_a_full_disk(tmp_path: Path) -> None:
    painter = Painter()
    with small_disk(tmp_path / "disk") as disk:
        async with TelegramServer() as telegram, running(telegram, disk, painter, **ADMIN):
            anna, boss = people(telegram)
            anna.write("/help")
            await anna.hears("Что я умею")
            ballast = fill(disk)
            anna.write("красное платье")
            anna.send_photo(jpeg(), "юбка")
            await boss.hears("The disk is full")
            await anna.hears(WAITS)
            ballast.unlink()
            await boss.hears("work again")
            await anna.gets_pictures(4)
            await _settled(anna)
            assert len(anna.pictures) == 4
            assert sum(WAITS in text for text in anna.texts) == len(boss.texts) - 1 == 1


async def test_a_disk_that_fills_while_it_is_drawn(tmp_path: Path) -> None:
    painter = Painter(pause=0.2)
    with small_disk(tmp_path / "disk") as disk:
        async with TelegramServer() as telegram, running(telegram, disk, painter, **ADMIN):
            anna, boss = people(telegram)
            anna.write("красное платье")
            await telegram.world.until(lambda: painter.requests)
            ballast = fill(disk)
            await boss.hears("The disk is full")
            await anna.hears(WAITS)
            ballast.unlink()
            await anna.gets_pictures(2)
            await _settled(anna)
            assert len(anna.pictures) == 2


async def test_a_locked_database(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter(), **ADMIN):
        anna, boss = people(telegram)
        anna.write("/help")
        await anna.hears("Что я умею")
        with locked(tmp_path / "bot.sqlite3", tmp_path / "jobs.sqlite3"):
            ten_seconds = asyncio.create_task(asyncio.sleep(10.0))
            anna.write("красное платье")
            await boss.hears("keeps the database locked")
            await anna.hears(WAITS)
            await ten_seconds
        await anna.gets_pictures(2)
        await boss.hears("work again")
        await _settled(anna)
        assert len(anna.pictures) == 2


async def test_pictures_that_cannot_be_written_are_kept_when_they_can(tmp_path: Path) -> None:
    painter = Painter()
    with small_disk(tmp_path / "pictures") as pictures:
        async with TelegramServer() as telegram, running(telegram, tmp_path, painter, **ADMIN):
            anna, boss = people(telegram)
            protect(pictures, True)
            anna.write("красное платье")
            await boss.hears("cannot be written to")
            await anna.hears(WAITS)
            protect(pictures, False)
            await anna.gets_pictures(2)
            assert len(painter.requests) == 1  # what was drawn was not drawn again


class Clock(datetime):
    """The wall clock, moved by `by`."""

    by = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + cls.by


async def test_a_clock_that_is_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "datetime", Clock)
    monkeypatch.setattr(Clock, "by", timedelta(0))
    painter = Painter(pause=0.3)
    async with (
        TelegramServer() as telegram,
        running(telegram, tmp_path, painter, **ADMIN, pictures_a_day="6"),
    ):
        anna, boss = people(telegram)
        anna.write("красное платье")
        await telegram.world.until(lambda: painter.requests)
        monkeypatch.setattr(Clock, "by", timedelta(hours=-3))
        await boss.hears("The clock was set back by 180 minutes.")
        await anna.gets_pictures(2)
        anna.write("а теперь в зелёном")
        await anna.gets_pictures(4)
        assert "зелён" in anna.pictures[-2]["caption"].lower()
        monkeypatch.setattr(Clock, "by", timedelta(0))
        await boss.hears("The clock was set forward by 180 minutes.")
        anna.write("/cancel")
        await anna.hears("Останавливать нечего")


async def test_what_waits_in_a_chat_at_the_end_is_answered_after_the_next_start(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        anna = telegram.world.person(1)
        async with running(telegram, tmp_path, Painter()):
            telegram.faults.add(Rehearsed("sendMessage", seconds=4.0))
            for _ in range(4):
                anna.write("/help")
            await telegram.world.until(lambda: telegram.called("sendMessage"))
        telegram.faults.switch("")
        rows = sqlite3.connect(tmp_path / "bot.sqlite3")
        try:  # nobody is to blame for a stop in good order
            assert rows.execute("SELECT max(attempts) FROM updates WHERE handled_at IS NULL").fetchone() == (
                0,
            )
        finally:
            rows.close()
        async with running(telegram, tmp_path, Painter()):
            await telegram.world.until(lambda: len(anna.texts) >= 4)
            await asyncio.sleep(1.0)
        assert {text[:11] for text in anna.texts} == {"Что я умею\n"}
        assert len(anna.texts) <= 5  # one was on its way when the bot was stopped


async def test_a_mistake_is_no_fault(database: Database) -> None:
    async def wrong() -> None:
        async with database.reading() as connection:
            await connection.exec_driver_sql("SELECT * FROM nothing")

    with pytest.raises(OperationalError) as error:
        await Patience().wait_out(wrong)
    assert fault_of(error.value) is None
    assert fault_of(OSError(28, "No space left on device")) is Fault.FULL
    assert fault_of(ConnectionResetError(104, "reset")) is None


async def _settled(person: Person) -> None:
    """All buttons are there, all statuses are gone."""
    await person.world.until(
        lambda: not any(word in text for text in person.texts for word in ("Рисую", "рисовать", "Готово"))
    )
    await asyncio.sleep(1.0)
