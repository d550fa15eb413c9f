"""Whatever no other conversation understands: one kind sentence."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.types import CallbackQuery, Document, Message

from bot.chat import phrases
from bot.chat.photos import MAX_BYTES
from bot.chat.speech import Speech
from bot.store.journal import Heard


def _is_too_large(document: Document | None) -> bool:
    return document is not None and (document.file_size or 0) > MAX_BYTES  # Telegram need not name it


def manners_router(speech: Speech) -> Router:
    router = Router(name="manners")

    @router.message(F.document.func(_is_too_large))
    async def too_large(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.file_too_large(MAX_BYTES // 1_000_000))

    @router.message(F.animation | F.video | F.video_note)
    async def video(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.video())

    @router.message(F.document)
    async def document(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.not_a_picture_file())

    @router.message(F.sticker)
    async def sticker(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.sticker())

    @router.message(F.voice | F.audio)
    async def voice(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.voice())

    @router.message(F.location | F.venue | F.contact | F.poll | F.dice | F.story | F.game | F.checklist)
    async def other(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.only_words_and_photos())

    @router.callback_query()
    async def unknown_button(query: CallbackQuery) -> None:
        """Forged, or of an earlier version: its spinner ends."""
        await speech.toast(query)

    @router.message()
    async def service(message: Message) -> None:
        """Pinned messages and the like are not addressed to the bot."""

    return router
