"""/privacy: what is kept, all of it as an archive, and the deletion of all of it, pictures included.

Knows what is kept and where; what the files show, it does not.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command
from aiogram.types import BufferedInputFile, CallbackQuery, Message

from bot.chat import buttons, labels, phrases
from bot.chat.buttons import Keeping, button
from bot.chat.memory import Memory
from bot.chat.parcel import parcels
from bot.chat.speech import Speech
from bot.jobs.desk import Desk
from bot.store.journal import Heard

EXPORT, ASK, FORGET, KEEP = "export", "ask", "forget", "keep"
AT_ONCE = 100
"""deleteMessages takes so many (Bot API, "deleteMessages")."""


class Privacy:
    """One for the whole bot."""

    def __init__(self, *, bot: Bot, desk: Desk, memory: Memory, speech: Speech) -> None:
        self._bot = bot
        self._desk = desk
        self._archive = memory.archive
        self._pictures = memory.pictures
        self._photos = memory.photos
        self._speech = speech

    def router(self) -> Router:
        router = Router(name="privacy")
        router.message.register(self.command, Command("privacy"))
        router.callback_query.register(self.pressed, Keeping.filter())
        return router

    async def command(self, message: Message, heard: Heard) -> None:
        amounts = await self._archive.amounts(heard.user_id)
        text = phrases.privacy(amounts.messages, amounts.requests, amounts.pictures, amounts.photos)
        below = buttons.keyboard(
            [[button(labels.export(), Keeping(act=EXPORT))], [button(labels.forget(), Keeping(act=ASK))]]
        )
        await self._speech.answer(heard, text, buttons=below)

    async def pressed(self, query: CallbackQuery, callback_data: Keeping, heard: Heard) -> None:
        if callback_data.act == EXPORT:
            await self._speech.toast(query, phrases.export_comes())
            await self._export(heard)
        elif callback_data.act == ASK:
            await self._speech.toast(query)
            below = buttons.keyboard(
                [
                    [button(labels.really_forget(), Keeping(act=FORGET))],
                    [button(labels.keep(), Keeping(act=KEEP))],
                ]
            )
            await self._speech.answer(heard, phrases.really_forget(), buttons=below)
        elif callback_data.act == FORGET:
            await self._speech.toast(query)
            await self._forget(heard)
        else:
            await self._speech.toast(query)
            await self._speech.rebutton(heard, buttons.keyboard([]), phrases.kept())

    async def _export(self, heard: Heard) -> None:
        rows = await self._archive.export(heard.user_id)
        packed = await asyncio.to_thread(parcels, rows, self._pictures, self._photos)
        for number, path in enumerate(packed, start=1):
            content = await asyncio.to_thread(path.read_bytes)
            await self._bot.send_document(
                heard.chat_id,
                BufferedInputFile(content, filename=f"lekalo-{number}.zip"),
                caption=phrases.export_caption(number, len(packed)),
            )
            path.unlink()

    async def _forget(self, heard: Heard) -> None:
        """Stop the drawings, delete rows, files, and what the chat shows as far as Telegram lets a bot."""
        await self._desk.cancel_all(heard.user_id)
        said = await self._archive.sent_messages(heard.user_id)
        unneeded = await self._archive.forget(heard.user_id)
        for shelf, hashes in ((self._pictures, unneeded.pictures), (self._photos, unneeded.photos)):
            for sha256 in hashes:
                await shelf.remove(sha256)
        for chat in dict.fromkeys(chat_id for chat_id, _ in said):  # in groups too
            there = [telegram_id for chat_id, telegram_id in said if chat_id == chat]
            for start in range(0, len(there), AT_ONCE):
                with suppress(TelegramAPIError):  # older than 48 hours, or gone
                    await self._bot.delete_messages(chat, there[start : start + AT_ONCE])
        await self._bot.send_message(heard.chat_id, phrases.forgotten())  # of which nothing is kept
