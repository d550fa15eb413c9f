"""Rehearsed trouble: answers that fail, come late, or do not come at all.

A fault is meant for one method or for all ("*"), for so many calls or until it
is taken away. Knows no method and no chat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.playground.refusal import Refused

RETRY_AFTER = 3
SLOW_SECONDS = 3.0
UPDATES = "getUpdates"


class Offline(Exception):
    """The connection is to be cut without an answer."""


@dataclass
class Fault:
    """What the next `times` calls of `method` meet (times None: all of them)."""

    method: str = "*"
    code: int = 0
    """The error code with which the call fails; 0: it does not fail."""
    description: str = ""
    retry_after: int | None = None
    seconds: float = 0.0
    """How late the answer comes."""
    offline: bool = False
    unheard: bool = False
    """The call is done, and the connection cut before the answer."""
    every: int = 1
    """Only every so many-th call."""
    times: int | None = None
    seen: int = 0

    def meets(self, method: str) -> bool:
        if self.times == 0 or self.method not in (method, "*"):
            return False
        if self.method == "*" and method == UPDATES and not self.offline:
            return False  # a bot that hears nothing cannot be watched
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


NAMED = {
    "429": Fault(code=429, description=f"retry after {RETRY_AFTER}", retry_after=RETRY_AFTER, every=3),
    "slow": Fault(seconds=SLOW_SECONDS),
    "offline": Fault(offline=True),
}
"""`--fault NAME` and what the chat page offers: every third call is refused, all come late, none come."""


class Faults:
    def __init__(self) -> None:
        self.name = ""
        """Of the fault that holds for all calls; empty: none does."""
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def switch(self, name: str) -> None:
        """One of NAMED for all calls from now on, or "" for none; other faults are forgotten."""
        self.name = name
        self._faults = [replace(NAMED[name])] if name else []

    async def meet(self, method: str) -> bool:
        """Raises Refused or Offline, or comes back late, or at once; True: the answer is to be lost."""
        for fault in self._met(method):
            if fault.seconds:
                await asyncio.sleep(fault.seconds)
            if fault.offline:
                raise Offline
            if fault.code:
                error = Refused("", fault.code, fault.retry_after)
                error.args = (fault.description or str(error),)
                raise error
            return fault.unheard
        return False

    def _met(self, method: str) -> Iterable[Fault]:
        for fault in self._faults:
            if fault.meets(method):
                yield fault
                return
