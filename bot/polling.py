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
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
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
from aiogram.types.update import UpdateTypeLookupError
from pydantic import ValidationError

from bot.sender.gate import plain
from bot.store.journal import Journal
from bot.telegram import GetRawUpdates

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS = 30
"""How long Telegram holds a getUpdates open."""
LONGEST_PAUSE = 30.0
RETRY_SECONDS = 1.0
MAX_ATTEMPTS = 3
"""So often an update is worked off anew when its handler fails."""
_UNFIT = re.compile("[\0\ud800-\udfff]")

OnFailure = Callable[[Update], Awaitable[None]]
Handle = Callable[[dict[str, Any]], Awaitable[None]]


class Polling:
    def __init__(self, bot: Bot, dispatcher: Dispatcher, journal: Journal, on_failure: OnFailure) -> None:
        self._bot = bot
        self._dispatcher = dispatcher
        self._journal = journal
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[int, asyncio.Task[None]] = {}
        """The latest task of each chat; the next one waits for it."""
        self.concerning: Callable[[dict[str, Any]], AbstractContextManager[None]] = lambda payload: (
            nullcontext()
        )
        """Around all that is done about an update."""
        self.took_in: Callable[[int], None] = lambda updates: None
        """Called with the number of new updates."""

    @property
    def kinds(self) -> list[str]:
        """The kinds of updates that somebody handles."""
        return self._dispatcher.resolve_used_update_types()

    async def recover(self) -> None:
        """Work off what the last process had written down.

        What was being worked off when a process died may be what killed it: such updates are taken
        one at a time, so that no other is blamed for it, and after MAX_DEATHS of them their senders are told.
        """
        for payload in await self._journal.given_up():
            log.error("update given up", update=payload["update_id"])
            self._work_off(payload, self._give_up)
        suspects = await self._journal.suspects()
        before: asyncio.Task[None] | None = None
        for payload in await self._journal.left_over():
            if payload["update_id"] in suspects:
                before = self._work_off(payload, self._handle, before)
            else:
                self._work_off(payload)

    async def receive(self, payloads: Sequence[dict[str, Any]]) -> int:
        """Write updates down, then work off those that are new; returns how many are."""
        payloads = [clean(payload) for payload in payloads if 0 <= payload["update_id"] < 2**63]
        with ExitStack() as concerned:
            for payload in payloads:
                concerned.enter_context(self.concerning(payload))
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

    async def settle(self, seconds: float) -> None:
        """Wait until all that came in is worked off; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self._tasks:
                await asyncio.wait(set(self._tasks))

    async def drain(self, seconds: float) -> None:
        """Let begun handlers end; the rest is cancelled and worked off at the next start."""
        tasks = set(self._tasks)
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def _work_off(
        self,
        payload: dict[str, Any],
        handle: Handle | None = None,
        also_before: asyncio.Task[None] | None = None,
    ) -> asyncio.Task[None]:
        """Begin a task that handles the update after all before it in its chat, and after `also_before`."""
        chat = chat_of(payload)
        before = {task for task in (self._last.get(chat), also_before) if task is not None}
        task = asyncio.create_task(self._in_turn(payload, handle or self._handle, before))
        self._last[chat] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(chat, done))
        return task

    def _forget(self, chat: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._last.get(chat) is task:
            del self._last[chat]

    async def _in_turn(
        self, payload: dict[str, Any], handle: Handle, before: set[asyncio.Task[None]]
    ) -> None:
        if before:
            await asyncio.wait(before)
        update_id = payload["update_id"]
        with structlog.contextvars.bound_contextvars(update=update_id), self.concerning(payload):
            try:
                await handle(payload)
                await self._journal.done(update_id)
            except Exception:
                log.exception("update not worked off")

    def _read(self, payload: dict[str, Any]) -> Update | None:
        try:
            update = Update.model_validate(payload, context={"bot": self._bot})
            assert update.event_type
            return update
        except UpdateTypeLookupError:  # a kind that is younger than aiogram, or empty
            log.warning("update of an unknown kind")
            return None
        except (ValidationError, RecursionError) as error:
            count = error.error_count() if isinstance(error, ValidationError) else 1
            log.error("update of an unknown form", errors=count)
            return None

    async def _end_spinner(self, payload: dict[str, Any]) -> None:
        """Of a button whose press cannot be read."""
        query = payload.get("callback_query")
        press = query.get("id") if isinstance(query, dict) else None
        if isinstance(press, str):
            with suppress(TelegramAPIError):
                await self._bot.answer_callback_query(press)

    async def _give_up(self, payload: dict[str, Any]) -> None:
        if (update := self._read(payload)) is not None:
            with suppress(TelegramAPIError):
                await self._on_failure(update)

    async def _handle(self, payload: dict[str, Any]) -> None:
        if (update := self._read(payload)) is None:
            await self._end_spinner(payload)
            return
        await self._journal.begin(update.update_id)
        try:
            await self._attempt(update)
        except asyncio.CancelledError:
            await self._journal.spare(update.update_id)
            raise

    async def _attempt(self, update: Update) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
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


def chat_of(payload: dict[str, Any]) -> int:
    """Whose turn it is: the chat's id, or the user's where there is no chat."""
    for value in payload.values():
        if isinstance(value, dict):
            message = value.get("message", value)
            for source in (message.get("chat") if isinstance(message, dict) else None, value.get("from")):
                if isinstance(source, dict) and isinstance(source.get("id"), int):
                    return int(source["id"])
    return 0


def sender_of(payload: dict[str, Any]) -> tuple[str | None, str | None] | None:
    """The sender's language code and words, of an update that somebody waits for an answer to."""
    for kind in ("message", "edited_message", "callback_query"):
        content = payload.get(kind)
        if isinstance(content, dict) and isinstance(user := content.get("from"), dict):
            code, text = user.get("language_code"), content.get("text")
            return code if isinstance(code, str) else None, text if isinstance(text, str) else None
    return None


def clean(value: Any) -> Any:
    """JSON without what no database keeps: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value
