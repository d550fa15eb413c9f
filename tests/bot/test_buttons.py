"""Buttons: whose they are, how long they work, and what is kept of a press."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.playground.server import TelegramServer
from generation.vocabulary import Wish
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "bot.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_buttons_work_after_a_restart_and_for_their_owner_only(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        talk = Talk(anna)
        async with running(telegram, tmp_path, Painter()):
            await talk.draws("красное платье", "Красное платье")
            under = talk.buttons
            question = await talk.does("Отличное фото", lambda: anna.send_photo(jpeg()))
            words = await talk.says("что надеть в театр?", "Какую вещь нарисовать?")
        painter = Painter()
        async with running(telegram, tmp_path, painter):
            await talk.taps_and_gets("Ещё", "Красное платье", message=under)
            assert painter.requests[0].prompt == "красное платье"
            await talk.taps("👍", "вам нравится", message=under)
            await talk.taps_and_gets("пиджак", "В стиле вашего фото", message=question)
            assert len(painter.requests[1].photos) == 1
            await talk.taps_and_gets("блузка", "Блузка в театр", message=words)
            group = telegram.world.group("Подруги", anna, boris)
            hers, his = Talk(anna.at(group)), boris.at(group)
            await hers.draws("@lekalo_bot жёлтое пальто", "Жёлтое пальто")
            drawn = len(painter.requests)
            for message in (hers.buttons, under, question, words):
                for row in message["reply_markup"]["inline_keyboard"]:
                    answer = await his.answered(his.press(message, row[0]["callback_data"]))
                    assert "belong to someone else" in answer["text"]
                    assert answer["show_alert"]
            assert len(painter.requests) == drawn
    assert rows(tmp_path, "SELECT user_id, liked FROM opinions") == [(1, 1)]
    parents = rows(tmp_path, "SELECT parent_id FROM jobs WHERE prompt = 'красное платье' ORDER BY id")
    assert parents == [(None,), (1,)]


async def test_delete_takes_away_message_picture_and_file(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        await talk.draws("красное платье", "Красное платье")
        assert len(list((tmp_path / "pictures").rglob("*.png"))) == 2
        under = talk.buttons
        await talk.taps("Удалить", "Удалено")
        # its caption moves to the other one, and its buttons too
        await telegram.world.until(lambda: [p.get("caption") for p in anna.pictures] != [None])
        await telegram.world.until(lambda: under["text"] == "Что дальше?")
        # a message too old to be deleted is made blank
        telegram.fail("deleteMessage", 400, "Bad Request: message can't be deleted for everyone")
        await talk.taps("Удалить", "Удалено", message=under)
        await telegram.world.until(lambda: anna.pictures[0].get("caption") == "Эта картинка удалена.")
        answer = await talk.taps("Ещё", message=under) if under in anna.messages else {"text": "удалена"}
        assert "удалена" in answer["text"]
        assert not list((tmp_path / "pictures").rglob("*.png"))


async def test_one_press_is_one_wish_even_when_the_update_comes_twice(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        await talk.draws("красное платье", "Красное платье")
        telegram.fail("answerCallbackQuery", 400, "Bad Request: query is too old", times=1)
        query = anna.tap(talk.buttons, "Ещё")  # the toast fails, the wish does not
        await anna.gets_pictures(4)
        assert query
        await asyncio.sleep(0.5)
    assert len(painter.requests) == 2


@pytest.mark.parametrize("data", ["r:again:999:1:", "r:again:x:1:", "nonsense", "p:77:dress", "w:77:dress"])
async def test_a_button_of_nothing_is_answered_or_ignored(tmp_path: Path, data: str) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        hello = await talk.says("/start", "Я Лекало")
        anna.press(hello, data)
        await talk.says("/help", "Что я умею")
        assert not anna.pictures


async def test_buttons_work_a_month_later(tmp_path: Path) -> None:
    """Of messages that Telegram does not let a bot delete any more, after the daily tidying."""
    painter = Painter()
    async with TelegramServer() as telegram:
        anna = telegram.world.person(1)
        talk = Talk(anna)
        async with running(telegram, tmp_path, painter):
            await talk.draws("красное платье", "Красное платье")
            under = talk.buttons
            question = await talk.does("Вижу: ", lambda: anna.send_photo(jpeg()))
            second = await talk.does("Вижу: ", lambda: anna.send_photo(jpeg(colour="navy")))
            words = await talk.says("что надеть в театр?", "Какую вещь нарисовать?")
        _age(tmp_path / "bot.sqlite3", days=31)
        telegram.fail("deleteMessage", 400, "Bad Request: message can't be deleted", times=99)
        async with running(telegram, tmp_path, painter):
            await talk.taps_and_sees("2", "· 2 ·", message=under)
            await talk.taps("👍", "вам нравится", message=under)
            await talk.taps_and_gets("Ещё", "Красное платье", message=under)
            await talk.taps_and_gets("Вариации", "Вариации вашей картинки", message=under)
            await talk.taps_and_sees("Изменить", "цвет: красный", message=under)
            await talk.taps_and_sees("цвет", "✓ красный", message=under)
            await talk.taps_and_gets("синий", "Синее платье", message=under)
            await talk.taps("Файлом", "Отправляю файл", message=under)
            await talk.taps_and_gets("пиджак", "В стиле вашего фото", message=question)
            await talk.taps_and_gets("блузка", "Блузка в театр", message=words)
            await talk.taps_and_gets("Смешать с предыдущим фото", "Смесь, 50 : 50.", message=second)
            await talk.taps("Удалить", "Удалено", message=under)
            await telegram.world.until(
                lambda: any(p.get("caption") == "Эта картинка удалена." for p in anna.pictures)
            )


def _age(database: Path, days: int) -> None:
    """Everything in the database happened so many days earlier."""
    connection = sqlite3.connect(database)
    try:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if kind.startswith("DATETIME"):
                    connection.execute(
                        f"UPDATE {table} SET {column} = datetime({column}, '-{days} days') "
                        f"WHERE {column} IS NOT NULL"
                    )
        connection.commit()
    finally:
        connection.close()


async def test_the_second_garment_of_a_wish_is_a_button(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        talk = Talk(telegram.world.person(1))
        await talk.draws("красная юбка и белая блузка", "Красная юбка")
        await talk.taps_and_gets("белая блузка", "Белая блузка")
    assert [request.prompt for request in painter.requests] == ["красная юбка", "белая блузка"]


async def test_a_file_is_the_picture_as_it_was_drawn(tmp_path: Path) -> None:
    """Uncompressed: the very pixels, enlarged for a chat, with what was asked for."""
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        await talk.draws("красное платье", "Красное платье")
        await talk.taps("Файлом", "Отправляю файл")
        await telegram.world.until(lambda: "document" in anna.from_bot[-1])
        document = anna.from_bot[-1]["document"]
        content = telegram.world.files[document["file_id"]].content
    with Image.open(io.BytesIO(content)) as sent:
        assert sent.format == "PNG" and sent.size == (512, 512)
        assert sent.info["prompt"] == "красное платье"
        stored = [Image.open(path) for path in (tmp_path / "pictures").rglob("*.png")]
        assert sent.getpixel((5, 5)) in {picture.getpixel((5, 5)) for picture in stored}


class _Slow(Painter):
    """Says what a photo shows when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_say = asyncio.Event()

    async def describe(self, photos: Sequence[bytes]) -> Wish:
        await self.may_say.wait()
        return await super().describe(photos)


async def test_what_a_photo_shows_leaves_the_buttons_that_stand_there(tmp_path: Path) -> None:
    painter = _Slow()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1, "Анна", "ru")
        talk = Talk(anna)
        question = await talk.does("Что нарисовать в его стиле?", lambda: anna.send_photo(jpeg()))
        assert "боди" not in talk.labels(question)
        await talk.taps_and_sees("Другие вещи", "боди", message=question)
        painter.may_say.set()
        await telegram.world.until(lambda: "Вижу: коричневые леопардовые брюки" in anna.from_bot[-1]["text"])
        assert "боди" in talk.labels() and "‹ Назад" in talk.labels()
        await talk.taps_and_sees("Назад", "Другие вещи", message=question)
        await talk.taps_and_gets("пиджак", "Пиджак\nВ стиле вашего фото.", message=question)


async def test_what_is_asked_for_of_a_photo_is_called_by_its_name(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1, "Анна", "ru")
        talk = Talk(anna)
        await talk.shows(lambda: anna.send_photo(jpeg(), "сделай платье"), "Платье\nВ стиле")
        await talk.shows(lambda: anna.send_photo(jpeg(), "a t-shirt like this, please"), "T-shirt\n")
