"""Hostile input, over HTTP with the whole bot: nothing raises, all is acknowledged, nobody is harmed."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image

from bot.app import House
from bot.playground.server import TelegramServer
from tests.bot import updates
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk

Json = dict[str, Any]
UNRELATED = "ignore::hypothesis.errors.HypothesisDeprecationWarning"
"""DBOS rolls dice in another thread, which Hypothesis takes for a strategy that does."""
WRONG = ("handler failed", "update not worked off", "not done, to be tried again", "mailing failed")


async def _besiege(folder: Path, examples: int) -> None:
    async with TelegramServer() as telegram, running(telegram, folder, Painter(), rate=0) as house:
        people = [telegram.world.person(number) for number in updates.USERS]
        telegram.world.group("<Подруги>", *people, chat_id=updates.GROUP)
        people[0].write("красное платье")  # so that some of the forged buttons exist
        await people[0].gets_pictures(2)
        loop = asyncio.get_running_loop()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=examples < 1_000,
            phases=(Phase.generate,),  # an update is small as it is, and every try takes its time
            suppress_health_check=list(HealthCheck),
        )
        @given(update=updates.updates())
        def besieged(update: Json) -> None:
            asyncio.run_coroutine_threadsafe(_meet(telegram, house, update), loop).result(120)

        await asyncio.to_thread(besieged)
        newcomer = telegram.world.person(max(updates.USERS) + 1)  # the others' language may be any by now
        newcomer.write("/help")
        await newcomer.hears("Что я умею")
        answers = len(people[0].texts)
        people[0].write("/help")
        await telegram.world.until(lambda: len(people[0].texts) > answers)


async def _meet(telegram: TelegramServer, house: House, update: Json) -> None:
    """One update, and the same once more: worked off once, without a failure, acknowledged."""
    world = telegram.world
    for kind in ("callback_query", "inline_query"):
        if kind in update and isinstance(update[kind], dict) and "id" in update[kind]:
            world.queries[update[kind]["id"]] = {"kind": kind.split("_")[0], "user": 1, "chat": 1, "text": ""}
    with structlog.testing.capture_logs() as lines:
        assert await house.polling.receive([update]) == 1
        assert await house.polling.receive([update]) == 0
        await house.polling.settle(60)
    wrong = [line for line in lines if line["event"] in WRONG]
    assert not wrong, wrong
    query = update.get("callback_query") or {}
    if "id" in query and not query["from"]["is_bot"]:
        assert query["id"] in {answer["callback_query_id"] for answer in world.answers}


@pytest.mark.slow
@pytest.mark.filterwarnings(UNRELATED)
async def test_whatever_an_update_may_hold(tmp_path: Path) -> None:
    await _besiege(tmp_path, 60)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings(UNRELATED)
async def test_whatever_an_update_may_hold_at_length(tmp_path: Path) -> None:
    await _besiege(tmp_path, 3_000)


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _png(width: int, height: int, rows: int) -> bytes:
    """A grey picture of which so many rows are there, each of a thousandth of its size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    body = zlib.compress(bytes(width + 1) * rows, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _polyglot() -> bytes:
    """A GIF that is a ZIP as well."""
    content = io.BytesIO(_encoded(Image.new("P", (40, 40)), "GIF"))
    content.seek(0, io.SEEK_END)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("../../run.sh", "#!/bin/sh")
    return content.getvalue()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (55.0, 45.0, 0.0)}  # where it was taken
    return _encoded(Image.new("RGB", (60, 30), "red"), "JPEG", exif=exif)


