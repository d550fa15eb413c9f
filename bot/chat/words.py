"""The main conversation: words become a wish, go on from the last one, or are answered.

What a message asks for is read by `bot.stylist`; here it is decided against
what was said before: photos that wait for a word, a picture that is replied
to, the last wish, a question of the bot's. Knows no kind of message but text.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message, MessageOriginUser

from bot.chat import buttons, names, phrases
from bot.chat.cancel import Cancel
from bot.chat.captions import garment_of
from bot.chat.history import History
from bot.chat.memory import Memory
from bot.chat.reception import Reception, Visitor
from bot.chat.speech import Speech
from bot.jobs.port import Job
from bot.store.journal import Heard
from bot.store.people import Dialogue, Profile
from bot.store.tables import now
from bot.stylist.foreign import is_foreign
from bot.stylist.garment import Garment, changed, merged
from bot.stylist.kin import kin_of
from bot.stylist.ownwords import manner
from bot.stylist.reading import Reading, read
from bot.stylist.smalltalk import Talk, chat_about, despite_a_garment, smalltalk
from bot.stylist.surprise import surprise
from bot.stylist.tidying import has_link, without_links
from bot.stylist.wording import prompt, say
from generation.request import MAX_PROMPT_CHARACTERS
from generation.vocabulary import TYPES

FRESH = timedelta(minutes=15)
"""So long a photo without a word waits for one, and a question of the bot's for its answer."""
STALE = timedelta(hours=12)
"""After so long «красное» alone does not mean the last wish any more; «а теперь в красном» still does."""
PASTED = timedelta(seconds=5)
"""Telegram cuts a long paste into several messages; within this time they get one answer."""
CUT = 4000
"""Characters of a message that may well go on in the next one: Telegram cuts after 4096, between words."""


