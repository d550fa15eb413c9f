"""What a Telegram server saw of a bot's pace, measured where the calls arrive."""

from __future__ import annotations

import time
from collections import defaultdict
from itertools import pairwise
from typing import Any

from bot.playground.pace import COUNTED, Pace
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.server import TelegramServer

JITTER = 0.05
"""Seconds by which a busy machine may bring two calls closer together than they were sent."""


class Measured(TelegramServer):
    """Keeps when and where every message and edit arrived, and how often it had to say "too many"."""

    def __init__(self, pace: Pace | None = None) -> None:
        super().__init__(pace=pace or Pace())
        self.arrived: list[tuple[float, str, int]] = []
        self.too_many = 0

    async def call(self, name: str, params: Params) -> Any:
        if name in COUNTED:
            media = params.get("media")
            cost = len(media) if isinstance(media, list) else 1
            self.arrived.append((time.monotonic(), str(params.get("chat_id")), cost))
        try:
            return await super().call(name, params)
        except Refused as error:
            self.too_many += error.code == 429
            raise

    def most(self, seconds: float, chat: str | None = None) -> int:
        """How much arrived at most within so many seconds, in all or in one chat."""
        calls = [(at, cost) for at, where, cost in self.arrived if chat in (None, where)]
        most = total = first = 0
        for at, cost in calls:
            total += cost
            while at - calls[first][0] >= seconds - JITTER:
                total -= calls[first][1]
                first += 1
            most = max(most, total)
        return most

    def chats(self) -> list[str]:
        return sorted({where for _, where, _ in self.arrived})

    def longest_silence(self) -> float:
        """Seconds."""
        return max((later[0] - earlier[0] for earlier, later in pairwise(self.arrived)), default=0.0)

    def busiest(self) -> dict[str, int]:
        """By chat, what arrived within its busiest minute."""
        return defaultdict(int, {chat: self.most(60.0, chat) for chat in self.chats()})
