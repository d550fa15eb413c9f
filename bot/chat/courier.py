"""Brings finished jobs to Telegram: one picture or an album, in reply to the request, with buttons.

One picture carries its buttons itself; an album cannot carry any, so they
come in a message below it. Knows aiogram, the files and the sentences; it
does not know when or how often it is called (`bot.jobs` does).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError
from aiogram.types import BufferedInputFile, InlineKeyboardMarkup, InputMediaPhoto, MediaUnion, Message

from bot.chat import phrases
from bot.chat.captions import caption_of, result_buttons
from bot.chat.enlarge import enlarged
from bot.chat.speech import as_reply
from bot.i18n import Catalogues
from bot.jobs.port import Drawn, Job, Sent, Unreachable
from bot.store.files import Shelf
from bot.store.journal import Heard, Journal


class TelegramCourier:
    def __init__(self, bot: Bot, catalogues: Catalogues, pictures: Shelf, journal: Journal) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._pictures = pictures
        self._journal = journal

    async def bring(self, job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
        files = [await self._file(picture) for picture in pictures]
        caption = await asyncio.to_thread(self._caption, job)
        with self._catalogues.speaking(job.language):
            below = result_buttons(job, pictures) if len(pictures) == 1 else None
        with _final_errors():
            messages = await self._send(job, files, caption, below)
        for message in messages:
            await self._journal.say(
                job.user_id, job.chat_id, message.message_id, "photo", message.caption, about=job.id
            )
        return [Sent(message.message_id, message.photo[-1].file_id) for message in messages if message.photo]

    async def show_again(self, job: Job, pictures: Sequence[Drawn], heard: Heard) -> None:
        """Send the pictures and their buttons once more, in the current language, as a reply to `heard`."""
        job = replace(job, chat_id=heard.chat_id, reply_to=heard.telegram_id)
        files = [await self._file(picture) for picture in pictures]
        below = result_buttons(job, pictures)
        caption = await asyncio.to_thread(caption_of, job)
        single = len(pictures) == 1
        messages = await self._send(job, files, caption, below if single else None)
        if not single:
            question = phrases.choose(1, len(pictures))
            messages.append(await self._bot.send_message(job.chat_id, question, reply_markup=below))
        for message in messages:
            kind, text = ("photo", message.caption) if message.photo else ("text", message.text)
            await self._journal.say(job.user_id, job.chat_id, message.message_id, kind, text, about=job.id)

    async def offer(self, job: Job, pictures: Sequence[Drawn]) -> int | None:
        if len(pictures) == 1:
            return pictures[0].telegram_id
        with self._catalogues.speaking(job.language):
            text, below = phrases.choose(1, len(pictures)), result_buttons(job, pictures)
        with _final_errors():
            message = await self._bot.send_message(job.chat_id, text, reply_markup=below)
        await self._journal.say(
            job.user_id, job.chat_id, message.message_id, "text", message.text, about=job.id
        )
        return message.message_id

    async def apologise(self, job: Job) -> None:
        with self._catalogues.speaking(job.language):
            text = phrases.apology(job.problem)
        with _final_errors():
            message = await self._bot.send_message(job.chat_id, text, reply_parameters=as_reply(job.reply_to))
        await self._journal.say(job.user_id, job.chat_id, message.message_id, "text", message.text)

    async def tidy(self, job: Job) -> None:
        if job.status_id is not None:
            with suppress(TelegramAPIError):
                await self._bot.delete_message(job.chat_id, job.status_id)

    async def png(self, picture: Drawn) -> bytes:
        """The picture as it is sent: large enough for a chat, with its metadata."""
        return await asyncio.to_thread(enlarged, await self._pictures.get(picture.sha256))

    def _caption(self, job: Job) -> str:
        with self._catalogues.speaking(job.language):
            return caption_of(job)

    async def _file(self, picture: Drawn) -> BufferedInputFile | str:
        if picture.file_id is not None:
            return picture.file_id
        return BufferedInputFile(await self.png(picture), filename=f"lekalo-{picture.id}.png")

    async def _send(
        self,
        job: Job,
        files: list[BufferedInputFile | str],
        caption: str,
        below: InlineKeyboardMarkup | None,
    ) -> list[Message]:
        reply = as_reply(job.reply_to)
        if len(files) == 1:
            return [
                await self._bot.send_photo(
                    job.chat_id, files[0], caption=caption, reply_parameters=reply, reply_markup=below
                )
            ]
        album: list[MediaUnion] = [
            InputMediaPhoto(media=file, caption=caption if position == 0 else None)
            for position, file in enumerate(files)
        ]
        return await self._bot.send_media_group(job.chat_id, album, reply_parameters=reply)


@contextmanager
def _final_errors() -> Iterator[None]:
    """Errors that no second try can mend become Unreachable."""
    try:
        yield
    except (TelegramForbiddenError, TelegramBadRequest) as error:
        raise Unreachable(error.message) from error
