"""/cancel: stops what is waiting or being drawn for the user."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import Message

from bot.chat import phrases
from bot.chat.speech import Speech
from bot.jobs.desk import Desk
from bot.jobs.port import Courier
from bot.store.journal import Heard


def cancel_router() -> Router:
    router = Router(name="cancel")

    @router.message(Command("cancel"))
    async def cancel(message: Message, heard: Heard, desk: Desk, courier: Courier, speech: Speech) -> None:
        stopped = await desk.cancel_all(heard.user_id)
        for job in stopped:
            await courier.tidy(job)
        text = phrases.cancelled(len(stopped)) if stopped else phrases.nothing_to_cancel()
        await speech.answer(message, text)

    return router
