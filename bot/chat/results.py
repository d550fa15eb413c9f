"""The buttons under pictures: another, variations, change, mix, file, likes, delete; and Stop under a status.

Each press is looked up in the database, so the buttons of yesterday work, and
nobody presses another's. Knows what a button means; how a wish is handed in
`bot.chat.reception` knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from aiogram import Bot, F, Router
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.types import BufferedInputFile, CallbackQuery, InputMediaPhoto

from bot.chat import buttons, names, phrases
from bot.chat.blank import blank
from bot.chat.buttons import Act
from bot.chat.captions import caption_of, garment_of, result_buttons, then_of
from bot.chat.courier import TelegramCourier
from bot.chat.memory import Memory
from bot.chat.reception import Reception, Visitor
from bot.chat.speech import Speech, as_reply
from bot.chat.words import FRESH
from bot.jobs.desk import Desk
from bot.jobs.port import Drawn, Job
from bot.store.journal import Heard
from bot.store.people import Profile
from bot.stylist.garment import ATTRIBUTES, changed
from bot.stylist.wording import say

OF_THE_JOB = (Act.AGAIN, Act.THEN, Act.REFINE, Act.CHIP, Act.SET, Act.BACK, Act.RATIO)
"""What can be done while the job has any picture, even if the picked one has just been deleted."""


class Press:
    """One press of a button under a result, by its owner."""

    def __init__(
        self, query: CallbackQuery, data: buttons.Result, visitor: Visitor, job: Job, picture: Drawn | None
    ) -> None:
        self.query = query
        self.data = data
        self.visitor = visitor
        self.job = job
        self._picture = picture

    @property
    def heard(self) -> Heard:
        return self.visitor.heard

    @property
    def picture(self) -> Drawn:
        assert self._picture is not None
        return self._picture


class Results:
    """One for the whole bot."""

    def __init__(
        self,
        *,
        bot: Bot,
        desk: Desk,
        memory: Memory,
        reception: Reception,
        courier: TelegramCourier,
        speech: Speech,
    ) -> None:
        self._bot = bot
        self._desk = desk
        self._journal = memory.journal
        self._ledger = memory.ledger
        self._people = memory.people
        self._archive = memory.archive
        self._pictures = memory.pictures
        self._reception = reception
        self._courier = courier
        self._speech = speech
        self._acts: dict[Act, Callable[[Press], Awaitable[None]]] = {
            Act.PICK: self._pick,
            Act.BACK: self._pick,
            Act.AGAIN: self._again,
            Act.VARY: self._vary,
            Act.RATIO: self._ratio,
            Act.THEN: self._then,
            Act.REFINE: self._refine,
            Act.CHIP: self._chip,
            Act.SET: self._set,
            Act.MIX: self._mix,
            Act.FILE: self._file,
            Act.LIKE: self._like,
            Act.DISLIKE: self._like,
            Act.DELETE: self._delete,
        }

    def router(self) -> Router:
        router = Router(name="results")
        router.callback_query.register(self.stop, buttons.Result.filter(F.act == Act.STOP))
        router.callback_query.register(self.pressed, buttons.Result.filter())
        return router

    async def stop(self, query: CallbackQuery, callback_data: buttons.Result, heard: Heard) -> None:
        job = await self._ledger.job(callback_data.job)
        if job is not None and job.user_id != heard.user_id:
            await self._speech.toast(query, phrases.not_yours(), alert=True)
            return
        stopped = job is not None and await self._desk.cancel(job)
        await self._speech.toast(query, phrases.stopped() if stopped else phrases.sending())
        if stopped and job is not None:
            await self._courier.tidy(job)

    async def pressed(
        self,
        query: CallbackQuery,
        callback_data: buttons.Result,
        heard: Heard,
        language: str,
        profile: Profile,
    ) -> None:
        job = await self._ledger.job(callback_data.job)
        if job is not None and job.user_id != heard.user_id:
            await self._speech.toast(query, phrases.not_yours(), alert=True)
            return
        picture = None if job is None else await self._ledger.picture(callback_data.picture)
        if job is not None and picture is None and callback_data.act in OF_THE_JOB:
            picture = next(iter(await self._ledger.pictures(job.id)), None)
        if job is None or picture is None or picture.job_id != job.id:
            await self._speech.toast(query, phrases.gone(), alert=True)
            return
        press = Press(query, callback_data, Visitor(heard, profile, language), job, picture)
        await self._acts[callback_data.act](press)

    async def _show(self, press: Press, picked: int) -> None:
        """The main buttons again, for this picture of the job."""
        pictures = await self._ledger.pictures(press.job.id)
        liked = await self._archive.opinion(press.heard.user_id, picked)
        below = result_buttons(press.job, pictures, picked, liked)
        number = next((n for n, picture in enumerate(pictures, start=1) if picture.id == picked), 1)
        carried = any(picture.telegram_id == press.heard.telegram_id for picture in pictures)
        text = None if carried else phrases.choose(number, len(pictures))
        await self._speech.rebutton(press.heard, below, text)

    async def _pick(self, press: Press) -> None:
        await self._speech.toast(press.query)
        await self._show(press, press.picture.id)

    async def _again(self, press: Press) -> None:
        await self._speech.toast(press.query, phrases.accepted())
        await self._reception.again(press.visitor, press.job)

    async def _vary(self, press: Press) -> None:
        await self._speech.toast(press.query, phrases.accepted())
        await self._reception.vary(self._replying(press), press.job, press.picture)

    async def _ratio(self, press: Press) -> None:
        if press.data.value not in map(str, buttons.RATIOS) or len(press.job.photos) != 2:
            await self._speech.toast(press.query)
            return
        await self._speech.toast(press.query, phrases.accepted())
        await self._reception.remix(press.visitor, press.job, int(press.data.value))

    async def _then(self, press: Press) -> None:
        """The other garment that the wish named."""
        garment = await asyncio.to_thread(then_of, press.job)
        if garment is None:
            await self._speech.toast(press.query, phrases.gone(), alert=True)
            return
        await self._speech.toast(press.query, phrases.accepted())
        await self._reception.draw(press.visitor, say(garment, press.visitor.language), garment)

    async def _refine(self, press: Press) -> None:
        await self._speech.toast(press.query)
        await self._speech.rebutton(
            press.heard,
            buttons.chips(press.job.id, press.picture.id, garment_of(press.job), press.visitor.language),
        )

    async def _chip(self, press: Press) -> None:
        attribute = press.data.value
        if attribute not in ATTRIBUTES:
            await self._speech.toast(press.query)
            return
        await self._speech.toast(press.query, phrases.choose_value(names.attribute_name(attribute)))
        below = buttons.values(press.job.id, press.picture.id, attribute, garment_of(press.job))
        await self._speech.rebutton(press.heard, below)

    async def _set(self, press: Press) -> None:
        attribute, _, value = press.data.value.partition(".")
        if attribute not in ATTRIBUTES or value not in ("", *buttons.VALUES[attribute]):
            await self._speech.toast(press.query)
            return
        await self._speech.toast(press.query, phrases.accepted())
        garment = changed(garment_of(press.job), attribute, value or None)
        await self._reception.change(self._replying(press), press.job, garment)
        await self._show(press, press.picture.id)

    async def _mix(self, press: Press) -> None:
        heard = press.heard
        waiting = (await self._people.dialogue(heard.chat_id, heard.user_id, FRESH)).waiting or {}
        other = int(waiting["picture"]) if waiting.get("kind") == "mix" else None
        first = None if other is None else await self._ledger.picture(other)
        if first is None:
            await self._speech.toast(press.query)
            await self._people.wait(
                heard.chat_id, heard.user_id, {"kind": "mix", "picture": press.picture.id}
            )
            await self._speech.answer(heard, phrases.ask_mix())
        elif first.id == press.picture.id:
            await self._speech.toast(press.query, phrases.mixed_with_itself(), alert=True)
        else:
            await self._speech.toast(press.query, phrases.accepted())
            job = await self._ledger.job(first.job_id)
            photos = [await self._reception.as_photo(picture) for picture in (first, press.picture)]
            await self._reception.mix(self._replying(press), job, photos[0], photos[1])

    async def _file(self, press: Press) -> None:
        await self._speech.toast(press.query, phrases.file_comes())
        png = await self._courier.png(press.picture)
        sent = await self._bot.send_document(
            press.heard.chat_id,
            BufferedInputFile(png, filename=f"lekalo-{press.picture.id}.png"),
            reply_parameters=as_reply(press.picture.telegram_id or press.heard.telegram_id),
        )
        heard = press.heard
        await self._journal.say(heard.user_id, heard.chat_id, sent.message_id, "document", None, press.job.id)

    async def _like(self, press: Press) -> None:
        liked = press.data.act == Act.LIKE
        opinion = await self._archive.judge(press.heard.user_id, press.picture.id, liked)
        await self._speech.toast(press.query, phrases.liked(opinion))
        await self._show(press, press.picture.id)

    async def _delete(self, press: Press) -> None:
        picture = press.picture
        unneeded = await self._archive.delete_picture(picture.id)
        for sha256 in unneeded.pictures:
            await self._pictures.remove(sha256)
        await self._speech.toast(press.query, phrases.deleted())
        if picture.telegram_id is not None:
            await self._take_away(press.heard.chat_id, picture.telegram_id)
        left = await self._ledger.pictures(press.job.id)
        if left:
            await self._show(press, left[0].id)
            if picture.position < left[0].position and left[0].telegram_id is not None:
                with suppress(TelegramAPIError):  # the caption hung on the picture that is gone
                    await self._bot.edit_message_caption(
                        chat_id=press.heard.chat_id,
                        message_id=left[0].telegram_id,
                        caption=caption_of(press.job),
                    )
        elif press.heard.telegram_id != picture.telegram_id:
            await self._take_away(press.heard.chat_id, press.heard.telegram_id)

    async def _take_away(self, chat_id: int, message_id: int) -> None:
        """Delete a message; one that is too old for that (48 hours) is made blank instead."""
        try:
            await self._bot.delete_message(chat_id, message_id)
        except TelegramBadRequest:
            with suppress(TelegramAPIError):
                await self._bot.edit_message_media(
                    InputMediaPhoto(
                        media=BufferedInputFile(blank(), filename="deleted.png"),
                        caption=phrases.deleted_caption(),
                    ),
                    chat_id=chat_id,
                    message_id=message_id,
                )

    def _replying(self, press: Press) -> Visitor:
        """The answer is a reply to the picture itself, not to the message with the buttons."""
        if press.picture.telegram_id is None:
            return press.visitor
        heard = replace(press.heard, telegram_id=press.picture.telegram_id)
        return replace(press.visitor, heard=heard)
