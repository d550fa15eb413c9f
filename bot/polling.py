"""Long polling that loses nothing: an update is written down before Telegram hears that it arrived.

aiogram's own polling confirms an update with the next getUpdates, whether its
handler has stored it or not. Here every batch is stored in one transaction
first; then each update goes to the dispatcher, those of one chat one after
the other, those of different chats side by side. What was stored and not
worked off when the process died is worked off at the next start. Knows no
handler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import Update
from pydantic import ValidationError

from bot.sender.gate import plain
from bot.store.journal import MAX_ATTEMPTS, Journal
from bot.telegram import GetRawUpdates

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS = 30
"""How long Telegram holds a getUpdates open."""
LONGEST_PAUSE = 30.0
RETRY_SECONDS = 1.0

OnFailure = Callable[[Update], Awaitable[None]]


class Polling:
    def __init__(self, bot: Bot, dispatcher: Dispatcher, journal: Journal, on_failure: OnFailure) -> None:
        self._bot = bot
        self._dispatcher = dispatcher
        self._journal = journal
        self._on_failure = on_failure
        self._last: dict[int, asyncio.Task[None]] = {}
        """The latest task of each chat; the next one waits for it."""
        self.took_in: Callable[[int], None] = lambda updates: None
        """Called with the number of new updates."""

    @property
    def kinds(self) -> list[str]:
        """The kinds of updates that somebody handles."""
        return self._dispatcher.resolve_used_update_types()

    async def recover(self) -> None:
        """Work off what the last process had written down."""
        for payload in await self._journal.left_over():
            self._work_off(payload)

    async def receive(self, payloads: Sequence[dict[str, Any]]) -> int:
        """Write updates down, then work off those that are new; returns how many are."""
        fresh = await self._journal.take_in(payloads)
        for payload in fresh:
            self._work_off(payload)
        self.took_in(len(fresh))
        return len(fresh)

    async def run(self) -> None:
        """Until cancelled; raises TelegramUnauthorizedError or TelegramNotFound when the token is wrong."""
        await self.recover()
        kinds = self.kinds
        offset: int | None = None
        failures = 0
        while True:
            try:
                batch = await self._bot(
                    GetRawUpdates(offset=offset, timeout=TIMEOUT_SECONDS, allowed_updates=kinds),
                    request_timeout=TIMEOUT_SECONDS + 30,
                )
                await self.receive(batch)
            except (TelegramUnauthorizedError, TelegramNotFound):
                raise
            except TelegramConflictError as error:
                log.warning("no updates", reason=error.message)
                if "webhook" in error.message:  # of an earlier life; another bot that polls has other words
                    with suppress(TelegramAPIError):
                        await self._bot.delete_webhook()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            except Exception as error:
                failures += 1
                pause = min(LONGEST_PAUSE, 0.5 * 2 ** min(failures, 10))
                log.warning("no updates", error=type(error).__name__, reason=str(error), retry_in=pause)
                await asyncio.sleep(pause)
                continue
            failures = 0
            if batch:
                offset = max(payload["update_id"] for payload in batch) + 1

    async def drain(self, seconds: float) -> None:
        """Let begun handlers end; the rest is cancelled and worked off at the next start."""
        tasks = set(self._last.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def _work_off(self, payload: dict[str, Any]) -> None:
        chat = _chat(payload)
        task = asyncio.create_task(self._in_turn(payload, self._last.get(chat)))
        self._last[chat] = task
        task.add_done_callback(lambda done: self._forget(chat, done))

    def _forget(self, chat: int, task: asyncio.Task[None]) -> None:
        if self._last.get(chat) is task:
            del self._last[chat]

    async def _in_turn(self, payload: dict[str, Any], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        update_id = payload["update_id"]
        with structlog.contextvars.bound_contextvars(update=update_id):
            try:
                await self._handle(payload)
                await self._journal.done(update_id)
            except Exception:
                log.exception("update not worked off")

    async def _handle(self, payload: dict[str, Any]) -> None:
        try:
            update = Update.model_validate(payload, context={"bot": self._bot})
        except ValidationError as error:
            log.error("update of an unknown form", errors=error.error_count())
            return
        for attempt in range(1, MAX_ATTEMPTS + 1):
            await self._journal.begin(update.update_id)
            try:
                await self._dispatcher.feed_update(self._bot, update)
                return
            except TelegramForbiddenError:
                return  # the user has blocked the bot: nobody to answer
            except (TelegramNetworkError, TelegramServerError) as error:
                # Whether it was heard nobody knows: twice is better than never.
                log.warning("answer perhaps lost", attempt=attempt, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS * attempt)
            except TelegramAPIError as error:
                log.error("telegram refused the answer", error=type(error).__name__, reason=plain(error))
                return
            except Exception:
                log.exception("handler failed", attempt=attempt)
                await asyncio.sleep(RETRY_SECONDS * attempt)
        with suppress(TelegramAPIError):
            await self._on_failure(update)


def _chat(payload: dict[str, Any]) -> int:
    """Whose turn it is: the chat's id, or the user's where there is no chat."""
    for value in payload.values():
        if isinstance(value, dict):
            message = value.get("message", value)
            for source in (message.get("chat") if isinstance(message, dict) else None, value.get("from")):
                if isinstance(source, dict) and isinstance(source.get("id"), int):
                    return int(source["id"])
    return 0
