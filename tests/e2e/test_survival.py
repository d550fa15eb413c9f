"""Nothing accepted is lost: kill -9, SIGTERM, a request that kills the process, wrong settings."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.playground.server import TOKEN, TelegramServer
from tests.e2e.process import ROOT, BotProcess


async def test_a_picture_survives_kill_9_and_comes_once(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, BotProcess(telegram, tmp_path, PAINTER_PAUSE="0.6") as bot:
        anna = telegram.world.person(1)
        wish = anna.write("прямые леопардовые джинсы")
        await anna.hears("Рисую")
        await bot.kill()
        await bot.start()
        pictures = await anna.gets_pictures(2)
        assert {picture["reply_to_message"]["message_id"] for picture in pictures} == {wish["message_id"]}
        await telegram.world.until(
            lambda: all("Картинка" in text for text in anna.texts)
        )  # the status message is gone
        await asyncio.sleep(1.0)
        assert len(anna.pictures) == 2
        assert anna.texts == ["Картинка 1 из 2. Что дальше?"]  # the buttons came once
        seeds = _rows(tmp_path, "SELECT seed FROM jobs")
        assert _rows(tmp_path, "SELECT min(seed) FROM pictures") == seeds


async def test_an_update_is_confirmed_only_when_it_is_stored(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        people = [telegram.world.person(number, language_code="en") for number in range(1, 9)]
        bot = BotProcess(telegram, tmp_path)
        await bot.start()
        for number, person in enumerate(people):
            person.write("a red dress")
            if number % 3 == 1:
                await bot.kill()
                await bot.start(wait=False)
        try:
            for person in people:
                await person.gets_pictures(2)
            await asyncio.sleep(1.0)
            assert [len(person.pictures) for person in people] == [2] * 8
            assert _rows(tmp_path, "SELECT count(*) FROM jobs") == [(8,)]
        finally:
            await bot.kill()


async def test_sigterm_ends_in_time_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, BotProcess(telegram, tmp_path, PAINTER_PAUSE="3") as bot:
        anna = telegram.world.person(1)
        anna.write("красное пальто")
        await anna.hears("Рисую")
        began = asyncio.get_running_loop().time()
        assert await bot.terminate() == 0, bot.log
        assert asyncio.get_running_loop().time() - began < 20
        assert not anna.pictures
        hurried = BotProcess(telegram, tmp_path)
        await hurried.start()
        try:
            await anna.gets_pictures(2)
        finally:
            await hurried.kill()


@pytest.mark.slow
async def test_a_request_that_kills_the_process_is_parked_and_its_owner_told(tmp_path: Path) -> None:
    async with TelegramServer() as telegram:
        anna, boris = telegram.world.person(1), telegram.world.person(2, "Boris", "en")
        bot = BotProcess(telegram, tmp_path, PAINTER_DIES_OF="бомбер")
        await bot.start()
        anna.write("красный бомбер")
        heard = asyncio.ensure_future(anna.hears("нарисовать не получилось", timeout=150))
        try:
            for _ in range(8):  # started again after every crash, however slowly, until Anna is told
                death = asyncio.ensure_future(bot.ended(timeout=150))
                await asyncio.wait((heard, death), return_when=asyncio.FIRST_COMPLETED)
                if heard.done():
                    death.cancel()
                    break
                assert await death == 137, bot.log
                await bot.start(wait=False)
            await heard
            boris.write("a red dress")
            await boris.gets_pictures(2)
            assert _rows(tmp_path, "SELECT problem FROM jobs WHERE user_id = 1") == [("crashed",)]
        finally:
            await bot.kill()


def test_a_missing_token_is_one_sentence(tmp_path: Path) -> None:
    path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env={**path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("BOT_TOKEN is not set")
    assert len(done.stderr.strip().splitlines()) == 1


async def test_a_token_that_telegram_does_not_know_is_one_sentence(tmp_path: Path) -> None:
    async with TelegramServer(token="77:other") as telegram:
        bot = BotProcess(telegram, tmp_path)
        await bot.start(wait=False)
        assert await bot.ended() == 2
        assert bot.log.splitlines()[-1] == "Telegram does not know BOT_TOKEN: take it anew from @BotFather."
        assert TOKEN not in bot.log


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "data" / "bot.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
