"""The whole bot behind a webhook, as a process: it hangs the webhook itself, answers, and ends in time."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from bot.playground.server import TelegramServer
from tests.e2e.process import BotProcess


async def test_a_bot_behind_a_webhook(tmp_path: Path, unused_tcp_port: int) -> None:
    door = {"HTTP_PORT": str(unused_tcp_port), "WEBHOOK_SECRET": "a-secret-of-24-characters"}
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with TelegramServer() as telegram:
        bot = BotProcess(telegram, tmp_path, WEBHOOK_URL=url, PAINTER_PAUSE="3", **door)
        await bot.start(wait=False)
        try:
            anna = telegram.world.person(1)
            anna.write("красное пальто")
            await anna.hears("Рисую")
            async with aiohttp.ClientSession() as http, http.get(url + "/healthz") as answer:
                assert answer.status == 200
            assert not telegram.called("getUpdates")
            assert await bot.terminate() == 0, bot.log
        finally:
            await bot.kill()