class Conversation:
    """One for the whole bot."""

    def __init__(
        self,
        *,
        memory: Memory,
        reception: Reception,
        speech: Speech,
        cancel: Cancel,
        history: History,
    ) -> None:
        self._journal = memory.journal
        self._ledger = memory.ledger
        self._people = memory.people
        self._reception = reception
        self._speech = speech
        self._cancel = cancel
        self._history = history

    def router(self) -> Router:
        router = Router(name="words")
        router.message.register(self.command, F.text.startswith("/"))
        router.message.register(self.text, F.text)
        router.callback_query.register(self.pressed, buttons.Words.filter())
        return router

    async def command(self, message: Message, heard: Heard) -> None:
        await self._speech.answer(heard, phrases.no_such_command())

    async def text(self, message: Message, heard: Heard, words: str, language: str, profile: Profile) -> None:
        visitor = Visitor(heard, profile, language)
        before = await self._journal.last_heard(heard, PASTED)
        spoken = 0 if before is None else len(before.text or "")
        if len(words) > MAX_PROMPT_CHARACTERS:
            if spoken <= MAX_PROMPT_CHARACTERS:
                await self._speech.answer(heard, phrases.too_long())
            return
        if spoken > CUT:
            return  # the tail of a paste that is answered
        if is_forwarded(message):
            await self._forwarded(visitor, words)
            return
        replied = message.reply_to_message.message_id if message.reply_to_message else None
        name = message.from_user.first_name if message.from_user else ""
        await self.hear(visitor, words, name=name, replied=replied)

    async def hear(self, visitor: Visitor, words: str, *, name: str = "", replied: int | None = None) -> None:
        """Answer words that stand alone: a wish, a change of one, or talk."""
        heard = visitor.heard
        reading = await asyncio.to_thread(read, words)
        dialogue = await self._people.dialogue(heard.chat_id, heard.user_id, FRESH)
        job = await self._about(heard, replied, dialogue.job_id)
        if not (replied or reading.continues) and _is_stale(dialogue):
            job = None
        talk = despite_a_garment(words) if reading.garment.type else smalltalk(words)
        waiting = dialogue.waiting or {}
        if waiting.get("kind") == "colour":  # the very next message answers it, or none does
            await self._people.wait(heard.chat_id, heard.user_id, None)
            if talk is Talk.YES and job is not None:
                await self._offer_values(visitor, job, "colour")
                return
        if talk is not None:
            await self._talk(visitor, talk, job, name)
            return
        photos = await self._journal.waiting_photos(heard, FRESH)
        if reading.style and reading.pictured and not photos and not replied and not (job and job.photos):
            job = None  # «как на фото»: of a photo that is still to come
        if job is not None and reading.asks and not reading.changes:
            await self._offer_values(visitor, job, reading.asks)
        elif reading.stranger and kin_of(words) and not is_foreign(words):
            await self._offer_kin(visitor, words)
        elif photos and (reading.changes or reading.style):
            garment = _new(reading)
            await self._reception.draw(
                visitor, prompt(words, reading, garment, visitor.language), garment, photos=photos
            )
        elif waiting.get("kind") == "garment" and reading.garment.type:
            draft = Garment.from_json(waiting["garment"])
            garment = merged(draft, reading.garment, reading.without, reading.steps)
            await self._reception.draw(visitor, say(garment, visitor.language), garment)
        elif (
            job is not None
            and (reading.changes or reading.changes_words(garment_of(job)) or _adds(reading, words))
            and (
                replied
                or reading.continues
                or not (reading.garment.type or reading.vague or reading.stranger)
            )
        ):
            base = Garment.from_json(job.garment) if reading.garment.type else garment_of(job)
            garment = merged(base, reading.garment, reading.without, reading.steps)
            await self._reception.change(visitor, job, garment)
        elif reading.style and reading.garment.type:
            await self._people.wait(heard.chat_id, heard.user_id, {"kind": "photo", "text": words})
            await self._speech.answer(heard, phrases.ask_photo())
        elif reading.garment.type:
            garment = _new(reading)
            await self._reception.draw(visitor, prompt(words, reading, garment, visitor.language), garment)
        elif (
            (reading.changes and not reading.stranger)
            or reading.vague
            or (waiting.get("kind") == "garment" and _adds(reading, words))
        ):
            await self._ask_type(visitor, words, reading, waiting)
        else:
            await self._wonder(visitor, words, reading, job, name, bool(photos))

    async def _about(self, heard: Heard, replied: int | None, last: int | None) -> Job | None:
        """The job that a message is about: the one that it replies to, else the last one."""
        if replied is not None and (found := await self._ledger.of_message(heard.chat_id, replied)):
            return found[0]
        return None if last is None else await self._ledger.job(last)

    async def _talk(self, visitor: Visitor, talk: Talk, job: Job | None, name: str) -> None:
        heard = visitor.heard
        if talk is Talk.MORE and job is not None:
            await self._reception.again(visitor, job)
        elif talk is Talk.BACK and job is not None:
            await self._go_back(heard, job)
        elif talk is Talk.PRAISE and job is not None:
            await self._people.wait(heard.chat_id, heard.user_id, {"kind": "colour"})
            await self._speech.answer(heard, phrases.glad_of_it())
        elif talk is Talk.STOP:
            await self._cancel.stop(heard)
        elif talk is Talk.SURPRISE:
            garment = surprise(random.Random())
            await self._reception.draw(visitor, say(garment, visitor.language), garment)
        else:
            await self._speech.answer(heard, phrases.talk(talk, name))

    async def _go_back(self, heard: Heard, job: Job) -> None:
        """To the wish that this one was made of, with its pictures."""
        before = None if job.parent_id is None else await self._ledger.job(job.parent_id)
        if before is None or before.user_id != heard.user_id or not await self._history.go_on(heard, before):
            await self._speech.answer(heard, phrases.nothing_before())

    async def _offer_values(self, visitor: Visitor, job: Job, attribute: str) -> None:
        """«в другом цвете»: in which one?"""
        garment, pictures = garment_of(job), await self._ledger.pictures(job.id)
        title = phrases.choose_value(names.attribute_name(attribute))
        if pictures and buttons.choices(attribute, garment):
            below = buttons.values(job.id, pictures[0].id, attribute, garment)
            await self._speech.answer(visitor.heard, title, buttons=below)
        else:
            await self._speech.answer(visitor.heard, title)

    async def _ask_type(
        self, visitor: Visitor, words: str, reading: Reading, waiting: dict[str, Any]
    ) -> None:
        """Which garment? What is said before the answer comes, is kept: «длинное», «и с бантом», «платье»."""
        heard = visitor.heard
        goes_on = waiting.get("kind") == "garment" and not reading.vague
        base = Garment.from_json(waiting["garment"]) if goes_on else Garment()
        said = replace(reading.garment, rest=manner(reading.garment.rest))
        draft = merged(base, said, reading.without, reading.steps)
        row = await self._journal.hear(heard)
        question = {"kind": "garment", "garment": draft.to_json(), "message": row}
        await self._people.wait(heard.chat_id, heard.user_id, question)
        asked = phrases.ask_which() if reading.vague else phrases.ask_type(words)
        await self._speech.answer(heard, asked, buttons=buttons.for_words(row, as_is=False))

    async def _offer_kin(self, visitor: Visitor, words: str) -> None:
        """She wants what is not drawn: the nearest garments, or her words as they are."""
        kin = kin_of(words)
        row = await self._journal.hear(visitor.heard)
        below = buttons.for_words(row, as_is=True, near=kin.types if kin else ())
        await self._speech.answer(
            visitor.heard, phrases.not_drawn(words, bool(kin and kin.types)), buttons=below
        )

    async def _wonder(
        self, visitor: Visitor, words: str, reading: Reading, job: Job | None, name: str, photos: bool
    ) -> None:
        """The words name nothing that can be drawn."""
        heard = visitor.heard
        talk = chat_about(words)
        if reading.style or (reading.photo and not photos):
            await self._speech.answer(heard, phrases.ask_photo())
        elif reading.photo:
            await self._speech.answer(heard, phrases.ask_garment())
        elif talk is not None:
            await self._talk(visitor, talk, job, name)
        elif not any(letter.isalpha() for letter in without_links(words)):
            await self._speech.answer(heard, _wordless(words))
        elif is_foreign(words):
            await self._speech.answer(heard, phrases.other_language())
        else:
            row = await self._journal.hear(heard)
            await self._speech.answer(
                heard, phrases.not_understood(words), buttons=buttons.for_words(row, as_is=True)
            )

    async def _forwarded(self, visitor: Visitor, words: str) -> None:
        """Somebody else's words: they may be a wish, but they need not."""
        heard = visitor.heard
        reading = await asyncio.to_thread(read, words)
        if not reading.garment.type:
            await self._speech.answer(heard, phrases.forwarded_without_garment())
            return
        row = await self._journal.hear(heard)
        summary = say(replace(_new(reading), rest=""), visitor.language)
        await self._speech.answer(
            heard, phrases.forwarded(summary), buttons=buttons.for_words(row, as_is=True, types=False)
        )

    async def pressed(
        self,
        query: CallbackQuery,
        callback_data: buttons.Words,
        heard: Heard,
        language: str,
        profile: Profile,
    ) -> None:
        """A button under "which garment?"."""
        said = await self._journal.heard(callback_data.message)
        if said is None or said.user_id != heard.user_id:
            await self._speech.toast(query, phrases.not_yours() if said else phrases.gone(), alert=True)
            return
        what, words = callback_data.what, said.text or ""
        if what in (buttons.MORE, buttons.LESS):
            await self._speech.toast(query)
            if isinstance(query.message, Message) and query.message.reply_markup is not None:
                shown = buttons.spread(query.message.reply_markup, callback_data)
                await self._speech.rebutton(heard, shown)
            return
        photos = await self._journal.waiting_photos(said, FRESH)
        visitor = Visitor(heard, profile, language)
        reading = await asyncio.to_thread(read, words)
        await self._speech.toast(query, phrases.accepted())
        if what == buttons.AS_IS and reading.garment.type:
            garment = replace(_new(reading), rest="")
            await self._reception.draw(visitor, say(garment, language), garment, photos=photos)
        elif what == buttons.AS_IS:
            await self._reception.draw(visitor, words, _new(reading), photos=photos)
        elif what in TYPES:
            dialogue = await self._people.dialogue(heard.chat_id, heard.user_id, FRESH)
            waiting = dialogue.waiting or {}
            if waiting.get("message") == callback_data.message:  # with what was said before it
                garment = Garment.from_json(waiting["garment"])
            else:
                garment = replace(_new(reading), rest=manner(reading.garment.rest))
            garment = changed(garment, "type", what)
            await self._reception.draw(visitor, say(garment, language), garment, photos=photos)


def _adds(reading: Reading, words: str) -> bool:
    """«с бантом», unless it is talk («на модели») or of another language."""
    return reading.adds and chat_about(words) is None and not is_foreign(words)


def _is_stale(dialogue: Dialogue) -> bool:
    return dialogue.changed_at is not None and now() - dialogue.changed_at > STALE


def _wordless(words: str) -> str:
    """The answer to a message without a word: a link, a number, marks, emoji."""
    if has_link(words):
        return phrases.link()
    if any(not letter.isspace() and not letter.isascii() for letter in words):
        return phrases.only_emoji()
    return phrases.say_a_garment()


def _new(reading: Reading) -> Garment:
    return merged(Garment(), reading.garment, reading.without, reading.steps)


def is_forwarded(message: Message) -> bool:
    """Whether these are somebody else's words; what she forwards of herself are her own."""
    origin = message.forward_origin
    if origin is None:
        return False
    own = isinstance(origin, MessageOriginUser) and message.from_user is not None
    return not (own and origin.sender_user.id == message.from_user.id)  # type: ignore[union-attr]