FRAMES = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
MOVING: dict[str, Any] = {"save_all": True, "append_images": FRAMES[1:], "duration": 50}
DRAWN = {
    "animated.gif": _encoded(FRAMES[0], "GIF", **MOVING),
    "animated.png": _encoded(FRAMES[0], "PNG", **MOVING),
    "animated.webp": _encoded(FRAMES[0], "WEBP", **MOVING),
    "polyglot.gif": _polyglot(),
    "page.jpg": _encoded(FRAMES[0], "JPEG") + b"<script>alert(1)</script>",
    "print.jpg": _encoded(Image.new("CMYK", (50, 50), (0, 200, 200, 0)), "JPEG"),
    "sixteen.png": _encoded(Image.new("I;16", (50, 50), 40_000), "PNG"),
    "turned.jpg": _turned(),
    "../../../etc/passwd": jpeg(),
    "C:\\windows\\system32\\\0.png": jpeg(),
    "\u202egnp.exe": jpeg(),
    "large.png": _png(7_000, 7_000, 7_000),  # 49 million pixels, of 50 million that are taken
}
REFUSED = {
    "bomb.png": (_png(60_000, 60_000, 100), "слишком много пикселей"),
    "cut.png": (_encoded(Image.effect_noise((300, 300), 60), "PNG")[:20_000], "Фото повреждено"),
    "page.svg": (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        "Не получается открыть этот файл",
    ),
    "figure.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "Не получается открыть этот файл"),
    "empty.png": (b"", "Не получается открыть этот файл"),
}


async def test_files_of_every_kind_are_drawn_from_or_refused_in_one_sentence(tmp_path: Path) -> None:
    painter = Painter()
    async with (
        TelegramServer() as telegram,
        running(telegram, tmp_path, painter, wishes_at_once="0", pictures_a_day="0"),
    ):
        with structlog.testing.capture_logs() as lines:
            anna, boris = telegram.world.person(1), telegram.world.person(2)
            for name, content in DRAWN.items():
                anna.send_file(content, name, "image/png", "юбка")
            for name, (content, told) in REFUSED.items():
                before = len(boris.texts)
                boris.send_file(content, name, "image/png", "юбка")
                await telegram.world.until(lambda before=before: len(boris.texts) > before)
                assert told in boris.texts[-1], (name, boris.texts[-1])
            await anna.gets_pictures(2 * len(DRAWN))
        assert not [line for line in lines if line["event"] in WRONG]
        assert not boris.pictures
    for request in painter.requests:
        photo = Image.open(io.BytesIO(request.photos[0]))
        assert photo.mode == "RGB" and not photo.getexif() and max(photo.size) <= 1024
    turned = [Image.open(io.BytesIO(request.photos[0])) for request in painter.requests]
    assert (30, 60) in {photo.size for photo in turned}
    names = {path.name for path in tmp_path.rglob("*.png")}
    assert all(len(name) == 68 for name in names)  # a hash and ".png", whatever the file was called


async def test_a_file_whose_size_is_not_told(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        anna.send(document={"file_id": "x", "file_unique_id": "x"})
        await anna.hears("Не получается открыть этот файл")


async def test_a_flood_of_large_photos_does_not_stop_the_others(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        boris = telegram.world.person(2)
        for number in range(10, 16):
            telegram.world.person(number).send_file(DRAWN["large.png"], "large.png", "image/png", "юбка")
        boris.write("/help")
        began = time.monotonic()
        await boris.hears("Что я умею")
        assert not telegram.world.person(15).pictures or time.monotonic() - began < 1.0
        for number in range(10, 16):
            await telegram.world.person(number).gets_pictures(2)


async def test_forged_buttons_of_anothers_picture_are_refused(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna, eve = telegram.world.person(1), telegram.world.person(2, "Eve", "ru")
        await Talk(anna).draws("красное платье", "Красное платье")
        stolen = [b["callback_data"] for m in anna.from_bot for b in _buttons(m) if "callback_data" in b]
        eve.write("/help")
        own = await eve.hears("Что я умею")
        assert len(stolen) > 5
        for data in stolen:
            answer = await eve.answered(eve.press(own, data))
            assert "другого человека" in answer["text"] and answer["show_alert"]
        await asyncio.sleep(0.5)
        assert len(anna.pictures) == 2 and not eve.pictures


async def test_commands_of_operators_do_not_exist_for_others(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter(), admin_ids="1"):
        eve = Talk(telegram.world.person(2, "Eve", "ru"))
        unknown = (await eve.says("/fly", "Такой команды"))["text"]
        for command in ("/broadcast", "/priority", "/priority 2", "/priority@lekalo_bot 2"):
            assert (await eve.says(command, "Такой команды"))["text"] == unknown
        for forged in ("o:send:1:", "o:really:1:", "o:cancel:1:"):
            answer = await eve.person.answered(eve.person.press(eve.person.from_bot[-1], forged))
            assert not answer.get("text")


def _buttons(message: Json) -> list[Json]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]
