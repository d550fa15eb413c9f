"""Whatever no other conversation understands: one kind sentence."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.types import Message

from bot.chat import phrases
from bot.chat.photos import MAX_BYTES
from bot.chat.speech import Speech


def manners_router() -> Router:
    router = Router(name="manners")

    @router.message(F.document.file_size > MAX_BYTES)
    async def too_large(message: Message, speech: Speech) -> None:
        await speech.answer(message, phrases.file_too_large(MAX_BYTES // 1_000_000))

    @router.message(F.document)
    async def document(message: Message, speech: Speech) -> None:
        await speech.answer(message, phrases.not_a_picture_file())

    @router.message(
        F.sticker
        | F.voice
        | F.video
        | F.video_note
        | F.audio
        | F.animation
        | F.location
        | F.venue
        | F.contact
        | F.poll
        | F.dice
        | F.story
    )
    async def other(message: Message, speech: Speech) -> None:
        await speech.answer(message, phrases.only_words_and_photos())

    @router.message()
    async def service(message: Message) -> None:
        """Pinned messages and the like are not addressed to the bot."""

    return router
