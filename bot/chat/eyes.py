"""Says what a photo shows, as soon as the studio has looked at it; nobody waits for that.

A question about a photo is asked at once; its text is edited when the photo
is recognised. Knows the studio's `describe`; it does not know what is done
with the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import InlineKeyboardMarkup, Message

from bot.chat import phrases
from bot.i18n import Catalogues
from bot.store.files import Shelf
from bot.stylist.garment import Garment
from bot.stylist.wording import say
from generation.vocabulary import Wish

log = structlog.stdlib.get_logger(__name__)


class Looker(Protocol):
    """A studio, or whoever asks one elsewhere."""

    async def describe(self, photos: Sequence[bytes]) -> Wish: ...


class Eyes:
    def __init__(self, bot: Bot, catalogues: Catalogues, studio: Looker, photos: Shelf) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._studio = studio
        self._photos = photos
        self._tasks: set[asyncio.Task[None]] = set()
        self._below: dict[tuple[int, int], InlineKeyboardMarkup] = {}
        """The buttons that stand under the questions in question, by chat and message."""

    def look(
        self, question: Message, photos: Sequence[str], language: str, buttons: InlineKeyboardMarkup
    ) -> None:
        """Edit the question when it is known what the photos show."""
        self._below[question.chat.id, question.message_id] = buttons
        task = asyncio.create_task(self._look(question, photos, language))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def rebuttoned(self, chat_id: int, message_id: int, buttons: InlineKeyboardMarkup) -> None:
        """Other buttons stand under a question meanwhile."""
        if (chat_id, message_id) in self._below:
            self._below[chat_id, message_id] = buttons

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self, question: Message, photos: Sequence[str], language: str) -> None:
        try:
            await self._say(question, photos, language)
        finally:
            self._below.pop((question.chat.id, question.message_id), None)

    async def _say(self, question: Message, photos: Sequence[str], language: str) -> None:
        try:
            seen = await self._studio.describe([await self._photos.get(photo) for photo in photos])
        except Exception as error:  # the question stands as it is
            log.warning("photo not recognised", error=type(error).__name__)
            return
        if seen.type is None:
            return
        words = await asyncio.to_thread(say, Garment.from_json(asdict(seen)), language)
        with self._catalogues.speaking(language), suppress(TelegramAPIError):
            await self._bot.edit_message_text(
                phrases.ask_garment(words),
                chat_id=question.chat.id,
                message_id=question.message_id,
                reply_markup=self._below[question.chat.id, question.message_id],
            )
