"""/start and /help."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command, CommandStart
from aiogram.types import Message

from bot.chat import phrases
from bot.chat.speech import Speech


def start_router() -> Router:
    router = Router(name="start")

    @router.message(CommandStart())
    async def start(message: Message, speech: Speech) -> None:
        name = message.from_user.first_name if message.from_user else ""
        await speech.answer(message, phrases.greeting(name))

    @router.message(Command("help"))
    async def help_(message: Message, speech: Speech) -> None:
        await speech.answer(message, phrases.help_text())

    return router
