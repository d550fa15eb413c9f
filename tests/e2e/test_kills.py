"""kill -9 again and again, at start-up, at work and at shutdown: nothing is lost, everybody is answered."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.playground.server import TelegramServer
from tests.e2e.process import BotProcess

REQUESTS, KILLS = int(os.environ.get("KILLS_REQUESTS", "1000")), int(os.environ.get("KILLS", "50"))
"""Of the long form."""
PICTURES = 2
STEP = "0.02"
"""Seconds; a request has ten steps."""
UNLIMITED = {"WISHES_AT_ONCE": "0", "PICTURES_A_DAY": "0", "QUEUE_LIMIT": "0"}


async def _trial(
    folder: Path,
    *,
    people: int,
    requests: int,
    kills: int,
    seed: int,
    patience: float,
    module: str = "tests.e2e.painted_bot",
    alive: tuple[float, float] = (0.2, 4.0),
) -> None:
    """`requests` from `people`, spread over `kills` of the bot at random moments.

    alive: for how many seconds at least and at most it works between two kills, on a quiet machine.
    """
    dice = random.Random(seed)
    async with TelegramServer() as telegram:
        users = [telegram.world.person(number) for number in range(1, people + 1)]
        asked: list[tuple[int, int]] = []
        bot = BotProcess(telegram, folder, module, PAINTER_PAUSE=STEP, **UNLIMITED)
        moments: Counter[str] = Counter()
        pace = 1.0

        async def ask(number: int) -> None:
            for _ in range(number):
                user = users[len(asked) % people]
                asked.append((user.id, user.write("красное платье")["message_id"]))
                await asyncio.sleep(0.01)

        try:
            for kill in range(kills):
                moment = dice.choice(["start-up", "work", "work", "shutdown"])
                moments[moment] += 1
                began = time.monotonic()
                await bot.start(wait=moment != "start-up")
                if moment != "start-up":  # a busy machine needs longer for everything
                    pace = max(1.0, (time.monotonic() - began) / 4)
                await ask(requests * (kill + 1) // kills - len(asked))
                await asyncio.sleep(dice.uniform(*alive) * pace)
                if moment == "shutdown":
                    await bot.signal(signal.SIGTERM)
                    await asyncio.sleep(dice.uniform(0.0, 1.0))
                await bot.kill()
            await bot.start()
            await telegram.world.until(lambda: _answered(users, asked), patience)
            await telegram.world.until(lambda: not _rows(folder, _UNFINISHED), patience)
            await asyncio.sleep(3.0)
        finally:
            await bot.kill()

        copies = _copies(users, asked)
        offers = sum("Что дальше?" in text for user in users for text in user.texts) - len(asked)
        problems = Counter(row[0] for row in _rows(folder, "SELECT problem FROM jobs"))
        print(f"{requests} requests, kills {dict(moments)}: {copies} albums and {offers} buttons came twice")
        assert problems == {None: requests}
        assert _rows(folder, "SELECT count(*) FROM updates WHERE handled_at IS NULL") == [(0,)]
        assert copies + offers <= kills
        assert not any("пошло не так" in text for user in users for text in user.texts)


_UNFINISHED = "SELECT id FROM jobs WHERE state != 'delivered'"


def _albums(users: list[Any]) -> Counter[tuple[int, int]]:
    """How many pictures answer each request."""
    return Counter(
        (user.id, picture["reply_to_message"]["message_id"])
        for user in users
        for picture in user.pictures
        if "reply_to_message" in picture
    )


def _answered(users: list[Any], asked: list[tuple[int, int]]) -> bool:
    got = _albums(users)
    return all(got[request] >= PICTURES for request in asked)


def _copies(users: list[Any], asked: list[tuple[int, int]]) -> int:
    got = _albums(users)
    return sum(got[request] // PICTURES - 1 for request in asked)


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "data" / "bot.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


EMBEDDED: Any = {"module": "bot", "alive": (2.0, 15.0)}
"""The model itself. Between two kills it gets as long as a picture or two take: a request that was being
drawn at four kills running is taken for what killed the bot, and its owner told (`test_survival`)."""


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_three_requests_to_the_embedded_model_and_a_kill(tmp_path: Path) -> None:
    await _trial(tmp_path, people=3, requests=3, kills=1, seed=3, patience=400, **EMBEDDED)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_sixty_requests_to_the_embedded_model_and_ten_kills(tmp_path: Path) -> None:
    await _trial(tmp_path, people=20, requests=60, kills=10, seed=4, patience=3_000, **EMBEDDED)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_sixty_requests_and_five_kills(tmp_path: Path) -> None:
    await _trial(tmp_path, people=20, requests=60, kills=5, seed=1, patience=300)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_a_thousand_requests_and_fifty_kills(tmp_path: Path) -> None:
    await _trial(tmp_path, people=200, requests=REQUESTS, kills=KILLS, seed=2, patience=3_000)
