"""The way to Telegram: a bot on any Bot API server, whose calls go through the gate. Knows no message."""

from __future__ import annotations

from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.methods import TelegramMethod

from bot.sender.gate import Gate

TELEGRAM = "https://api.telegram.org"


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates as Telegram sends it: one update that aiogram cannot read does not hide the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


def open_bot(token: str, api_url: str, rate: float = 1.0) -> Bot:
    """rate: times Telegram's limits, 0: none (a local Bot API server, tests)."""
    server = PRODUCTION if api_url == TELEGRAM else TelegramAPIServer.from_base(api_url)
    session = AiohttpSession(api=server)
    session.middleware(Gate(rate))
    return Bot(token, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
