"""`python -m tests.e2e.measure_load`: chats that write by chance, at a share of what the bot can draw.

The real bot as a process of its own, at Telegram's rate, against the small
Telegram; with the embedded model, or with --painter SECONDS a picture. First
its capacity is measured: requests a second while some always wait. Then
requests arrive by chance (Poisson) in random chats at that share of it.
Prints how long the acknowledgement (the status message) and the pictures took
to arrive, and how much memory the bot had, minute by minute. What is timed
depends on the machine and on what else runs there.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bot.playground.params import Params
from bot.playground.server import TelegramServer
from tests.e2e.process import BotProcess

PICTURES = 2
STEPS = 10
"""Of a painter's request."""
ASKED = ("a red dress", "blue jeans", "чёрное пальто", "леопардовая юбка", "striped t-shirt", "белая рубашка")
UNLIMITED = {"WISHES_AT_ONCE": "0", "PICTURES_A_DAY": "0", "QUEUE_LIMIT": "0", "TELEGRAM_RATE": "1"}
OFFERS = ("Что дальше?", "What next?")
SAMPLE_SECONDS = 2.0
PATIENCE = 1_800.0


class Clocked(TelegramServer):
    """Notes when the bot's first word and the pictures to each request arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[float] = []
        self.answered: list[float] = []
        self.ends: list[float] = []
        """When each answer came, as `time.monotonic` has it."""
        self._heard: dict[int, deque[float]] = defaultdict(deque)
        self._drawn: dict[tuple[int, int], float] = {}

    def ask(self, chat: int, text: str) -> None:
        message = self.world.person(chat, language_code="en").write(text)
        now = time.monotonic()
        self._heard[chat].append(now)
        self._drawn[chat, message["message_id"]] = now

    @property
    def open(self) -> int:
        return len(self._drawn)

    async def call(self, name: str, params: Params) -> Any:
        now = time.monotonic()
        if name == "sendMessage" and not any(offer in params["text"] for offer in OFFERS):
            waiting = self._heard[int(params["chat_id"])]
            if waiting:
                self.acknowledged.append(now - waiting.popleft())
        result = await super().call(name, params)
        if name == "sendMediaGroup":
            answer = result[0]["reply_to_message"]["message_id"]
            began = self._drawn.pop((int(params["chat_id"]), answer), None)
            if began is not None:
                self.answered.append(time.monotonic() - began)
                self.ends.append(time.monotonic())
        return result

    async def settled(self, left: int = 0) -> None:
        await self.world.until(lambda: self.open <= left, PATIENCE)


@dataclass
class Figures:
    """capacity, rate: requests a second. Seconds of acknowledgements and answers; megabytes every 2 s."""

    capacity: float
    rate: float
    acknowledged: list[float]
    answered: list[float]
    memory: list[float]

    @property
    def growth(self) -> float:
        """Of the last third's memory over that of the first."""
        third = max(1, len(self.memory) // 3)
        return statistics.median(self.memory[-third:]) / statistics.median(self.memory[:third])

    def lines(self) -> list[str]:
        minute = int(60 / SAMPLE_SECONDS)
        minutes = [self.memory[at : at + minute] for at in range(0, len(self.memory), minute)]
        return [
            f"capacity {self.capacity:.2f} requests/s; then {len(self.answered)}, {self.rate:.2f} a second",
            f"acknowledged after (s): {_quantiles(self.acknowledged)}",
            f"answered after (s): {_quantiles(self.answered)}",
            "memory of the bot by minute (MB): "
            + ", ".join(f"{statistics.median(samples):.0f}" for samples in minutes)
            + f"; the last third {self.growth:.2f} times the first",
        ]


async def measure(
    folder: Path, *, chats: int, share: float, seconds: float, warm: int, painter: float | None = None
) -> Figures:
    """warm: requests by which the capacity is measured. painter: seconds a picture; None: the model."""
    dice = random.Random(11)
    module = "bot" if painter is None else "tests.e2e.painted_bot"
    pause = {} if painter is None else {"PAINTER_PAUSE": str(painter * PICTURES / STEPS)}
    async with Clocked() as telegram, BotProcess(telegram, folder, module, **UNLIMITED, **pause) as bot:
        for number in range(1, warm + 1):
            telegram.ask(number, dice.choice(ASKED))
        await telegram.settled(left=warm // 2)
        half, middle = len(telegram.ends), telegram.ends[-1]
        await telegram.settled(left=1)  # the last one is drawn alone
        capacity = (len(telegram.ends) - half) / (telegram.ends[-1] - middle)
        await telegram.settled()
        telegram.acknowledged.clear()
        telegram.answered.clear()
        sampling = asyncio.create_task(_sample(bot.pid))
        rate, began = share * capacity, time.monotonic()
        while (now := time.monotonic()) - began < seconds:
            await asyncio.sleep(dice.expovariate(rate))
            telegram.ask(dice.randint(1, chats), dice.choice(ASKED))
        asked = len(telegram.answered) + telegram.open
        await telegram.settled()
        sampling.cancel()
        return Figures(
            capacity, asked / (now - began), telegram.acknowledged, telegram.answered, await sampling
        )


async def _sample(process: int) -> list[float]:
    """Resident megabytes, every SAMPLE_SECONDS until cancelled."""
    bot = psutil.Process(process)
    samples: list[float] = []
    try:
        while True:
            samples.append(bot.memory_info().rss / 1e6)
            await asyncio.sleep(SAMPLE_SECONDS)
    except asyncio.CancelledError:
        return samples


def _quantiles(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    named = (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("longest", 1.0))
    return ", ".join(
        f"{name} {ranked[min(len(ranked) - 1, int(at * len(ranked)))]:.3f}" for name, at in named
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.measure_load", description=__doc__)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--share", type=float, default=0.8, help="of the capacity")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm", type=int, default=20, help="requests by which the capacity is measured")
    parser.add_argument("--painter", type=float, help="seconds a picture, instead of the embedded model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(
            measure(
                Path(folder),
                chats=options.chats,
                share=options.share,
                seconds=options.minutes * 60,
                warm=options.warm,
                painter=options.painter,
            )
        )
    print("\n".join(figures.lines()))


if __name__ == "__main__":
    main()
