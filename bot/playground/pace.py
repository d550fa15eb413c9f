"""How fast a bot may talk: 1 message a second in a chat, 20 a minute in a group, 30 a second in all.

Source: core.telegram.org/bots/faq, "My bot is hitting limits, how do I avoid
this?". That page allows "short bursts" and gives no number; here BURST
messages in a chat. Sending and editing count, an album as many times as it
has pictures; an album that has begun is not cut.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.params import Params
from bot.playground.refusal import too_many

CHAT_PER_SECOND = 1.0
GROUP_PER_MINUTE = 20.0
ALL_PER_SECOND = 30.0
BURST = 10.0
COUNTED = frozenset(
    {
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "sendMediaGroup",
        "sendInvoice",
        "copyMessage",
        "forwardMessage",
        "editMessageText",
        "editMessageCaption",
        "editMessageMedia",
        "editMessageReplyMarkup",
    }
)


@dataclass
class _Bucket:
    """Fills at `rate` tokens a second up to `size`; may be overdrawn once."""

    rate: float
    size: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (1.0 - self.tokens) / self.rate)


class Pace:
    """`factor` times Telegram's rates; math.inf: no limit. `burst`: messages at once in one chat."""

    def __init__(
        self, factor: float = 1.0, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.factor = factor
        self._burst = burst
        self._clock = clock
        self._chats: dict[str, _Bucket] = {}
        self._all: _Bucket | None = None

    def check(self, method: str, params: Params) -> None:
        """Count a call; raises Refused (429) when it comes too early."""
        if math.isinf(self.factor) or method not in COUNTED:
            return
        now = self._clock()
        if self._all is None:
            self._all = self._bucket(ALL_PER_SECOND, ALL_PER_SECOND, now)
        chat = str(params.get("chat_id"))
        if chat not in self._chats:
            rate = GROUP_PER_MINUTE / 60 if chat.startswith("-") else CHAT_PER_SECOND
            self._chats[chat] = self._bucket(rate, self._burst, now)
        buckets = (self._chats[chat], self._all)
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            raise too_many(math.ceil(wait))
        media = params.get("media")
        for bucket in buckets:
            bucket.tokens -= len(media) if isinstance(media, list) else 1

    def _bucket(self, rate: float, size: float, now: float) -> _Bucket:
        return _Bucket(rate * self.factor, size, size, now)
