"""/start, /help and /new; in groups also the commands that belong into the private chat."""

from __future__ import annotations

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandStart
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat import labels, phrases
from bot.chat.speech import Speech
from bot.store.journal import Heard
from bot.store.people import People


def start_router(speech: Speech, people: People) -> Router:
    router = Router(name="start")

    @router.message(CommandStart())
    async def start(message: Message, heard: Heard) -> None:
        name = message.from_user.first_name if message.from_user else ""
        await speech.answer(heard, phrases.greeting(name))

    @router.message(Command("help"))
    async def help_(message: Message, heard: Heard) -> None:
        await speech.answer(heard, phrases.help_text())

    @router.message(Command("new"))
    async def new(message: Message, heard: Heard) -> None:
        await people.go_on(heard.chat_id, heard.user_id, None)
        await speech.answer(heard, phrases.new_idea())

    @router.message(Command("history", "settings", "privacy"), F.chat.type != ChatType.PRIVATE)
    async def personal(message: Message, heard: Heard, bot: Bot) -> None:
        me = await bot.me()
        link = InlineKeyboardButton(text=labels.in_private(), url=f"https://t.me/{me.username}?start=hello")
        await speech.answer(
            heard,
            phrases.only_in_private(),
            reply=True,
            buttons=InlineKeyboardMarkup(inline_keyboard=[[link]]),
        )

    return router
