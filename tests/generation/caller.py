"""A caller of the engine for tests, and the orders that it gives."""

from __future__ import annotations

import queue
import threading
from typing import Any

from PIL import Image

from generation.engine import Engine
from generation.orders import Order, Pixels, Ticket

PROMPT = "прямые леопардовые джинсы"
PHOTO = Image.effect_mandelbrot((90, 60), (-2, -1.5, 1, 1.5), 50).convert("RGB")
OWN = Image.effect_mandelbrot((64, 64), (-1.5, -1, 0.5, 1), 40).convert("RGB")
LEVELS = 2
"""Of 255: how far a picture may be from the same one drawn alone. In fp32 a row of a larger batch differs by
about 1e-6 a pass (products are summed in another order); guidance 4 and the division by the square root of
alpha, which is 0.04 at the first step, enlarge that a hundredfold and more, and the picture rounds it."""


class Caller:
    """Waits for one ticket."""

    def __init__(self, engine: Engine, order: Order) -> None:
        self.pictures: dict[int, Pixels] = {}
        self.steps: list[tuple[int, int]] = []
        self.ends: queue.Queue[BaseException | None] = queue.Queue()
        self.progressed = threading.Event()
        self.ticket = Ticket(order, self.progress, self.pictures.__setitem__, self.ends.put)
        self.engine = engine
        engine.submit(self.ticket)

    def progress(self, step: int, steps: int) -> None:
        self.steps.append((step, steps))
        self.progressed.set()

    def wait(self) -> list[Pixels]:
        error = self.ends.get(timeout=60)
        if error is not None:
            raise error
        assert self.ends.empty()
        return [self.pictures[i] for i in range(len(self.ticket.order.seeds))]


def order(seed: int = 3, count: int = 1, **changes: Any) -> Order:
    """Of the tiny model's own size, unless changed."""
    fields: dict[str, Any] = {"width": 64, "height": 64, "prompt": PROMPT, "steps": 6, "guidance": 4.0}
    return Order(seeds=tuple(range(seed, seed + count)), **fields | changes)
