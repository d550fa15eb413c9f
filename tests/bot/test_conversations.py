"""Conversations over HTTP with the whole bot: every kind of message is answered, in the user's language."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from bot.playground.server import TelegramServer
from generation.request import Request
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk


async def test_manners_in_both_languages(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1, "<Анна> & Co", "ru")
        boris = telegram.world.person(2, "Boris", "en-GB")
        carl = telegram.world.person(3, "Carl", "de")
        sticker = {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 512, "height": 512}
        sticker |= {"is_animated": False, "is_video": False}
        voice = {"file_id": "v", "file_unique_id": "v", "duration": 3}

        anna.write("/start")
        assert "<Анна> & Co" in (await anna.hears("Я Лекало"))["text"]
        anna.write("/help")
        await anna.hears("Что я умею")
        anna.write("Привет!")
        await anna.hears("Что нарисовать?")
        anna.write("спасибо)")
        await anna.hears("Пожалуйста")
        anna.send(sticker=sticker)
        await anna.hears("Чудесный стикер")
        anna.write("/fly")
        await anna.hears("Такой команды я не знаю")
        anna.write("/cancel")
        await anna.hears("Останавливать нечего")
        anna.write("ж" * 4000)
        await anna.hears("2000 символов")
        anna.send_photo(jpeg())
        await anna.hears("Что нарисовать в ")

        boris.send(voice=voice)
        await boris.hears("can't listen")
        boris.write("🌵")
        await boris.world.until(lambda: len(boris.texts) == 2)
        boris.send_file(jpeg()[:300], "photo.jpg", "image/jpeg", "a blazer")
        await boris.hears("The photo is damaged")
        boris.send_file(b"%PDF-1.7", "paper.pdf", "application/pdf")
        await boris.hears("cannot open this file as a picture")
        boris.send_file(jpeg(), "large.png", "image/png", "a blazer", size=25_000_000)
        await boris.hears("at most 20 MB")
        boris.send_file(b"not a picture", "picture.png", "image/png")
        await boris.world.until(lambda: sum("cannot open" in text for text in boris.texts) == 2)

        carl.write("/start")
        await carl.hears("Hello, Carl")
        carl.write("джинсы")  # the default language gives way to the text's
        await carl.gets_pictures(2)
        assert "это идея" in carl.pictures[0]["caption"]

        menu = telegram.world.commands
        assert [command["command"] for command in menu["default:ru"]] == [
            *("start", "help", "new", "history", "settings", "cancel", "privacy")
        ]
        assert menu["default:ru"] != menu["default:en"]
        assert {message["from"]["id"] for message in anna.from_bot} == {4242}
        assert not anna.pictures


async def test_a_long_paste_is_answered_once(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1, "Анна", "ru")
        for part in ("платье " * 585, "платье " * 585, "платье " * 200):  # as Telegram cuts 9,500 characters
            anna.write(part)
        await anna.hears("2000 символов")
        anna.write("/help")
        await anna.hears("Что я умею")
        assert len(anna.from_bot) == 2, anna.texts


async def test_what_is_said_before_the_garment_is_kept(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        talk = Talk(telegram.world.person(1, "Анна", "ru"))
        await talk.says("длинное в пол", "какая это будет вещь?")
        await talk.says("изумрудное", "какая это будет вещь?")
        question = await talk.says("с открытой спиной", "какая это будет вещь?")
        await talk.taps_and_gets("платье", "Зелёное платье макси с открытой спиной", message=question)
        await talk.says("/new", "Чистый лист")
        await talk.says("красное", "какая это будет вещь?")
        await talk.draws("пальто с поясом", "Красное пальто с поясом")


async def test_all_that_is_deleted_is_taken_away_from_groups_too(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna, boris = telegram.world.person(1, "Анна", "ru"), telegram.world.person(2, "Борис", "ru")
        group = telegram.world.group("Подруги", anna, boris)
        at_group, his = Talk(anna.at(group)), Talk(boris.at(group))
        await at_group.draws("@lekalo_bot красное платье", "Красное платье")
        await his.draws("@lekalo_bot синее платье", "Синее платье")
        talk = Talk(anna)
        await talk.says("/privacy", "Что я о вас храню")
        await talk.asks("Удалить всё", "Вернуть их будет нельзя")
        await talk.asks("Да, удалить всё", "всё, что у меня о вас было, удалено")
        captions = [picture["caption"] for picture in his.person.pictures if "caption" in picture]
        assert len(captions) == 1 and captions[0].startswith("Синее платье")


async def test_words_and_photos_become_pictures_and_are_remembered(tmp_path: Path) -> None:
    painter = Painter(size=64)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1, "Анна", "ru")
        wish = anna.write("<b>прямые</b> & леопардовые джинсы")
        await anna.gets_pictures(2)
        first = anna.pictures[0]
        assert first["reply_to_message"]["message_id"] == wish["message_id"]
        assert first["caption"].startswith("<b>прямые</b> & леопардовые джинсы\n")
        assert first["caption"].endswith("Нарисовано нейросетью: это идея, а не товар.")
        assert (first["photo"][-1]["width"], first["photo"][-1]["height"]) == (512, 512)

        anna.send_photo(jpeg(2000, 1000), "пиджак того же стиля")
        await anna.gets_pictures(4)
        assert "В стиле вашего фото." in anna.pictures[2]["caption"]
        anna.send_file(jpeg(), "IMG.HEIC.jpg", "image/jpeg", "юбка")
        await anna.gets_pictures(6)
        anna.send_photo(jpeg(), media_group_id="7")
        anna.send_photo(jpeg(colour="red"), media_group_id="7")
        await anna.hears("Из двух фото")
        anna.write("платье")
        await anna.gets_pictures(8)
        assert "В стиле ваших фото." in anna.pictures[6]["caption"]
        await telegram.world.until(lambda: not any("рисовать…" in text for text in anna.texts))
        assert sum("Из двух фото" in text for text in anna.texts) == 1

    assert [len(request.photos) for request in painter.requests] == [0, 1, 1, 2]
    assert Image.open(io.BytesIO(painter.requests[1].photos[0])).size == (
        800,
        400,
    )  # as large as Telegram keeps it
    with_rows = sqlite3.connect(tmp_path / "bot.sqlite3")
    try:
        counts = {
            table: with_rows.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("users", "jobs", "pictures")
        }
        states = with_rows.execute("SELECT DISTINCT state FROM jobs").fetchall()
        said = with_rows.execute("SELECT direction, count(*) FROM messages GROUP BY 1").fetchall()
        hashes = [
            row[0] for row in with_rows.execute("SELECT sha256 FROM pictures WHERE file_id IS NOT NULL")
        ]
    finally:
        with_rows.close()
    assert counts == {"users": 1, "jobs": 4, "pictures": 8}
    assert states == [("delivered",)]
    assert said == [("in", 6), ("out", 13)]
    stored = {path.stem: path for path in (tmp_path / "pictures").rglob("*.png")}
    assert set(hashes) == set(stored)
    for path in stored.values():
        with Image.open(path) as picture:
            assert picture.size == (64, 64)
            assert "prompt" in picture.info


async def test_start_is_answered_while_drawing_and_cancel_stops_it(tmp_path: Path) -> None:
    painter = Painter(pause=0.5, steps=100)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        anna.write("красное пальто")
        anna.write("зелёное пальто")
        await telegram.world.until(lambda: "upload_photo" in anna.actions)
        began = asyncio.get_running_loop().time()
        anna.write("/start")
        await anna.hears("Я Лекало")
        assert asyncio.get_running_loop().time() - began < 2.0
        await anna.hears("Рисую…")
        await anna.hears("Перед вами 1 запрос.")
        edits = [message_id for message_id, _ in anna.edits]
        assert len(edits) <= 3
        anna.write("/cancel")
        await anna.hears("Остановлено 2 запроса.")
        await telegram.world.until(lambda: not any("Рисую" in text for text in anna.texts))
        await asyncio.sleep(1.0)
        assert 1 <= painter.stopped == len(painter.requests)  # both, where there was room for both
        assert not anna.pictures


async def test_a_studio_that_fails_is_tried_again_and_then_apologised_for(tmp_path: Path) -> None:
    painter = Painter()
    failures = {"пальто": 1, "fur coat": 99}

    def fail(request: Request) -> None:
        if failures.get(request.prompt, 0) > 0:
            failures[request.prompt] -= 1
            raise RuntimeError("out of memory")

    painter.before = fail
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        anna.write("пальто")
        boris.write("fur coat")
        await anna.gets_pictures(2)
        await boris.hears("did not manage to draw")
        await telegram.world.until(lambda: len(boris.texts) == 1)  # the status message is gone
        assert not boris.pictures


async def test_telegrams_faults_delay_and_lose_nothing(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        boris.write("a red dress")
        await boris.gets_pictures(2)
        boris.blocked = True
        boris.write("a blue dress")
        telegram.fail("sendMediaGroup", retry_after=1, times=1)
        telegram.fail("sendMediaGroup", 502, "Bad Gateway", times=2)
        telegram.fail("getUpdates", 500, "Internal Server Error")
        telegram.fail("deleteMessage", 500, "Internal Server Error", times=2)
        anna.write("платье")
        await anna.gets_pictures(2)
        await telegram.world.until(lambda: all("Картинка" in text for text in anna.texts) and anna.texts)
        assert len(anna.pictures) == 2

    rows = sqlite3.connect(tmp_path / "bot.sqlite3")
    try:
        assert rows.execute("SELECT problem FROM jobs WHERE prompt = 'a blue dress'").fetchall() == [
            ("unreachable",)
        ]
        assert rows.execute("SELECT id FROM users WHERE blocked_at IS NOT NULL").fetchall() == [(2,)]
    finally:
        rows.close()


@pytest.mark.parametrize("kind", ["edited_message", "channel_post"])
async def test_what_is_not_asked_for_is_not_delivered(tmp_path: Path, kind: str) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        telegram.world.push(**{kind: {**telegram.world.message(anna.chat, anna.user, text="пальто")}})
        anna.write("/help")
        await anna.hears("Что я умею")
        assert len(anna.from_bot) == 1
