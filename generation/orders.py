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

from generation.request import PHOTO_WEIGHT, Sampler
from generation.vocabulary import Wish

Pixels = NDArray[np.uint8]
Places = NDArray[np.bool_]


class Closed(RuntimeError):
    """The engine was closed before the order was drawn."""


@dataclass(frozen=True, slots=True)
class Order:
    """A request as the engine takes it, already checked.

    seeds: one a picture. width, height: in pixels, multiples of the model's grid.
    guidance 1 draws without. photos: RGB, mixed in the ratio photo_weights (None: equally).
    init: RGB, width × height, of which `strength` (above 0, to 1) is drawn anew.
    mask: (height, width), True where init is painted anew.
    owner: whom it is for, empty for nobody's; priority: one more doubles the share.
    """

    prompt: str
    seeds: tuple[int, ...]
    width: int
    height: int
    steps: int
    guidance: float
    photos: tuple[Image.Image, ...] = ()
    photo_weight: float = PHOTO_WEIGHT
    photo_weights: tuple[float, ...] | None = None
    sampler: Sampler = "dpm++"
    negative: str = ""
    init: Image.Image | None = None
    strength: float = 1.0
    mask: Places | None = None
    owner: str = ""
    priority: int = 0

    @property
    def start(self) -> int:
        """The first step of the sampler that is taken; the ones before are saved by starting from `init`."""
        if self.init is None:
            return 0
        return self.steps - max(1, round(self.steps * self.strength))

    @property
    def taken(self) -> int:
        """Steps that are taken, over all pictures."""
        return (self.steps - self.start) * len(self.seeds)


@dataclass(slots=True, eq=False)
class Ticket:
    """An order in the engine. The callbacks come from the engine's thread and must return at once.

    on_progress(step, steps): over all pictures; the first is 0.
    on_picture(index, pixels): (height, width, 3) uint8. on_end(None or what went wrong): once, last.
    seen: what the photos show, known before the first picture comes.
    The fields after `seen` are the engine's own.
    """

    order: Order
    on_progress: Callable[[int, int], None]
    on_picture: Callable[[int, Pixels], None]
    on_end: Callable[[BaseException | None], None]
    cancelled: bool = False
    seen: Wish | None = None
    ended: bool = False
    left: int = 0
    done_steps: int = 0
    rows: deque[Any] = field(default_factory=deque)
    prepared: bool = False
    drawing: int = 0
    since: float = 0.0
    number: int = 0

    @property
    def over(self) -> bool:
        """Nothing more is to be drawn for it."""
        return self.cancelled or self.ended

    def end(self, error: BaseException | None) -> None:
        """Tell the caller, unless it was told before or does not listen any more."""
        if not self.ended:
            self.ended = True
            self.rows.clear()
            if not self.cancelled:
                self.on_end(error)
