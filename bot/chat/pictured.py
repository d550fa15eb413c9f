"""Photos in every form: with words, alone, as an album, as a file, after the words that they belong to.

A photo is kept first; then the same album's other photos are waited for, and
then it is decided what it means. Buttons under a photo's question work as
long as the photo is kept. Knows photos and what was said before; the words of
a caption are `bot.chat.words`' affair.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from aiogram import Bot, F, Router
from aiogram.types import CallbackQuery, Document, Message, PhotoSize

from bot.chat import buttons, phrases
from bot.chat.captions import garment_of
from bot.chat.eyes import Eyes
from bot.chat.memory import Memory
from bot.chat.photos import MAX_BYTES, PhotoLost, best_size, fetch
from bot.chat.reception import Reception, Visitor, weights_of
from bot.chat.speech import Speech
from bot.chat.words import FRESH, is_forwarded
from bot.jobs.port import Job
from bot.store.journal import Heard
from bot.store.people import Profile
from bot.store.tables import now
from bot.stylist.garment import Garment, changed, merged
from bot.stylist.reading import Reading, read
from bot.stylist.smalltalk import smalltalk
from bot.stylist.wording import prompt, say
from generation.request import MAX_PHOTOS, BadRequest
from generation.vocabulary import TYPES

ALBUM_SECONDS = 0.7
"""So long the next photo of an album may take to come."""
JUST_NOW = timedelta(minutes=2)
"""A wish this fresh may be what a photo without a word belongs to."""


class Pictured:
    """One for the whole bot."""

    def __init__(
        self,
        *,
        memory: Memory,
        reception: Reception,
        speech: Speech,
        eyes: Eyes,
    ) -> None:
        self._journal = memory.journal
        self._ledger = memory.ledger
        self._people = memory.people
        self._photos = memory.photos
        self._reception = reception
        self._speech = speech
        self._eyes = eyes

    def router(self) -> Router:
        router = Router(name="photos")
        router.message.register(self.photo, F.photo)
        router.message.register(
            self.about_a_photo,
            F.text,
            ~F.text.startswith("/"),
            F.reply_to_message.photo,
            ~F.reply_to_message.from_user.is_bot,
        )
        router.message.register(self.picture_file, F.document.mime_type.startswith("image/"))
        router.callback_query.register(self.pressed, buttons.Photo.filter())
        return router

    async def photo(
        self, message: Message, heard: Heard, words: str, language: str, profile: Profile, bot: Bot
    ) -> None:
        visitor = Visitor(heard, profile, language)
        await self._take(visitor, message, words, bot, best_size(message.photo or []))

    async def about_a_photo(
        self, message: Message, heard: Heard, words: str, language: str, profile: Profile, bot: Bot
    ) -> None:
        """Words in reply to a photo, her own or, in a group, another's."""
        assert message.reply_to_message is not None
        await self._take(
            Visitor(heard, profile, language),
            message,
            words,
            bot,
            best_size(message.reply_to_message.photo or []),
        )

    async def picture_file(
        self, message: Message, heard: Heard, words: str, language: str, profile: Profile, bot: Bot
    ) -> None:
        assert message.document is not None
        if (message.document.file_size or 0) > MAX_BYTES:
            await self._speech.answer(heard, phrases.file_too_large(MAX_BYTES // 1_000_000))
            return
        await self._take(Visitor(heard, profile, language), message, words, bot, message.document)

    async def _take(
        self, visitor: Visitor, message: Message, words: str, bot: Bot, file: PhotoSize | Document
    ) -> None:
        heard = visitor.heard
        try:
            photo = await self._photos.put(await fetch(bot, file))
        except BadRequest as error:
            await self._speech.answer(heard, phrases.apology(error.problem), reply=True)
            return
        except PhotoLost:
            await self._speech.answer(heard, phrases.photo_lost(), reply=True)
            return
        words = "" if is_forwarded(message) else words  # somebody else's caption is no wish
        heard = replace(heard, photo=photo, text=words or None)
        await self._journal.hear(heard)
        photos: tuple[str, ...] = (photo,)
        if heard.album:
            if not await self._album_is_whole(heard):
                return
            album = await self._journal.album(heard)
            words = next((part.text for part in album if part.text), "")
            photos = tuple(part.photo for part in album if part.photo)
            if len(photos) > MAX_PHOTOS:
                await self._speech.answer(heard, phrases.too_many_photos())
                photos = photos[:MAX_PHOTOS]
        await self.show(replace(visitor, heard=heard), photos, words)

    async def _album_is_whole(self, heard: Heard) -> bool:
        """Wait for the album's next photo; False when it is there: its own handler goes on."""
        if await self._journal.album_goes_on(heard):
            return False
        await asyncio.sleep(ALBUM_SECONDS)
        return not await self._journal.album_goes_on(heard) and not await self._journal.album_is_taken(heard)

    async def show(self, visitor: Visitor, photos: tuple[str, ...], words: str) -> None:
        """Photos with or without words: draw, or ask what to draw."""
        heard = visitor.heard
        dialogue = await self._people.dialogue(heard.chat_id, heard.user_id, FRESH)
        waiting = dialogue.waiting or {}
        reading = await asyncio.to_thread(read, words)
        speaks = bool(words) and not reading.photo and smalltalk(words) is None
        last = None if dialogue.job_id is None else await self._ledger.job(dialogue.job_id)
        if waiting.get("kind") == "mix" and not speaks:
            await self._mix_with(visitor, int(waiting["picture"]), photos[0])
        elif waiting.get("kind") == "photo" and not speaks:
            asked = str(waiting["text"])
            await self._draw(visitor, asked, await asyncio.to_thread(read, asked), photos)
        elif speaks and reading.changes:
            await self._draw(visitor, words, reading, photos)
        elif reading.photo and _can_join(last, FRESH):
            assert last is not None
            await self._reception.draw(visitor, last.prompt, garment_of(last), photos=photos, parent=last)
        else:
            await self._ask(visitor, photos, last)

    async def _draw(self, visitor: Visitor, words: str, reading: Reading, photos: tuple[str, ...]) -> None:
        garment = merged(Garment(), reading.garment, reading.without, reading.steps)
        asked = prompt(words, reading, garment, visitor.language)
        await self._reception.draw(visitor, asked, garment, photos=photos)

    async def _mix_with(self, visitor: Visitor, picture_id: int, photo: str) -> None:
        picture = await self._ledger.picture(picture_id)
        if picture is None:
            await self._speech.answer(visitor.heard, phrases.gone())
            return
        job = await self._ledger.job(picture.job_id)
        await self._reception.mix(visitor, job, await self._reception.as_photo(picture), photo)

    async def _ask(self, visitor: Visitor, photos: tuple[str, ...], last: Job | None) -> None:
        heard = visitor.heard
        row = await self._journal.hear(heard)
        before = await self._journal.last_heard(heard, FRESH) if not heard.album else None
        below = buttons.for_photo(
            row,
            several=len(photos) == 2,
            mix=before is not None and before.photo is not None and before.text is None,
            asked=(last.id, last.prompt) if last is not None and _can_join(last, JUST_NOW) else None,
        )
        if len(photos) == 2:
            await self._speech.answer(heard, phrases.ask_ratio(), reply=True, buttons=below)
            return
        question = await self._speech.answer(heard, phrases.ask_garment(), reply=True, buttons=below)
        self._eyes.look(question, photos, visitor.language, below)

    async def pressed(
        self,
        query: CallbackQuery,
        callback_data: buttons.Photo,
        heard: Heard,
        language: str,
        profile: Profile,
    ) -> None:
        """A button under "what shall I draw in its style?"."""
        said = await self._journal.heard(callback_data.message)
        if said is None or said.user_id != heard.user_id or said.photo is None:
            await self._speech.toast(query, phrases.not_yours() if said else phrases.gone(), alert=True)
            return
        photos: tuple[str, ...] = (said.photo,)
        if said.album:
            photos = tuple(part.photo for part in await self._journal.album(said) if part.photo)[:MAX_PHOTOS]
        what = callback_data.what
        if what in (buttons.MORE, buttons.LESS):
            await self._speech.toast(query)
            if isinstance(query.message, Message) and query.message.reply_markup is not None:
                shown = buttons.spread(query.message.reply_markup, callback_data)
                self._eyes.rebuttoned(heard.chat_id, heard.telegram_id, shown)
                await self._speech.rebutton(heard, shown)
            return
        await self._speech.toast(query, phrases.accepted())
        visitor = Visitor(heard, profile, language)
        if what in TYPES:
            garment = changed(Garment(), "type", what)
            await self._reception.draw(visitor, say(garment, language), garment, photos=photos)
        elif what == buttons.VARY:
            await self._reception.draw(visitor, "", Garment(), photos=photos)
        elif what.startswith(buttons.JOIN):
            await self._join(visitor, photos, what.removeprefix(buttons.JOIN))
        elif what == buttons.MIX:
            before = await self._journal.last_heard(said)
            if before is not None and before.photo is not None:
                await self._reception.mix(visitor, None, before.photo, said.photo)
        elif what in map(str, buttons.RATIOS) and len(photos) == 2:
            weights = weights_of(int(what))
            await self._reception.draw(visitor, "", Garment(), photos=photos, weights=weights)

    async def _join(self, visitor: Visitor, photos: tuple[str, ...], wish: str) -> None:
        job = await self._ledger.job(int(wish)) if wish.isdecimal() and len(wish) < 19 else None
        if job is not None and job.user_id == visitor.heard.user_id:
            await self._reception.draw(visitor, job.prompt, garment_of(job), photos=photos, parent=job)


def _can_join(job: Job | None, within: timedelta) -> bool:
    """Whether a photo may belong to the wish that was said just before it."""
    return (
        job is not None
        and bool(job.prompt)
        and not job.photos
        and job.init is None
        and now() - job.created_at < within
    )
