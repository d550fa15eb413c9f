"""Loads: when requests come, and how long each waits.

One alone, eight at once, and Poisson arrivals; the same arrivals and prompts for
every system. Beside the waiting, the event loop's own lag is measured, as a chat
would feel it. This module knows time; it does not know who draws.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generation.bench.meters import Memory
from generation.bench.systems import System
from generation.vocabulary import COLOURS, PATTERNS, TYPES

TICK = 0.005
"""Seconds between two looks at the event loop."""


@dataclass(slots=True)
class Waiting:
    """One request: seconds from its arrival to the first news of it, to each step, and to its picture."""

    steps: list[float] = field(default_factory=list)
    seconds: float = 0.0
    news: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a system did under a load; times in seconds.

    pace: the median time between two steps of a picture. news95: to the first progress that is told, that the
    drawing has begun or its first step; first50, first95: to the first step.
    lag99: of the event loop, 99th percentile.
    memory: the peak in bytes, of the device or, on a CPU, of the whole process.
    """

    system: str
    load: str
    pictures: int
    seconds: float
    p50: float
    p95: float
    news95: float
    first50: float
    first95: float
    pace: float
    lag99: float
    memory: int

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / self.seconds

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        names = (
            "system",
            "load",
            "pictures",
            "seconds",
            "p50",
            "p95",
            "news95",
            "first50",
            "first95",
            "pace",
            "lag99",
        )
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found |= {"pictures_per_second": self.rate, "peak_memory_bytes": self.memory}
        found["first_progress_in_steps_p95"] = self.news95 / self.pace if self.pace else None
        found["first_step_in_steps_p95"] = self.first95 / self.pace if self.pace else None
        return {key: round(value, 5) if isinstance(value, float) else value for key, value in found.items()}


def prompts(seed: int) -> Iterator[str]:
    """Looks of the vocabulary in English, none twice: no cache of texts helps anybody."""
    looks = list(itertools.product(COLOURS.values(), PATTERNS.values(), TYPES.values()))
    random.Random(seed).shuffle(looks)
    for colour, pattern, type_ in itertools.cycle(looks):
        yield f"{colour.en[0]} {pattern.en[0]} {type_.en[0].text}".replace("=", "")


def poisson(count: int, rate: float, seed: int = 0) -> list[float]:
    """Arrival times in seconds of `count` requests at `rate` a second, the first at 0."""
    dice = random.Random(seed)
    gaps = [dice.expovariate(rate) for _ in range(count - 1)]
    return [0.0, *itertools.accumulate(gaps)]


async def measure(
    system: System, load: str, arrivals: Sequence[float], words: Iterator[str], memory: Memory
) -> Measured:
    """Let requests arrive at these times (seconds) and wait for all of them."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            lags.append(time.perf_counter() - before - TICK)
            memory.look()

    async def one(at: float, prompt: str, seed: int) -> Waiting:
        await asyncio.sleep(max(0.0, at - (time.perf_counter() - start)))
        waiting, arrived = Waiting(), time.perf_counter()

        def hear(step: int) -> None:
            now = time.perf_counter() - arrived
            waiting.news = waiting.news or now
            if step:
                waiting.steps.append(now)

        await system.draw(prompt, seed, hear)
        waiting.seconds = time.perf_counter() - arrived
        return waiting

    memory.begin()
    start = time.perf_counter()
    watching = asyncio.create_task(watch())
    try:
        found = await asyncio.gather(*(one(at, next(words), i) for i, at in enumerate(arrivals)))
        seconds = time.perf_counter() - start
    finally:
        watching.cancel()
    return summary(system.name, load, found, seconds, lags, memory.peak())


def summary(
    system: str, load: str, found: Sequence[Waiting], seconds: float, lags: Sequence[float], memory: int
) -> Measured:
    """Percentiles of what was waited."""
    waited = np.array([one.seconds for one in found])
    firsts = np.array([one.steps[0] if one.steps else one.seconds for one in found])
    news = np.array([one.news or one.seconds for one in found])
    gaps = [b - a for one in found for a, b in itertools.pairwise(one.steps)]
    return Measured(
        system=system,
        load=load,
        pictures=len(found),
        seconds=seconds,
        p50=float(np.quantile(waited, 0.5)),
        p95=float(np.quantile(waited, 0.95)),
        news95=float(np.quantile(news, 0.95)),
        first50=float(np.quantile(firsts, 0.5)),
        first95=float(np.quantile(firsts, 0.95)),
        pace=statistics.median(gaps) if gaps else 0.0,
        lag99=float(np.quantile(lags, 0.99)) if lags else 0.0,
        memory=memory,
    )
