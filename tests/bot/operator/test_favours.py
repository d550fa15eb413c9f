"""/priority: given, listed, taken away, and nothing for others; the favoured one is drawn first."""

from __future__ import annotations

import re
from pathlib import Path

from bot.playground.server import TelegramServer
from tests.bot.house import running
from tests.bot.painter import Painter
from tests.bot.talk import Talk

ADMIN = {"admin_ids": "1"}


async def test_priority_is_given_listed_and_taken_away(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter(), **ADMIN):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "<Boris>", "en")
        talk, stranger = Talk(anna), Talk(boris)
        await stranger.says("/priority 2", "do not know this command")
        await talk.says("/priority", "Пока ничьи запросы")
        await talk.says("/priority 2", "Теперь запросы <Boris> (2) идут первыми")
        await talk.says("/priority", "Чьи запросы идут первыми:\n<Boris> (2)")
        for wrong in ("/priority @nobody", "/priority 404", "/priority ²", "/priority " + "9" * 30):
            await talk.says(wrong, "Я не знаю никого")
        await talk.says("/priority 2 forever", "/priority @имя off")
        await talk.says("/priority 2 off", "Запросы <Boris> (2) снова ждут")
        await talk.says("/priority", "Пока ничьи запросы")


async def test_who_goes_first_is_drawn_first(tmp_path: Path) -> None:
    painter = Painter(pause=0.1, steps=5)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter, **ADMIN):
        people = [telegram.world.person(number, f"N{number}") for number in range(2, 10)]
        boris = telegram.world.person(20, "Boris", "en")
        boris.write("/help")
        await telegram.world.until(lambda: boris.texts)
        await Talk(telegram.world.person(1)).says("/priority 20", "идут первыми")
        for person in people:
            person.write("красное платье")
        await telegram.world.until(lambda: all(person.texts for person in people))
        boris.write("a red dress")
        said = await boris.hears("Got it")
        assert "ahead" not in said["text"] or re.search(r"[12] requests? (is|are) ahead", said["text"])
        await boris.gets_pictures(2)
        assert sum(len(person.pictures) for person in people) <= 12
        assert {request.priority for request in painter.requests} == {0, 1}
