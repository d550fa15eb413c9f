"""A conversation in Russian and one in English, with text and with a photo, with a real model, over HTTP.

The model is the embedded one where its weights are there, else a random one
of the same architecture.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bot.playground.person import Person
from bot.playground.server import TOKEN, TelegramServer
from tests.e2e.process import ROOT, BotProcess

ATELIER = ROOT / "generation" / "atelier"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    if any(ATELIER.glob("**/*.safetensors")):
        return "atelier"
    from generation import tiny

    return str(tiny.write(tmp_path_factory.mktemp("tiny")))


def _photo() -> bytes:
    picture = Image.new("RGB", (640, 800), "white")
    draw = ImageDraw.Draw(picture)
    for stripe in range(0, 800, 40):
        draw.rectangle((120, stripe, 520, stripe + 18), fill="navy")
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG")
    return encoded.getvalue()


@pytest.mark.slow
async def test_two_conversations(tmp_path: Path, model: str) -> None:
    async with TelegramServer() as telegram:
        bot = BotProcess(telegram, tmp_path, "bot", MODEL=model)
        async with bot:
            anna = telegram.world.person(1, "Анна", "ru")
            boris = telegram.world.person(2, "Boris", "en")
            await _converse(
                anna,
                greeting="Я Лекало",
                text="прямые леопардовые джинсы",
                caption="пиджак того же стиля",
                in_style="В стиле вашего фото.",
                note="это идея, а не товар",
            )
            await _converse(
                boris,
                greeting="I am Lekalo",
                text="straight leopard jeans",
                caption="a blazer in the same style",
                in_style="In the style of your photo.",
                note="an idea, not a product",
            )
            assert await bot.terminate() == 0, bot.log
        stored = list((tmp_path / "data" / "pictures").rglob("*.png"))
        assert len(stored) == 8
        with Image.open(stored[0]) as picture:
            assert {"seed", "model", "prompt"} <= {str(name).lower() for name in picture.info}
        _keeps_secrets(bot.log)


async def _converse(
    chat: Person, *, greeting: str, text: str, caption: str, in_style: str, note: str
) -> None:
    chat.write("/start")
    await chat.hears(greeting)
    words = chat.write(text)
    photo = chat.send_photo(_photo(), caption)
    await chat.world.until(lambda: any(m.get("reply_to_message") for m in chat.from_bot))
    chat.write("/start")  # answered at once, before the pictures
    await chat.world.until(lambda: sum(greeting in said for said in chat.texts) == 2)
    greeted = chat.from_bot[-1]["message_id"]
    pictures = await chat.gets_pictures(4, timeout=240)
    assert greeted < pictures[-1]["message_id"]
    answered = [picture["reply_to_message"]["message_id"] for picture in pictures]
    assert answered == [words["message_id"]] * 2 + [photo["message_id"]] * 2
    assert pictures[0]["caption"].lower().startswith(text)
    assert note in pictures[0]["caption"]
    assert in_style in pictures[2]["caption"]
    assert min(pictures[0]["photo"][-1]["width"], pictures[0]["photo"][-1]["height"]) >= 512
    await chat.world.until(lambda: all(greeting in said or "2" in said for said in chat.texts))


def _keeps_secrets(log: str) -> None:
    assert TOKEN not in log
    for word in ("леопардовые", "blazer", "Анна", "Boris"):
        assert word not in log
    events = [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]
    assert events.count("delivered") == 4
