"""/cancel: stop what is waiting or being drawn for the user, or forget what the bot has asked."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import Message

from bot.chat import phrases
from bot.chat.speech import Speech
from bot.jobs.desk import Desk
from bot.jobs.port import Courier
from bot.store.journal import Heard
from bot.store.people import People


class Cancel:
    def __init__(self, *, desk: Desk, people: People, courier: Courier, speech: Speech) -> None:
        self._desk = desk
        self._people = people
        self._courier = courier
        self._speech = speech

    def router(self) -> Router:
        router = Router(name="cancel")
        router.message.register(self.command, Command("cancel"))
        return router

    async def command(self, message: Message, heard: Heard) -> None:
        await self.stop(heard)

    async def stop(self, heard: Heard) -> None:
        """Everything of the user's, and say so."""
        stopped = await self._desk.cancel_all(heard.user_id)
        for job in stopped:
            await self._courier.tidy(job)
        waiting = (await self._people.dialogue(heard.chat_id, heard.user_id)).waiting
        if waiting:
            await self._people.wait(heard.chat_id, heard.user_id, None)
        if stopped:
            text = phrases.cancelled(len(stopped))
        else:
            text = phrases.forgotten_question() if waiting else phrases.nothing_to_cancel()
        await self._speech.answer(heard, text)
