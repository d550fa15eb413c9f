"""Groups, inline mode, edited messages, albums in pieces: where and how the bot is spoken to."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.playground.server import TelegramServer
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk


async def test_a_group_is_answered_when_it_speaks_to_the_bot(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        group = telegram.world.group("Подруги", anna, boris)
        hers, his = Talk(anna.at(group)), Talk(boris.at(group))
        hers.person.write("девочки, кто хочет красное платье?")
        hers.person.send_photo(jpeg())
        first = await hers.draws("@lekalo_bot жёлтое пальто", "Жёлтое пальто")
        assert painter.requests[0].prompt == "жёлтое пальто"
        await his.draws("in blue", "Синее пальто", reply_to=first)
        await hers.shows(
            lambda: hers.person.send_photo(jpeg(), "@lekalo_bot пиджак того же стиля"), "Пиджак того же стиля"
        )
        await hers.says("/help@lekalo_bot", "Что я умею")
        link = await hers.says("/history@lekalo_bot", "Это только между нами")
        assert "t.me/lekalo_bot" in str(link["reply_markup"])
        found = his.person.send_photo(jpeg(colour="purple"))
        await hers.draws("@lekalo_bot юбка", "Юбка\nВ стиле вашего фото", reply_to=found)
        hers.person.write("/help@another_bot")
        await hers.says("/cancel@lekalo_bot", "Останавливать нечего")
        assert [len(request.photos) for request in painter.requests] == [0, 0, 1, 1]
        # what is talked about in the group is not what is talked about alone
        alone = Talk(anna)
        await alone.says("в зелёном", "какая это будет вещь?")


async def test_inline_mode_offers_ones_own_pictures(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        talk = Talk(anna)
        await talk.draws("красное пальто", "Красное пальто")
        await talk.draws("синяя юбка", "Синяя юбка")
        assert len(await anna.offered(anna.inline(""))) == 4
        found = await anna.offered(anna.inline("красное пальто"))
        assert {offer["title"] for offer in found} == {"Красное пальто"}
        assert len(await anna.offered(anna.inline("юбка"))) == 2
        assert len(await anna.offered(anna.inline("red coat"))) == 2
        assert not telegram.world.offers.get("none")
        query = boris.inline("красное пальто")
        await telegram.world.until(lambda: query in telegram.world.offers)
        assert telegram.world.offers[query]["results"] == []


async def test_an_edited_wish_is_drawn_as_it_reads_now(tmp_path: Path) -> None:
    painter = Painter(pause=0.3, steps=20)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        wish = anna.write("красное плотье")
        await anna.hears("Рисую")
        anna.edit(wish, "синее платье")
        await telegram.world.until(lambda: painter.stopped == 1)
        painter.pause = 0.0
        await anna.gets_pictures(2)
        assert anna.pictures[0]["caption"].startswith("Синее платье")
        assert [request.prompt for request in painter.requests] == ["красное платье", "синее платье"]
        photo = anna.send_photo(jpeg(), "юбка")
        await anna.gets_pictures(4)
        await talk.shows(lambda: anna.edit(photo, "пиджак"), "Пиджак")
        assert len(painter.requests[-1].photos) == 1
        anna.edit(photo, "пиджак")  # a link preview came, say
        await talk.says("/help", "Что я умею")
        assert len(painter.requests) == 4


async def test_an_album_in_two_batches_is_one_album(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        anna.send_photo(jpeg(), "пальто", media_group_id="77")
        await asyncio.sleep(0.3)
        anna.send_photo(jpeg(colour="red"), media_group_id="77")
        await anna.gets_pictures(2)
        await asyncio.sleep(1.0)
        many = [jpeg(colour=colour) for colour in ("red", "blue", "green", "navy", "white")]
        anna.send_album(many, "платье")
        await anna.hears("не больше 4 фото")
        await anna.gets_pictures(4)
    assert [len(request.photos) for request in painter.requests] == [2, 4]
