"""A whole bot in this process, against the small Telegram: real files, real HTTP, a painter for a studio."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from PIL import Image

from bot.app import House, assemble
from bot.playground.server import TOKEN, TelegramServer
from bot.settings import Settings
from bot.telegram import open_bot
from generation.studio import Studio


def settings(folder: Path, url: str = "http://127.0.0.1:1", **more: str) -> Settings:
    return Settings.model_validate({"bot_token": TOKEN, "telegram_api_url": url, "data_dir": folder, **more})


@asynccontextmanager
async def running(
    telegram: TelegramServer, folder: Path, studio: Studio, rate: float = 0, **more: str
) -> AsyncIterator[House]:
    """rate: times Telegram's limits, 0: none. `more`: settings by name."""
    bot = open_bot(TOKEN, telegram.url, rate)
    try:
        async with assemble(settings(folder, telegram.url, **more), studio, bot) as house:
            task = asyncio.create_task(house.polling.run())
            try:
                yield house
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    finally:
        await bot.session.close()


def jpeg(width: int = 300, height: int = 400, colour: str = "teal") -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(encoded, "JPEG")
    return encoded.getvalue()
