"""Sheets: the same prompts and seeds drawn again and again while a model is trained.

They are drawn by the engine that serves users, from the averaged weights. This
module knows prompts and the engine; it does not know how the weights came about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

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


def draw(kandinsky: Kandinsky, orders: Sequence[Order]) -> list[list[NDArray[np.uint8]]]:
    """The pictures (side, side, 3) of each order, by an engine of its own. Raises what drawing raised."""
    engine = Engine(lambda: kandinsky)
    engine.start()
    try:
        waiting = [_Wait(len(order.seeds)) for order in orders]
        for order, wait in zip(orders, waiting, strict=True):
            engine.submit(Ticket(order, _nothing, wait.keep, wait.end))
        return [wait.result() for wait in waiting]
    finally:
        engine.close()


class Casting(nn.Module):
    """A part in training, as the engine takes it: whatever format it is given, it computes in its own."""

    def __init__(self, module: Any, autocast: Callable[[], AbstractContextManager[Any]]) -> None:
        super().__init__()
        self.module, self._autocast = module, autocast

    @property
    def config(self) -> Any:
        """The part's."""
        return self.module.config

    @property
    def dtype(self) -> torch.dtype:
        """The part's."""
        found: torch.dtype = self.module.dtype
        return found

    def forward(self, *given: Any, **named: Any) -> Any:
        """What the part says."""
        with self._autocast():
            return self.module(
                *(self._cast(v) for v in given), **{k: self._cast(v) for k, v in named.items()}
            )

    def post_process_latents(self, latents: Tensor) -> Tensor:
        """The prior's."""
        found: Tensor = self.module.post_process_latents(latents.to(self.dtype))
        return found

    def _cast(self, value: Any) -> Any:
        if isinstance(value, Tensor) and value.is_floating_point():
            return value.to(self.dtype)
        if isinstance(value, dict):
            return {key: self._cast(one) for key, one in value.items()}
        return value


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
        Order(prompt, (SEED + i // 2,), side, side, steps, GUIDANCE) for i, prompt in enumerate(PROMPTS)
    ]
    pictures = [row[0] for row in draw(kandinsky, orders)]
    lines = [np.concatenate(pictures[i::2], axis=1) for i in range(2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(lines)).save(path)
