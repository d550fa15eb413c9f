"""The living status: place, bar, time left, Stop; and the limits, said kindly."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from pathlib import Path

from bot.playground.server import TelegramServer
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk


async def test_a_status_lives_and_its_stop_button_works(tmp_path: Path) -> None:
    painter = Painter(pause=0.25, steps=60)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        anna.write("красное пальто")
        anna.write("зелёное пальто")
        await anna.hears("Рисую…")
        await telegram.world.until(lambda: any("осталось около" in text for _, text in anna.edits))
        bar = next(text for _, text in anna.edits if "осталось" in text)
        assert re.search(r"[▓░]{10} \d+ %, осталось около \d+ (с|мин)", bar)
        await telegram.world.until(lambda: len(anna.edits) >= 3)
        status = next(m for m in anna.from_bot if "Рисую…" in m.get("text", ""))
        assert talk.labels(status) == ["✋ Остановить"]
        await talk.taps("Остановить", "Остановлено", message=status)
        await telegram.world.until(lambda: status not in anna.messages)
        await telegram.world.until(lambda: len(painter.requests) == 2)
        assert painter.stopped == 1
        anna.write("стоп")
        await anna.hears("Остановлен 1 запрос")
        times: dict[int, list[float]] = {}
        for call in telegram.called("editMessageText"):
            times.setdefault(int(call.params["chat_id"]), []).append(call.at)
        gaps = [later - earlier for at in times.values() for earlier, later in pairwise(at)]
        assert min(gaps) >= 2.9
        assert not anna.pictures


async def test_an_edit_that_telegram_refuses_gives_way_to_a_newer_one(tmp_path: Path) -> None:
    painter = Painter(pause=0.3, steps=60)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1)
        anna.write("красное пальто")
        await anna.hears("Рисую…")
        telegram.fail("editMessageText", retry_after=2, times=1)
        await telegram.world.until(lambda: len(anna.edits) >= 4)
        said = [call.params["text"] for call in telegram.called("editMessageText")]
        anna.write("/cancel")
        await anna.hears("Остановлен 1 запрос")
    shares = [int(found.group(1)) for text in said if (found := re.search(r"(\d+) %", text))]
    assert len(said) == len(set(said))  # what was refused is not said again later
    assert len(shares) >= 4 and shares == sorted(shares)


async def test_no_handler_waits_for_a_picture(tmp_path: Path) -> None:
    painter = Painter()
    async with (
        TelegramServer() as telegram,
        running(telegram, tmp_path, painter, wishes_at_once="0") as house,
    ):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        await talk.draws("красное платье", "Красное платье")
        painter.held = lambda: True
        anna.write("в зелёном")
        anna.send_photo(jpeg(), "пиджак того же стиля")
        anna.send_album([jpeg(), jpeg(colour="red")], "юбка")
        anna.tap(talk.buttons, "Ещё")
        anna.tap(talk.buttons, "Вариации")
        anna.write("/history")
        await telegram.world.until(lambda: sum("исую" in t or "Понятно" in t for t in anna.texts) == 5)
        await house.polling.settle(20)
        assert len(anna.pictures) == 3  # the first wish's two, and the page of the history
        painter.held = lambda: False
        await anna.gets_pictures(13)


async def test_limits_at_once_and_a_day(tmp_path: Path) -> None:
    painter = Painter(pause=0.1, steps=10)
    async with (
        TelegramServer() as telegram,
        running(telegram, tmp_path, painter, wishes_at_once="2", pictures_a_day="6"),
    ):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        for colour in ("красное", "синее", "белое"):
            anna.write(f"{colour} платье")
        await anna.hears("У меня в работе ещё 2 ваших запроса")
        await anna.gets_pictures(4)
        await telegram.world.until(lambda: len(anna.texts) == 3)  # the statuses are gone
        anna.write("зелёное платье")
        await anna.gets_pictures(6)
        await asyncio.sleep(0.5)
        anna.write("чёрное платье")
        told = await anna.hears("порисовали вволю")
        assert re.search(r"через 2[34] ч( \d+ мин)?\.", told["text"])
        boris.write("a black dress")
        await boris.gets_pictures(2)
    assert len(painter.requests) == 4


async def test_fifty_requests_of_one_do_not_delay_anothers_first(tmp_path: Path) -> None:
    painter = Painter(pause=0.2, steps=5)
    async with (
        TelegramServer() as telegram,
        running(telegram, tmp_path, painter, wishes_at_once="0", pictures_a_day="0"),
    ):
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        for number in range(50):
            anna.write(f"платье с номером {number}")
        await anna.hears("Перед вами 20", timeout=60)
        boris.write("a black dress")
        said = await boris.hears("Got it")
        assert "ahead" not in said["text"] or re.search(r"[123] requests? (is|are) ahead", said["text"])
        await boris.gets_pictures(2)
        assert len(anna.pictures) < 80
        anna.write("/cancel")
        await anna.hears("Остановлен", timeout=120)


async def test_a_full_queue_is_said_with_a_time_and_loses_nothing(tmp_path: Path) -> None:
    painter = Painter(pause=0.3, steps=5)
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter, queue_limit="3"):
        people = [telegram.world.person(number, f"N{number}") for number in range(1, 6)]
        boris = telegram.world.person(9, "Boris", "en")
        for person in people:
            person.write("красное платье")
        for person in people:
            await telegram.world.until(lambda person=person: person.texts)
        told = next(person for person in people if "очередь заполнена" in person.texts[-1])
        assert re.search(r"Пришлите запрос ещё раз примерно через \d+ мин\.", told.texts[-1])
        boris.write("a red dress")
        assert re.search(r"once more in about \d+ min\.", (await boris.hears("my queue is full"))["text"])
        assert not boris.pictures
        for person in people:
            if person is not told and not any("очередь" in text for text in person.texts):
                await person.gets_pictures(2)
        boris.write("a red dress")
        await boris.gets_pictures(2)
