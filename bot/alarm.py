"""Says so when something cannot be kept: to the operators, and to whoever waits because of it.

A full disk, a locked database and the like are waited out (`bot.store.patience`);
whoever's message or pictures wait longer than TOLERANCE is told once, in her
language, that nothing is lost, and the operators hear what is wrong and when
it is over. They hear as well when the machine's clock is moved. Nothing here
needs the disk. Knows no table and no handler.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError

from bot.chat import phrases
from bot.i18n import Catalogues
from bot.operator import phrases as to_operators
from bot.store.patience import Fault, Patience
from bot.store.tables import now
from bot.ticker import Ticker

log = structlog.stdlib.get_logger(__name__)

TICK_SECONDS = 0.5
TOLERANCE = 3.0
"""Seconds that nobody needs to hear of."""
CLOCK_MOVED = 30.0
"""Seconds; less is the clock's own business."""


@dataclass(eq=False)
class _Waiting:
    chat_id: int
    language: str
    since: float = field(default_factory=time.monotonic)


class Alarm:
    def __init__(
        self,
        bot: Bot,
        catalogues: Catalogues,
        patience: Patience,
        operators: Collection[int],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._patience = patience
        self._operators = operators
        self._clock = clock
        self._waiting: set[_Waiting] = set()
        self._since: float | None = None
        self._told: set[int] = set()
        self._reported: set[Fault] = set()
        self._moved = self._ahead()
        self._sending: set[asyncio.Task[None]] = set()
        self._ticker = Ticker(self._look, TICK_SECONDS)

    def start(self) -> None:
        self._ticker.start()

    async def stop(self) -> None:
        await self._ticker.stop()
        for task in tuple(self._sending):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @contextmanager
    def concerning(self, chat_id: int, language: str) -> Iterator[None]:
        """What happens within the block is for this chat."""
        waiting = _Waiting(chat_id, language)
        self._waiting.add(waiting)
        try:
            yield
        finally:
            self._waiting.discard(waiting)

    async def _look(self) -> None:
        self._look_at_the_clock()
        self._look_at_the_disk()

    def _look_at_the_disk(self) -> None:
        fault, moment = self._patience.fault, time.monotonic()
        if fault is None:
            if self._reported:
                log.warning("kept again")
                self._report(to_operators.kept_again)
            self._since = None
            self._told.clear()
            self._reported.clear()
            return
        if self._since is None:
            self._since = moment
        if moment - self._since < TOLERANCE:
            return
        if fault not in self._reported:
            self._reported.add(fault)
            log.error("storage trouble", fault=fault)
            self._report(lambda: to_operators.cannot_keep(fault))
        for waiting in self._waiting:
            if waiting.chat_id not in self._told and moment - waiting.since >= TOLERANCE:
                self._told.add(waiting.chat_id)
                self._say(waiting.chat_id, waiting.language, phrases.cannot_keep)

    def _look_at_the_clock(self) -> None:
        ahead = self._ahead()
        moved, self._moved = ahead - self._moved, ahead
        if abs(moved) >= CLOCK_MOVED:
            log.warning("the clock was moved", seconds=round(moved))
            self._report(lambda: to_operators.clock_moved(moved))

    def _ahead(self) -> float:
        return self._clock().timestamp() - time.monotonic()

    def _report(self, sentence: Callable[[], str]) -> None:
        for operator in self._operators:
            self._say(operator, self._catalogues.default_locale, sentence)

    def _say(self, chat_id: int, language: str, sentence: Callable[[], str]) -> None:
        with self._catalogues.speaking(language):
            text = sentence()
        self._in_background(self._send(chat_id, text))

    async def _send(self, chat_id: int, text: str) -> None:
        with suppress(TelegramAPIError):
            await self._bot.send_message(chat_id, text)

    def _in_background(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
