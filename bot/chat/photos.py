"""A user's photo: fetched from Telegram and made fit to be kept.

What is kept is upright and small and has no EXIF (it may tell where the photo
was taken); `generation.photos` does the decoding. Knows no table and no
sentence: a bad photo is a `BadRequest` with a `Problem`.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import Document, PhotoSize
from aiohttp import ClientError

from generation.photos import open_photo
from generation.request import BadRequest, Problem

MAX_BYTES = 20_000_000
"""What getFile gives a bot (Bot API, "getFile")."""
ENOUGH = 768
"""Pixels of the longer side that are plenty for taking a style over."""
ATTEMPTS = 3


_DECODERS = ThreadPoolExecutor(2, "decoder")
"""A photo of 50 million pixels needs hundreds of megabytes while it is decoded: only two at a time."""


class PhotoLost(Exception):
    """Telegram did not hand the file over."""


def best_size(sizes: list[PhotoSize]) -> PhotoSize:
    """The smallest size that is large enough, else the largest."""
    ordered = sorted(sizes, key=lambda size: size.width * size.height)
    return next((size for size in ordered if max(size.width, size.height) >= ENOUGH), ordered[-1])


async def fetch(bot: Bot, file: PhotoSize | Document) -> bytes:
    """The photo as it is to be kept; raises BadRequest or PhotoLost."""
    content = await _download(bot, file.file_id)
    return await asyncio.get_running_loop().run_in_executor(_DECODERS, tidy, content)


async def _download(bot: Bot, file_id: str) -> bytes:
    for attempt in range(ATTEMPTS):
        try:
            found = await bot.get_file(file_id)
            if found.file_path is None:
                break
            content = io.BytesIO()
            await bot.download_file(found.file_path, content)
            return content.getvalue()
        except TelegramBadRequest as error:
            if "too big" in error.message:
                raise BadRequest(
                    Problem.PICTURE_TOO_LARGE, "the file is larger than Telegram gives"
                ) from error
            break
        except (ClientError, TimeoutError):
            await asyncio.sleep(0.5 * 2**attempt)
    raise PhotoLost


def tidy(content: bytes) -> bytes:
    """Decoded within limits, upright, small, without EXIF, as PNG; raises BadRequest."""
    encoded = io.BytesIO()
    open_photo(content).save(encoded, "PNG")
    return encoded.getvalue()
