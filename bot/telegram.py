"""The way to Telegram: a bot on any Bot API server, with patience.

429 holds everything back for as long as Telegram says; 5xx and lost
connections are tried again with growing pauses. A status edit or a chat
action that meets a 429 is dropped: the next one says more. Knows no message.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    Response,
    SendChatAction,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType

log = structlog.stdlib.get_logger(__name__)

ATTEMPTS = 5
FIRST_PAUSE = 0.5
DROPPED = (SendChatAction, EditMessageText, EditMessageCaption)
TELEGRAM = "https://api.telegram.org"


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates as Telegram sends it: one update that aiogram cannot read does not hide the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Patience(BaseRequestMiddleware):
    def __init__(self) -> None:
        self._resume_at = 0.0

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if method.__api_method__ == GetRawUpdates.__api_method__:
            return await make_request(bot, method)
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            if (wait := self._resume_at - loop.time()) > 0:
                await asyncio.sleep(wait)
                continue
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as error:
                log.warning("telegram asks to wait", method=method.__api_method__, seconds=error.retry_after)
                self._resume_at = max(self._resume_at, loop.time() + error.retry_after)
                if isinstance(method, DROPPED):
                    raise
            except (TelegramServerError, TelegramNetworkError) as error:
                failures += 1
                if failures >= ATTEMPTS or isinstance(method, DROPPED):
                    raise
                log.warning("telegram failed", method=method.__api_method__, error=type(error).__name__)
                await asyncio.sleep(FIRST_PAUSE * 2 ** (failures - 1))


def open_bot(token: str, api_url: str) -> Bot:
    server = PRODUCTION if api_url == TELEGRAM else TelegramAPIServer.from_base(api_url)
    session = AiohttpSession(api=server)
    session.middleware(Patience())
    return Bot(token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
