"""What happens to a call to Telegram: its turn, its repeats, its end; for every caller, without a word to it.

    with broadcasting():                # these calls wait for all others
        await bot.send_message(...)

- 429 holds everything back for as long as Telegram says, then the call is
  repeated; a status edit or a chat action is dropped, the next one says more.
- 5xx and lost connections are repeated with growing pauses where a repeat
  does no harm: whatever only reads, sets, edits or deletes. A message is
  sent again only if the first one is certainly lost: Telegram answered with
  an error, or was never reached. Otherwise TelegramNetworkError goes to the
  caller, who knows better.
- 400 is final. It is logged without the words of users that Telegram quotes.
- 403 is final, see `Gone`.

Knows no message and no table.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    Response,
    SendChatAction,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiohttp import ClientConnectorError

from bot.sender.turnstile import Rank, Turnstile

log = structlog.stdlib.get_logger(__name__)

ATTEMPTS = 5
FIRST_PAUSE = 0.5
DROPPED = (SendChatAction, EditMessageText, EditMessageCaption)
FREE = ("get", "answer", "set", "delete", "sendChatAction", "log", "close")
"""Methods (by their beginning) that are no messages to a chat: only Telegram's own pauses hold them back."""
UNREPEATABLE = ("send", "copy", "forward", "save")
"""Methods (by their beginning) that would be seen twice."""
POLLS = "getUpdates"

_broadcasting: ContextVar[bool] = ContextVar("broadcasting", default=False)

Seen = Callable[[str, str], None]


@contextmanager
def broadcasting() -> Iterator[None]:
    """Calls within the block wait until nobody is to be answered."""
    token = _broadcasting.set(True)
    try:
        yield
    finally:
        _broadcasting.reset(token)


class Gate(BaseRequestMiddleware):
    """The outermost middleware of the session. rate: times Telegram's limits, 0: none."""

    def __init__(self, rate: float = 1.0) -> None:
        self.turnstile = Turnstile(rate or math.inf)
        self.seen: Seen = lambda method, outcome: None
        """Called with every call's method and how it ended: "ok" or an error's name."""

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if method.__api_method__ == POLLS:
            return await make_request(bot, method)
        failures = 0
        while True:
            await self.turnstile.enter(_chat(method), _cost(method), _rank(method))
            try:
                response = await make_request(bot, method)
            except TelegramRetryAfter as error:
                self._tell(method, error)
                log.warning("telegram asks to wait", method=method.__api_method__, seconds=error.retry_after)
                self.turnstile.pause(error.retry_after)
                if isinstance(method, DROPPED):
                    raise
            except (TelegramServerError, TelegramNetworkError) as error:
                self._tell(method, error)
                failures += 1
                if failures >= ATTEMPTS or isinstance(method, DROPPED) or not _harmless(method, error):
                    raise
                log.warning("telegram failed", method=method.__api_method__, error=type(error).__name__)
                await asyncio.sleep(FIRST_PAUSE * 2 ** (failures - 1))
            except TelegramAPIError as error:
                self._tell(method, error)
                if isinstance(error, TelegramBadRequest) and not _usual(error):
                    log.error("telegram refused", method=method.__api_method__, reason=plain(error))
                raise
            else:
                self.seen(method.__api_method__, "ok")
                return response

    def _tell(self, method: TelegramMethod[Any], error: Exception) -> None:
        self.seen(method.__api_method__, type(error).__name__.removeprefix("Telegram"))


class Gone(BaseRequestMiddleware):
    """Has `mark` note the user who cannot be written to any more (403)."""

    def __init__(self, mark: Callable[[int], Awaitable[None]]) -> None:
        self._mark = mark

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        try:
            return await make_request(bot, method)
        except TelegramForbiddenError:
            chat = _chat(method)
            if isinstance(chat, int) and chat > 0:  # a private chat has its user's id
                await self._mark(chat)
            raise


def gate_of(bot: Bot) -> Gate:
    """The gate through which this bot's calls go."""
    return next(middleware for middleware in bot.session.middleware if isinstance(middleware, Gate))


def plain(error: TelegramAPIError) -> str:
    """What Telegram says of an error, without what it quotes: users' words do not belong into logs."""
    return re.sub(r"(\"|“).*(\"|”)", '"…"', error.message)[:200]


def _usual(error: TelegramBadRequest) -> bool:
    """What happens between people all the time: an unchanged edit, a message that is gone, an old button."""
    told = error.message.lower()
    return any(words in told for words in ("not modified", "not found", "too old", "can't be deleted"))


def _harmless(method: TelegramMethod[Any], error: TelegramServerError | TelegramNetworkError) -> bool:
    """Whether a second call cannot be seen twice."""
    if not method.__api_method__.startswith(UNREPEATABLE) or isinstance(error, TelegramServerError):
        return True
    return isinstance(error.__cause__, ClientConnectorError)


def _chat(method: TelegramMethod[Any]) -> int | str | None:
    chat: int | str | None = getattr(method, "chat_id", None)
    return chat


def _cost(method: TelegramMethod[Any]) -> int:
    """As how many messages Telegram counts it; an album has as many as pictures."""
    if method.__api_method__.startswith(FREE):
        return 0
    media = getattr(method, "media", None)
    return len(media) if isinstance(media, list) else 1


def _rank(method: TelegramMethod[Any]) -> Rank:
    if _broadcasting.get():
        return Rank.BROADCAST
    return Rank.EDIT if method.__api_method__.startswith("edit") else Rank.ANSWER
