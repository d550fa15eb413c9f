"""Orders: a request as the engine takes it, and the ticket by which its caller hears of it.

This module knows no torch, no model and no event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.request import Sampler

Pixels = NDArray[np.uint8]


class Closed(RuntimeError):
    """The engine was closed before the order was drawn."""


@dataclass(frozen=True, slots=True)
class Order:
    """A request as the engine takes it, already checked.

    seeds: one a picture. side: in pixels, a multiple of the model's grid.
    guidance 1 draws without. photos: RGB.
    """

    prompt: str
    seeds: tuple[int, ...]
    side: int
    steps: int
    guidance: float
    photos: tuple[Image.Image, ...] = ()
    photo_weight: float = 0.6
    sampler: Sampler = "dpm++"


@dataclass(slots=True)
class Ticket:
    """An order in the engine. The callbacks come from the engine's thread and must return at once.

    on_progress(step, steps): over all pictures; the first is 0.
    on_picture(index, pixels): (side, side, 3) uint8. on_end(None or what went wrong): once, last.
    The fields after `cancelled` are the engine's own.
    """

    order: Order
    on_progress: Callable[[int, int], None]
    on_picture: Callable[[int, Pixels], None]
    on_end: Callable[[BaseException | None], None]
    cancelled: bool = False
    ended: bool = False
    drawing: int = 0
    left: int = 0
    done_steps: int = 0
    rows: deque[Any] = field(default_factory=deque)
    prepared: bool = False

    def end(self, error: BaseException | None) -> None:
        """Tell the caller, unless it was told before."""
        if not self.ended:
            self.ended = True
            self.rows.clear()
            self.on_end(error)
