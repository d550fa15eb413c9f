"""A Telegram that refuses, fails and hangs up all the time: everybody is answered, its limits are kept."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from pathlib import Path

import pytest

from bot.playground.faults import UPDATES, Fault, Faults
from bot.sender.turnstile import ALL_BURST, ALL_PER_SECOND, CHAT_BURST
from tests.bot.house import running
from tests.bot.painter import Painter
from tests.rates import Measured

PUBLISHED = 30
"""Messages a second in all (core.telegram.org/bots/faq)."""
PATIENCE = 600.0


class Rough(Faults):
    """429 to 5 %, 500 to 5 %; 2 % of connections are cut, half of them after the call was done."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = random.Random(seed)
        self.met: dict[str, int] = {}
        # one of each for sure, as a short trial may throw none of the rare ones: shares where they begin
        self.owed = [0.0, 0.05, 0.10, 0.11]
        self.calls = 0

    async def meet(self, method: str) -> bool:
        self.calls += method != UPDATES
        share = self.dice.random()
        if self.owed and method != UPDATES and self.calls >= 12 * (5 - len(self.owed)):
            share = self.owed.pop()
        kind, fault = self._thrown(share)
        if kind and method == UPDATES and fault.code == 429:
            return False  # Telegram does not count getUpdates
        if kind:
            self.met[kind] = self.met.get(kind, 0) + 1
            self._faults = [fault]
        return await super().meet(method)

    def _thrown(self, share: float) -> tuple[str, Fault]:
        if share < 0.05:
            return "429", Fault(code=429, description="Too Many Requests", retry_after=1, times=1)
        if share < 0.10:
            return "500", Fault(code=500, description="Internal Server Error", times=1)
        if share < 0.11:
            return "unsent", Fault(offline=True, times=1)
        if share < 0.12:
            return "unheard", Fault(unheard=True, times=1)
        self._faults = []
        return "", Fault()


async def _load(folder: Path, people: int, wishes: int, pause: float) -> None:
    """So many people, each with so many wishes, one every `pause` seconds in all."""
    async with Measured() as telegram:
        rough = telegram.faults = Rough(seed=7)
        async with running(
            telegram, folder, Painter(), rate=1.0, wishes_at_once="0", pictures_a_day="0", queue_limit="0"
        ):
            users = [telegram.world.person(number) for number in range(1, people + 1)]
            asked = []
            for number in range(people * wishes):
                user = users[number % people]
                asked.append((user, user.write("красное платье")["message_id"]))
                await asyncio.sleep(pause)
            for user, message_id in asked:
                await telegram.world.until(
                    lambda user=user, message_id=message_id: _answers(user.pictures, message_id) >= 2,
                    PATIENCE,
                )
            await telegram.world.until(lambda: _states(folder) == {"delivered"}, PATIENCE)
    total = sum(rough.met.values())
    print(
        f"faults {rough.met}; busiest second {telegram.most(1.0)} messages, of {PUBLISHED};"
        f" longest silence {telegram.longest_silence():.1f} s"
    )
    assert min(rough.met.get(kind, 0) for kind in ("429", "500", "unsent", "unheard")) > 0, total
    copies = sum(_answers(user.pictures, message_id) - 2 for user, message_id in asked) / 2
    assert copies <= rough.met["unheard"]  # whoever's answer was lost is sent to again
    assert telegram.too_many == 0
    assert telegram.most(1.0) <= ALL_PER_SECOND + ALL_BURST + 2 <= PUBLISHED + 2  # an album is not cut
    for chat in telegram.chats():
        assert telegram.most(10.0, chat) <= 10 + CHAT_BURST + 2


def _answers(pictures: list[dict[str, object]], message_id: int) -> int:
    return sum(p.get("reply_to_message", {}).get("message_id") == message_id for p in pictures)  # type: ignore[attr-defined]


def _states(folder: Path) -> set[str]:
    connection = sqlite3.connect(folder / "bot.sqlite3")
    try:
        return {row[0] for row in connection.execute("SELECT DISTINCT state FROM jobs")}
    finally:
        connection.close()


@pytest.mark.slow
async def test_everybody_is_answered_and_no_limit_is_broken(tmp_path: Path) -> None:
    await _load(tmp_path, people=12, wishes=2, pause=0.1)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_ten_minutes_of_it(tmp_path: Path) -> None:
    began = time.monotonic()
    await _load(tmp_path, people=60, wishes=15, pause=0.67)
    assert time.monotonic() - began >= 600
