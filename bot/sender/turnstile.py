"""When a call to Telegram may start: 25 a second in all, 1 a second a chat, 20 a minute a group.

Source of the limits: core.telegram.org/bots/faq, "My bot is hitting limits,
how do I avoid this?": 30 messages a second in all, one a second in a chat
("short bursts" are allowed), 20 a minute in a group. In all five a second are
left unused, for other programs with the same token. Sizes are chosen so that
the published numbers hold in *every* second, and in every minute of a group:
a bucket lets through at most its size and what flows in meanwhile.

Answers go first, then edits, then broadcasts; within a rank and a chat it is
first come, first served. A broadcast leaves RESERVE of the bucket to answers.
Knows no aiogram and no connection.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

ALL_PER_SECOND = 25.0
ALL_BURST = 5.0
CHAT_PER_SECOND = 1.0
CHAT_BURST = 5.0
"""Messages at once in a chat that was quiet; Telegram names no number for its "short bursts"."""
GROUP_BURST = 5.0
GROUP_PER_SECOND = (20.0 - GROUP_BURST) / 60
RESERVE = 2.0
TICK = 0.001
"""A wait that is shorter than a clock can tell would be waited for again and again."""
FORGET_AFTER = 10_000
"""So many chats' buckets are remembered before the full ones are thrown away."""


class Rank(IntEnum):
    ANSWER = 0
    EDIT = 1
    BROADCAST = 2


@dataclass(slots=True)
class Bucket:
    """Fills at `rate` tokens a second up to `size`; whoever finds a token may overdraw it (an album)."""

    rate: float
    size: float
    at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.size

    def wait(self, now: float, least: float = 1.0) -> float:
        """Seconds until there are `least` tokens."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        # a hair less than a token is a token: else rounding would make it wait for nothing
        return max(0.0, (least - 1e-6 - self.tokens) / self.rate)


@dataclass(slots=True, eq=False)
class _Waiting:
    chat: int | str | None
    cost: int
    rank: Rank
    turn: asyncio.Future[None]


class Turnstile:
    """`rate`: times the limits above; math.inf: no limit, but pauses still hold."""

    def __init__(self, rate: float = 1.0) -> None:
        self._rate = rate
        self._all: Bucket | None = None
        self._chats: dict[int | str, Bucket] = {}
        self._lines: dict[Rank, dict[_Waiting, None]] = {rank: {} for rank in Rank}
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> dict[Rank, int]:
        return {rank: len(line) for rank, line in self._lines.items()}

    @property
    def paused(self) -> float:
        """Seconds for which nothing goes through."""
        return max(0.0, self._paused_until - self._now())

    def pause(self, seconds: float) -> None:
        """Telegram wants silence, from all."""
        self._paused_until = max(self._paused_until, self._now() + seconds)
        self._turn()

    async def enter(self, chat: int | str | None, cost: int = 1, rank: Rank = Rank.ANSWER) -> None:
        """Come back when the call may start. cost 0: not a message, only pauses hold it back."""
        waiting = _Waiting(chat, cost, rank, asyncio.get_running_loop().create_future())
        self._lines[rank][waiting] = None
        self._turn()
        try:
            await waiting.turn
        finally:
            if self._lines[rank].pop(waiting, waiting) is None:  # cancelled while it stood in line
                self._turn()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _turn(self) -> None:
        """Let through whoever may go, and look again when the next one may."""
        now = self._now()
        soonest = self._paused_until - now
        if soonest <= 0:
            soonest = math.inf
            barred: set[int | str] = set()
            for waiting in list(self._in_order()):
                wait = self._wait(waiting, barred, now)
                if wait <= 0:
                    self._let_in(waiting)
                    continue
                soonest = min(soonest, wait)
                if waiting.chat is not None:
                    barred.add(waiting.chat)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if any(self._lines.values()) and not math.isinf(soonest):
            self._timer = asyncio.get_running_loop().call_later(max(soonest, TICK), self._turn)

    def _in_order(self) -> Iterator[_Waiting]:
        for rank in Rank:
            yield from self._lines[rank]

    def _wait(self, waiting: _Waiting, barred: set[int | str], now: float) -> float:
        """Seconds until it may go, as far as is known now; 0: it goes, and is counted."""
        if waiting.cost == 0 or math.isinf(self._rate):
            return 0.0
        buckets = list(self._buckets(waiting.chat, now))
        least = 1.0 + RESERVE if waiting.rank is Rank.BROADCAST else 1.0
        waits = [bucket.wait(now, least if bucket is self._all else 1.0) for bucket in buckets]
        if waiting.chat in barred:  # somebody of the same chat is before it
            return max(*waits, 1 / (CHAT_PER_SECOND * self._rate))
        if (wait := max(waits)) > 0:
            return wait
        for bucket in buckets:
            bucket.tokens -= waiting.cost
        return 0.0

    def _let_in(self, waiting: _Waiting) -> None:
        del self._lines[waiting.rank][waiting]
        if not waiting.turn.done():
            waiting.turn.set_result(None)

    def _buckets(self, chat: int | str | None, now: float) -> Iterable[Bucket]:
        if self._all is None:
            self._all = Bucket(ALL_PER_SECOND * self._rate, ALL_BURST, now)
        yield self._all
        if chat is None:
            return
        if chat not in self._chats:
            if len(self._chats) >= FORGET_AFTER:
                self._chats = {
                    key: bucket
                    for key, bucket in self._chats.items()
                    if bucket.wait(now) > 0 or bucket.tokens < bucket.size
                }
            group = str(chat).startswith(("-", "@"))
            rate, size = (GROUP_PER_SECOND, GROUP_BURST) if group else (CHAT_PER_SECOND, CHAT_BURST)
            self._chats[chat] = Bucket(rate * self._rate, size, now)
        yield self._chats[chat]
