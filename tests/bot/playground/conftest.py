"""A small Telegram, a bot that talks to it as aiogram does, and Anna."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.playground.person import Person
from bot.playground.server import TOKEN, TelegramServer


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def bot(telegram: TelegramServer) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))
    async with Bot(TOKEN, session=session, default=DefaultBotProperties(parse_mode="HTML")) as opened:
        yield opened


@pytest.fixture
def anna(telegram: TelegramServer) -> Person:
    return telegram.world.person(1)
