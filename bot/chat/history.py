"""/history: the user's requests with their pictures, one a page; each can be gone on with.

A page is one message whose picture is changed. Knows what is kept; it does
not know how it was drawn.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command
from aiogram.types import BufferedInputFile, CallbackQuery, InlineKeyboardMarkup, InputMediaPhoto, Message

from bot.chat import buttons, labels, phrases
from bot.chat.buttons import Page, button
from bot.chat.captions import title_of, understood_of
from bot.chat.courier import TelegramCourier
from bot.chat.memory import Memory
from bot.chat.speech import Speech
from bot.jobs.port import Job
from bot.store.journal import Heard

SHOW, GO_ON = "show", "go"


class History:
    """One for the whole bot."""

    def __init__(
        self,
        *,
        bot: Bot,
        memory: Memory,
        courier: TelegramCourier,
        speech: Speech,
    ) -> None:
        self._bot = bot
        self._journal = memory.journal
        self._ledger = memory.ledger
        self._people = memory.people
        self._archive = memory.archive
        self._courier = courier
        self._speech = speech

    def router(self) -> Router:
        router = Router(name="history")
        router.message.register(self.command, Command("history"))
        router.callback_query.register(self.pressed, Page.filter())
        return router

    async def command(self, message: Message, heard: Heard) -> None:
        jobs = await self._archive.history(heard.user_id)
        page = await self._page(jobs, jobs[0]) if jobs else None
        if page is None:
            await self._speech.answer(heard, phrases.no_history())
            return
        picture, caption, below = page
        sent = await self._bot.send_photo(heard.chat_id, picture, caption=caption, reply_markup=below)
        await self._journal.say(heard.user_id, heard.chat_id, sent.message_id, "photo", sent.caption)

    async def pressed(self, query: CallbackQuery, callback_data: Page, heard: Heard) -> None:
        jobs = await self._archive.history(heard.user_id)
        job = await self._ledger.job(callback_data.job)
        if job is not None and job.user_id != heard.user_id:
            await self._speech.toast(query, phrases.not_yours(), alert=True)
        elif job is None or job.id not in jobs:
            await self._speech.toast(query, phrases.gone(), alert=True)
        elif callback_data.act == GO_ON:
            await self._speech.toast(query)
            await self.go_on(heard, job)
        else:
            await self._speech.toast(query)
            await self._turn(heard, jobs, job.id)

    async def _turn(self, heard: Heard, jobs: list[int], job_id: int) -> None:
        page = await self._page(jobs, job_id)
        if page is None:
            return
        picture, caption, below = page
        with suppress(TelegramAPIError):  # the same page, or too many turns at once
            await self._bot.edit_message_media(
                InputMediaPhoto(media=picture, caption=caption),
                chat_id=heard.chat_id,
                message_id=heard.telegram_id,
                reply_markup=below,
            )

    async def _page(
        self, jobs: list[int], job_id: int
    ) -> tuple[BufferedInputFile | str, str, InlineKeyboardMarkup] | None:
        job = await self._ledger.job(job_id)
        pictures = await self._ledger.pictures(job_id)
        if job is None or not pictures:
            return None
        at = jobs.index(job_id)
        picture = pictures[0].file_id or BufferedInputFile(
            await self._courier.png(pictures[0]), filename=f"lekalo-{pictures[0].id}.png"
        )
        title, understood = await asyncio.to_thread(title_of, job), understood_of(job)
        caption = phrases.history_caption(title, understood, job.created_at, at + 1, len(jobs))
        turns = [
            button(label, Page(act=SHOW, job=jobs[to]))
            for label, to in ((labels.newer(), at - 1), (labels.older(), at + 1))
            if 0 <= to < len(jobs)
        ]
        go_on = button(labels.go_on(), Page(act=GO_ON, job=job_id))
        return picture, caption, buttons.keyboard([turns, [go_on]])

    async def go_on(self, heard: Heard, job: Job) -> bool:
        """Show the request's pictures once more, with their buttons, and talk about them from now on.

        False: it has none any more.
        """
        pictures = await self._ledger.pictures(job.id)
        if not pictures:
            return False
        await self._people.go_on(heard.chat_id, heard.user_id, job.id)
        await self._courier.show_again(job, pictures, heard)
        title = await asyncio.to_thread(title_of, job)
        await self._speech.answer(heard, phrases.going_on(title))
        return True
