"""A broadcast from the first word to the report, over HTTP; with people who blocked the bot or want none."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from bot.playground.faults import Fault
from bot.playground.person import Person
from bot.playground.server import TelegramServer
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk

ADMIN = {"admin_ids": "1", "quiet_hours": "0-0"}


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "bot.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def compose(talk: Talk) -> None:
    await talk.says("/broadcast", "черновик")
    await talk.asks("Текст: Русский", "Пришлите текст")
    bold = [{"type": "bold", "offset": 6, "length": 5}]
    await talk.sends("Носим деним!", text="Носим деним!", entities=bold)
    await talk.asks("Текст: English", "Пришлите текст")
    await talk.says("Denim is in!", "Denim is in!")


async def meet(telegram: TelegramServer, *people: Person) -> None:
    for person in people:
        person.write("/help")
    for person in people:
        await telegram.world.until(lambda person=person: person.texts)


def got(person: Person, text: str) -> list[dict[str, Any]]:
    return [message for message in person.from_bot if text == message.get("caption", message.get("text"))]


async def test_from_the_first_word_to_the_report(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter, **ADMIN):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        vera, gleb = telegram.world.person(3, "Vera", "ru"), telegram.world.person(4, "Gleb", "ru")
        await meet(telegram, boris, vera, gleb)
        gleb.blocked = True
        talk = Talk(anna)
        await compose(talk)
        await talk.asks("Картинка", "Пришлите картинку")
        await talk.does("Картинка: есть", lambda: anna.send_photo(jpeg()))
        await talk.asks("Тренд", "Какой тренд?")
        anna.write("широкая джинсовая юбка макси")
        await anna.gets_pictures(2)
        await telegram.world.until(lambda: "Картинка: есть" in anna.texts[-1])
        uploads = len([c for c in telegram.called("sendPhoto") if "attach" in str(c.params)])

        card = talk.buttons
        await talk.taps("Показать мне", message=card)
        assert len(got(anna, "Носим деним!")) == len(got(anna, "Denim is in!")) == 1
        await talk.taps_and_sees("Отправить", "Да, отправить", message=card)
        await talk.taps("Да, отправить", message=card)
        report = await anna.hears("отправлена")
        assert "Готово 4 из 4" in report["text"]
        assert "Отправлено: 3" in report["text"]
        assert "Заблокировали бота: 1" in report["text"]
        assert len(got(boris, "Denim is in!")) == len(got(vera, "Носим деним!")) == 1
        assert got(vera, "Носим деним!")[0]["caption_entities"][0]["type"] == "bold"
        assert len([c for c in telegram.called("sendPhoto") if "attach" in str(c.params)]) == uploads
        assert rows(tmp_path, "SELECT id FROM users WHERE blocked_at IS NOT NULL") == [(4,)]

        reader = Talk(boris)
        [message] = got(boris, "Denim is in!")
        assert reader.labels(message) == ["👗 Try it", "🔕 No more trends"]
        await reader.taps("Try it", message=message)
        await boris.gets_pictures(3)
        assert painter.requests[-1].prompt == "широкая джинсовая юбка макси"
        await reader.taps("No more trends", "No more trends for you", message=message)
        await telegram.world.until(lambda: "🔔 Trends again" in reader.labels(got(boris, "Denim is in!")[0]))

        # A second one on the same day: everybody has had one, or wants none.
        await compose(talk)
        second = talk.buttons
        await telegram.world.until(lambda: "Получателей: 2 человека" in anna.texts[-1])
        await talk.taps_and_sees("Отправить", "Да, отправить", message=second)
        await talk.taps("Да, отправить", message=second)
        await telegram.world.until(lambda: any("Пропущено" in t and ": 2\n" in t for t in anna.texts))
        assert len(got(boris, "Denim is in!")) == len(got(vera, "Носим деним!")) == 1
        await reader.taps("Trends again", "hear of new trends", message=got(boris, "Denim is in!")[0])
        assert rows(tmp_path, "SELECT id FROM users WHERE trends_off_at IS NOT NULL") == []


async def test_for_others_there_is_no_such_command(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter(), **ADMIN):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "ru")
        stranger = Talk(boris)
        unknown = await stranger.says("/nonsense", "")
        assert (await stranger.says("/broadcast", ""))["text"] == unknown["text"]
        card = await Talk(anna).says("/broadcast", "черновик")
        boris.chat.messages.append({**card, "chat": boris.chat.json})
        query = boris.tap(card, "Отправить")
        await asyncio.sleep(0.5)
        assert not any(
            answer["callback_query_id"] == query and "text" in answer for answer in telegram.world.answers
        )
        assert rows(tmp_path, "SELECT state FROM broadcasts") == [("draft",)]


async def test_pause_resume_and_cancel(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter(), **ADMIN):
        anna = telegram.world.person(1)
        people = [telegram.world.person(number, f"N{number}", "ru") for number in range(2, 12)]
        await meet(telegram, *people)
        talk = Talk(anna)
        await compose(talk)
        card = talk.buttons
        telegram.faults.add(Fault("sendMessage", seconds=0.4))
        await talk.taps_and_sees("Отправить", "Да, отправить", message=card)
        await talk.taps("Да, отправить", message=card)
        await telegram.world.until(lambda: any(got(person, "Носим деним!") for person in people))
        await talk.taps_and_sees("Пауза", "Продолжить", message=card)
        await asyncio.sleep(1.0)
        reached = sum(bool(got(person, "Носим деним!")) for person in people)
        assert reached < 10
        await asyncio.sleep(1.0)
        assert sum(bool(got(person, "Носим деним!")) for person in people) == reached
        await talk.taps_and_sees("Продолжить", "Пауза", message=card)
        await telegram.world.until(lambda: sum(bool(got(p, "Носим деним!")) for p in people) > reached)
        await talk.taps("Отменить рассылку", message=card)
        await telegram.world.until(lambda: rows(tmp_path, "SELECT state FROM broadcasts") == [("cancelled",)])
        await asyncio.sleep(1.0)
        reached = sum(bool(got(person, "Носим деним!")) for person in people)
        await asyncio.sleep(1.0)
        assert sum(bool(got(person, "Носим деним!")) for person in people) == reached < 10
