"""Room: how many pictures share a pass, as memory allows.

When memory runs out the number is halved; after some calm it is doubled again,
and where that was too early, the next try takes longer. This module knows errors
and numbers; it does not know rows or models.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch

CALM_PASSES = 64
"""Passes without trouble after which twice as many rows are tried again."""
MOST_CALM_PASSES = 4096

T = TypeVar("T")
log = logging.getLogger(__name__)


class Room:
    """Counts in pictures of the model's own size."""

    def __init__(self, most: int) -> None:
        self.most = float(most)
        self.now = self.most
        """At most so many share a pass now."""
        self.calm_needed = CALM_PASSES
        self._calm = 0
        self._grown = False

    def shrink(self, failed: float) -> None:
        """So many did not fit: half of them do from now on."""
        self._calm = 0
        if self._grown:
            self.calm_needed, self._grown = min(2 * self.calm_needed, MOST_CALM_PASSES), False
        self.now = max(1.0, min(self.now, failed) / 2)
        log.warning("memory ran out: at most %g pictures share a pass now", self.now)
        _free_memory()

    def grow(self) -> None:
        """A pass went well."""
        if self.now >= self.most:
            return
        self._calm += 1
        if self._calm >= self.calm_needed:
            self._calm, self._grown = 0, True
            self.now = min(self.most, 2 * self.now)


def patiently(call: Callable[[], T]) -> T:
    """Call, and once more after freeing what can be freed where memory ran out."""
    try:
        return call()
    except Exception as error:
        if not out_of_memory(error):
            raise
    _free_memory()
    return call()


def out_of_memory(error: BaseException) -> bool:
    """Whether memory is what was missing, on whichever device."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
