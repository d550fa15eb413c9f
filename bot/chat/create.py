"""The main conversation: words or a photo become a wish, the wish becomes a job.

A handler never waits for a picture: it hands the wish in, shows a status
message and is done. Knows no engine and no model.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from aiogram import Bot, F, Router
from aiogram.types import Document, Message, PhotoSize

from bot.chat import phrases
from bot.chat.board import Board
from bot.chat.photos import MAX_BYTES, PhotoLost, best_size, fetch
from bot.chat.speech import Speech, reply_to
from bot.jobs.desk import Desk
from bot.jobs.port import Courier
from bot.store.files import Shelf
from bot.store.journal import Heard, Journal, Wish
from bot.store.ledger import Ledger
from bot.stylist.smalltalk import Talk, smalltalk
from generation.request import MAX_PROMPT_CHARACTERS, BadRequest

PICTURES = 2
"""How many pictures answer one wish."""
PHOTO_WAITS = timedelta(minutes=15)
"""So long a photo without a word waits for the garment's name."""


class Create:
    """What the handlers need; one for the whole bot."""

    def __init__(
        self,
        *,
        desk: Desk,
        journal: Journal,
        ledger: Ledger,
        photos: Shelf,
        board: Board,
        courier: Courier,
        speech: Speech,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._ledger = ledger
        self._photos = photos
        self._board = board
        self._courier = courier
        self._speech = speech

    def router(self) -> Router:
        router = Router(name="create")
        router.message.register(self.command, F.text.startswith("/"))
        router.message.register(self.words, F.text)
        router.message.register(self.photo, F.photo)
        router.message.register(self.picture_file, F.document.mime_type.startswith("image/"))
        return router

    async def command(self, message: Message) -> None:
        await self._speech.answer(message, phrases.no_such_command())

    async def words(self, message: Message, heard: Heard, language: str) -> None:
        text = (message.text or "").strip()
        talk = smalltalk(text)
        if talk is not None:
            await self._speech.answer(message, phrases.hello() if talk is Talk.HELLO else phrases.thanks())
            return
        if not any(letter.isalnum() for letter in text):
            await self._speech.answer(message, phrases.only_words_and_photos())
            return
        photos = await self._journal.waiting_photos(heard.user_id, heard.update_id, PHOTO_WAITS)
        await self._wish(message, heard, language, text, photos)

    async def photo(self, message: Message, heard: Heard, language: str, bot: Bot) -> None:
        await self._pictured(message, heard, language, bot, best_size(message.photo or []))

    async def picture_file(self, message: Message, heard: Heard, language: str, bot: Bot) -> None:
        assert message.document is not None
        if (message.document.file_size or 0) > MAX_BYTES:
            await self._speech.answer(message, phrases.file_too_large(MAX_BYTES // 1_000_000))
            return
        await self._pictured(message, heard, language, bot, message.document)

    async def _pictured(
        self, message: Message, heard: Heard, language: str, bot: Bot, file: PhotoSize | Document
    ) -> None:
        text = (message.caption or "").strip()
        album = await self._journal.album_so_far(heard) if heard.album and not text else []
        if any(album):
            return  # a captioned album is drawn after its captioned photo
        try:
            photo = await self._photos.put(await fetch(bot, file))
        except BadRequest as error:
            await self._speech.answer(message, phrases.apology(error.problem), reply=True)
            return
        except PhotoLost:
            await self._speech.answer(message, phrases.photo_lost(), reply=True)
            return
        if text:
            await self._wish(message, replace(heard, photo=photo), language, text, (photo,))
            return
        await self._journal.hear(replace(heard, photo=photo))
        if not album:  # one question for the whole album
            await self._speech.answer(message, phrases.ask_garment(), reply=True)

    async def _wish(
        self, message: Message, heard: Heard, language: str, text: str, photos: tuple[str, ...]
    ) -> None:
        if len(text) > MAX_PROMPT_CHARACTERS:
            await self._speech.answer(message, phrases.too_long())
            return
        wish = Wish(
            prompt=text,
            photos=photos,
            count=PICTURES,
            seed=secrets.randbits(62),
            language=language,
        )
        job, ahead = await self._desk.accept(heard, wish)
        if job.state.final or job.status_id is not None:
            return  # an update that came twice
        words = phrases.queued(ahead)
        status = await message.answer(words, reply_parameters=reply_to(message.message_id))
        self._board.posted(job, words)
        await self._ledger.set_status_message(job.id, status.message_id)
        seen = await self._ledger.job(job.id)
        if seen is not None and seen.state.final:  # it was faster than the status message
            await self._courier.tidy(seen)
