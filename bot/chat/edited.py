"""A message that its writer has changed: the wish is drawn as it reads now.

A drawing of the old words that is still under way is stopped. A change that
alters no word (Telegram reports link previews so) is none. Knows what was
heard before; the words themselves are `bot.chat.words`' affair.
"""

from __future__ import annotations

from aiogram import F, Router
from aiogram.types import Message

from bot.chat.memory import Memory
from bot.chat.pictured import Pictured
from bot.chat.reception import Visitor
from bot.chat.words import Conversation
from bot.jobs.desk import Desk
from bot.jobs.port import Courier
from bot.store.journal import Heard
from bot.store.people import Profile


class Edited:
    def __init__(
        self,
        *,
        desk: Desk,
        memory: Memory,
        courier: Courier,
        conversation: Conversation,
        pictured: Pictured,
    ) -> None:
        self._desk = desk
        self._journal = memory.journal
        self._ledger = memory.ledger
        self._courier = courier
        self._conversation = conversation
        self._pictured = pictured

    def router(self) -> Router:
        router = Router(name="edited")
        router.edited_message.register(self.edited, F.text | F.caption)
        return router

    async def edited(
        self, message: Message, heard: Heard, words: str, language: str, profile: Profile
    ) -> None:
        before = await self._journal.heard_before(heard, message.message_id)
        if not before or words == (before[-1].text or "") or words.startswith("/"):
            return
        for job in await self._ledger.live_jobs(heard.user_id):
            if job.reply_to == message.message_id and job.chat_id == heard.chat_id:
                await self._desk.cancel(job)
                await self._courier.tidy(job)
        visitor = Visitor(heard, profile, language)
        photo = next((part.photo for part in reversed(before) if part.photo), None)
        if photo is not None:
            await self._pictured.show(visitor, (photo,), words)
        else:
            replied = message.reply_to_message.message_id if message.reply_to_message else None
            name = message.from_user.first_name if message.from_user else ""
            await self._conversation.hear(visitor, words, name=name, replied=replied)
