"""Sheets: the same prompts and seeds drawn again and again while a model is trained.

They are drawn by the engine that serves users, from the averaged weights. This
module knows prompts and the engine; it does not know how the weights came about.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine import Engine
from generation.kandinsky import Kandinsky
from generation.orders import Order, Ticket

PROMPTS = (
    "black leather jacket",
    "чёрная кожаная куртка",
    "straight leopard jeans",
    "прямые леопардовые джинсы",
    "red summer dress with polka dots",
    "красное летнее платье в горошек",
    "white running shoes",
    "белые кроссовки",
)
"""Pairs of one meaning in both languages, which share a seed."""
SEED = 7
STEPS = 20
GUIDANCE = 4.0


def draw(
    kandinsky: Kandinsky, orders: Sequence[Order], threads: int | None = None
) -> list[list[NDArray[np.uint8]]]:
    """The pictures (side, side, 3) of each order, by an engine of its own. Raises what drawing raised."""
    engine = Engine(lambda: kandinsky, threads=threads)
    engine.start()
    try:
        waiting = [_Wait(len(order.seeds)) for order in orders]
        for order, wait in zip(orders, waiting, strict=True):
            engine.submit(Ticket(order, _nothing, wait.keep, wait.end))
        return [wait.result() for wait in waiting]
    finally:
        engine.close()


class _Wait:
    def __init__(self, count: int) -> None:
        self._pictures: list[NDArray[np.uint8] | None] = [None] * count
        self._done = threading.Event()
        self._error: BaseException | None = None

    def keep(self, index: int, pixels: NDArray[np.uint8]) -> None:
        self._pictures[index] = pixels

    def end(self, error: BaseException | None) -> None:
        self._error = error
        self._done.set()

    def result(self) -> list[NDArray[np.uint8]]:
        self._done.wait()
        if self._error is not None:
            raise self._error
        return [picture for picture in self._pictures if picture is not None]


def _nothing(*_: object) -> None:
    return None


def write(kandinsky: Kandinsky, path: Path, side: int, steps: int = STEPS) -> None:
    """Draw PROMPTS, a column a meaning, English above Russian, into one PNG."""
    orders = [
        Order(prompt, (SEED + i // 2,), side, steps, GUIDANCE) for i, prompt in enumerate(PROMPTS)
    ]
    pictures = [row[0] for row in draw(kandinsky, orders)]
    lines = [np.concatenate(pictures[i::2], axis=1) for i in range(2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(lines)).save(path)
