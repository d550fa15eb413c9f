"""The bot's log: one id from the update to the delivery, and nothing that is not for it."""

from __future__ import annotations

import json
from pathlib import Path

from bot.playground.server import TOKEN, TelegramServer
from tests.e2e.process import BotProcess


async def test_one_id_leads_from_the_update_to_the_delivery_and_no_word_is_told(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, BotProcess(telegram, tmp_path) as bot:
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Борислав")
        telegram.fail("sendMediaGroup", 500, "Internal Server Error", times=2)
        anna.write("прямые леопардовые джинсы")
        first = telegram.world.updates[-1]["update_id"]
        await anna.hears("Что дальше?")
        telegram.fail("sendMessage", 400, 'Bad Request: can\'t parse "бирюзовое"')
        boris.write("бирюзовое платье")
        second = telegram.world.updates[-1]["update_id"]
        await boris.gets_pictures(2)
        await telegram.world.until(lambda: bot.log.count('"delivered"') == 2)
        lines = [json.loads(line) for line in bot.log.splitlines()]
        for update in (first, second):
            told = [line["event"] for line in lines if line.get("update") == update]
            assert [event for event in told if event in ("accepted", "drawn", "delivered")] == [
                "accepted",
                "drawn",
                "delivered",
            ]
        assert [line["update"] for line in lines if line["event"] == "telegram failed"] == [first] * 2
        assert any(line["event"] == "telegram refused" and line["update"] == second for line in lines)
        for secret in (TOKEN, "леопард", "бирюзов", "Анна", "Борислав"):
            assert secret not in bot.log
