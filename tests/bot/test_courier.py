"""What is brought to a chat, as Telegram's side sees it."""

from __future__ import annotations

from pathlib import Path

from bot.playground.server import TelegramServer
from tests.bot.house import running
from tests.bot.painter import Painter
from tests.bot.talk import Talk


def _uploads(telegram: TelegramServer) -> int:
    return sum("attach://" in str(call.params) for call in telegram.world.calls)


async def test_what_telegram_has_is_never_uploaded_again(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, running(telegram, tmp_path, Painter()):
        anna = telegram.world.person(1)
        talk = Talk(anna)
        await talk.draws("красное платье", "Красное платье")
        assert _uploads(telegram) == 1  # an album in one call
        anna.write("/history")
        [*_, page] = await anna.gets_pictures(3)
        await talk.asks("Продолжить", "Продолжаем", page)
        await anna.gets_pictures(5)
        assert _uploads(telegram) == 1
