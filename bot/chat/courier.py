"""Brings finished jobs to Telegram: one picture or an album, in reply to the request.

Knows aiogram, the files and the sentences; it does not know when or how often
it is called (`bot.jobs` does).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError
from aiogram.types import BufferedInputFile, InputMediaPhoto, MediaUnion, Message

from bot.chat import phrases
from bot.chat.enlarge import enlarged
from bot.chat.speech import reply_to
from bot.i18n import Catalogues
from bot.jobs.port import Drawn, Job, Sent, Unreachable
from bot.store.files import Shelf
from bot.store.journal import Journal
from bot.stylist.words import describe


class TelegramCourier:
    def __init__(self, bot: Bot, catalogues: Catalogues, pictures: Shelf, journal: Journal) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._pictures = pictures
        self._journal = journal

    async def bring(self, job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
        files = [await self._file(picture) for picture in pictures]
        described = await asyncio.to_thread(describe, job.prompt, job.language)
        with self._catalogues.speaking(job.language):
            caption = phrases.caption(job.prompt, described, len(job.photos))
        with _final_errors():
            messages = await self._send(job, files, caption)
        for message in messages:
            await self._journal.say(job.user_id, job.chat_id, message.message_id, "photo", message.caption)
        return [Sent(message.message_id, message.photo[-1].file_id) for message in messages if message.photo]

    async def apologise(self, job: Job) -> None:
        with self._catalogues.speaking(job.language):
            text = phrases.apology(job.problem)
        with _final_errors():
            message = await self._bot.send_message(job.chat_id, text, reply_parameters=reply_to(job.reply_to))
        await self._journal.say(job.user_id, job.chat_id, message.message_id, "text", message.text)

    async def tidy(self, job: Job) -> None:
        if job.status_id is not None:
            with suppress(TelegramAPIError):
                await self._bot.delete_message(job.chat_id, job.status_id)

    async def _file(self, picture: Drawn) -> BufferedInputFile | str:
        if picture.file_id is not None:
            return picture.file_id
        png = await asyncio.to_thread(enlarged, await self._pictures.get(picture.sha256))
        return BufferedInputFile(png, filename=f"lekalo-{picture.id}.png")

    async def _send(self, job: Job, files: list[BufferedInputFile | str], caption: str) -> list[Message]:
        reply = reply_to(job.reply_to)
        if len(files) == 1:
            return [
                await self._bot.send_photo(job.chat_id, files[0], caption=caption, reply_parameters=reply)
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
