"""/broadcast: to write one, see it, send, pause and cancel it; and the two buttons that all get with it.

For whoever is no operator the command does not exist. What the bot has asked
the operator for stands in her dialogue, so a restart forgets nothing. Knows
the sentences and the chat's reception; sending is `Mailing`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import BaseFilter, Command
from aiogram.types import CallbackQuery, Message

from bot.chat.buttons import button, keyboard
from bot.chat.photos import PhotoLost, best_size, fetch
from bot.chat.reception import Reception, Visitor
from bot.chat.speech import Speech
from bot.operator import phrases
from bot.operator.card import CAPTION, Act, Card, Trend
from bot.operator.hours import Hours, NotATime
from bot.operator.mailing import Mailing
from bot.sender.gate import plain
from bot.store.campaigns import Broadcast, Campaigns, Stage
from bot.store.files import Shelf
from bot.store.journal import Heard
from bot.store.ledger import Ledger
from bot.store.people import People, Profile
from bot.store.tables import now
from bot.stylist.garment import Garment, merged
from bot.stylist.reading import read
from generation.request import MAX_PROMPT_CHARACTERS, BadRequest

KIND = "broadcast"
FRESH = timedelta(hours=1)
"""So long the bot waits for the text, the picture, ... that it asked an operator for."""


class IsOperator(BaseFilter):
    def __init__(self, ids: Collection[int]) -> None:
        self._ids = frozenset(ids)

    async def __call__(self, event: Message | CallbackQuery) -> bool:
        return event.from_user is not None and event.from_user.id in self._ids


class Awaited(BaseFilter):
    """A message that answers what the operator was asked for; hands `asked` to the handler."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def __call__(self, message: Message) -> bool | dict[str, Any]:
        assert message.from_user is not None
        dialogue = await self._people.dialogue(message.chat.id, message.from_user.id, FRESH)
        waiting = dialogue.waiting or {}
        return {"asked": waiting} if waiting.get("kind") == KIND else False


class Counter:
    def __init__(
        self,
        *,
        campaigns: Campaigns,
        ledger: Ledger,
        people: People,
        photos: Shelf,
        reception: Reception,
        speech: Speech,
        card: Card,
        mailing: Mailing,
        hours: Hours,
        admins: Collection[int],
    ) -> None:
        self._campaigns = campaigns
        self._ledger = ledger
        self._people = people
        self._photos = photos
        self._reception = reception
        self._speech = speech
        self._card = card
        self._mailing = mailing
        self._hours = hours
        self._admins = admins

    def router(self) -> Router:
        operator = IsOperator(self._admins)
        router = Router(name="broadcasts")
        private = F.chat.type == ChatType.PRIVATE
        router.message.register(self.command, Command("broadcast"), private, operator)
        router.message.register(
            self.answered, private, operator, ~F.text.startswith("/"), Awaited(self._people)
        )
        router.callback_query.register(self.pressed, Act.filter(), operator)
        router.callback_query.register(self.read, Trend.filter())
        return router

    async def command(self, message: Message, heard: Heard) -> None:
        live = await self._campaigns.all_in([Stage.SCHEDULED, Stage.RUNNING, Stage.PAUSED])
        for broadcast in live:
            await self._card.put(broadcast.id)
        draft = await self._campaigns.draft(heard.user_id)
        await self._card.put(draft.id)

    async def answered(
        self,
        message: Message,
        heard: Heard,
        words: str,
        language: str,
        profile: Profile,
        bot: Bot,
        asked: dict[str, Any],
    ) -> None:
        broadcast = await self._campaigns.find(asked["id"])
        if broadcast is None or broadcast.state is not Stage.DRAFT:
            await self._people.wait(heard.chat_id, heard.user_id, None)
            await self._speech.answer(heard, phrases.too_late())
            return
        wrong = await self._take(broadcast, asked, message, Visitor(heard, profile, language), words, bot)
        if wrong is not None:
            await self._speech.answer(heard, wrong)
            return
        await self._people.wait(heard.chat_id, heard.user_id, None)
        await self._card.put(broadcast.id)

    async def _take(
        self,
        broadcast: Broadcast,
        asked: dict[str, Any],
        message: Message,
        visitor: Visitor,
        words: str,
        bot: Bot,
    ) -> str | None:
        """Keep the answer, or say what is wrong with it."""
        what = asked["what"]
        if what == "picture":
            if not message.photo:
                return phrases.not_a_photo()
            try:
                photo = await self._photos.put(await fetch(bot, best_size(message.photo)))
            except (BadRequest, PhotoLost):
                return phrases.not_a_photo()
            file_id = message.photo[-1].file_id
            await self._campaigns.write(broadcast.id, file_id=file_id, photo=photo, job_id=None)
        elif what == "text":
            if not message.text or len(message.text) > CAPTION:
                return phrases.not_text(CAPTION)
            texts = {**broadcast.texts, asked["language"]: message.html_text}
            await self._campaigns.write(broadcast.id, texts=texts)
        elif what == "trend":
            if not words or len(words) > MAX_PROMPT_CHARACTERS:
                return phrases.not_text(MAX_PROMPT_CHARACTERS)
            await self._draw(visitor, words)
            drawn = await self._ledger.of_message(visitor.heard.chat_id, visitor.heard.telegram_id)
            news: dict[str, Any] = {"prompt": words}
            if drawn is not None:  # None: the operator has enough in work; she was told
                news |= {"job_id": drawn[0].id, "file_id": None, "photo": None}
            await self._campaigns.write(broadcast.id, **news)
        else:
            try:
                start_at, zone = self._hours.read(words, now())
            except NotATime:
                return phrases.not_a_time()
            await self._campaigns.write(broadcast.id, start_at=start_at, zone=zone)
        return None

    async def pressed(
        self, query: CallbackQuery, callback_data: Act, heard: Heard, language: str, bot: Bot
    ) -> None:
        broadcast = await self._campaigns.find(callback_data.id)
        if broadcast is None:
            await self._speech.toast(query, phrases.too_late(), alert=True)
            return
        act, draft = callback_data.act, broadcast.state is Stage.DRAFT
        toast: str | None = None
        if act in ("text", "picture", "trend", "when") and draft:
            await self._ask(heard, broadcast, act, callback_data.value)
        elif act == "at_once" and draft:
            await self._campaigns.write(broadcast.id, start_at=None, zone=None)
            await self._people.wait(heard.chat_id, heard.user_id, None)
            await self._card.put(broadcast.id)
        elif act == "show":
            toast = await self._show(heard, broadcast)
        elif act == "send" and draft:
            toast = await self._ask_whether(heard, broadcast)
        elif act == "card":
            await self._card.refresh(broadcast.id)
        else:
            toast = await self._steer(broadcast, act)
        await self._speech.toast(query, toast, alert=toast is not None)

    async def _steer(self, broadcast: Broadcast, act: str) -> str | None:
        """Send, pause, go on or cancel; what is not possible any more is said."""
        moves: dict[str, tuple[list[Stage], Stage]] = {
            "really": ([Stage.DRAFT], Stage.SCHEDULED),
            "pause": ([Stage.RUNNING], Stage.PAUSED),
            "resume": ([Stage.PAUSED], Stage.RUNNING),
            "cancel": ([Stage.DRAFT, Stage.SCHEDULED, Stage.RUNNING, Stage.PAUSED], Stage.CANCELLED),
        }
        if act not in moves:
            return phrases.too_late()
        if act == "really" and (lack := self._lack(broadcast)) is not None:
            return lack
        stages, to = moves[act]
        if not await self._campaigns.advance(broadcast.id, stages, to, problem=None):
            return phrases.too_late()
        self._mailing.stir()
        await self._card.refresh(broadcast.id)
        return None

    async def _ask(self, heard: Heard, broadcast: Broadcast, what: str, language: str) -> None:
        waiting = {"kind": KIND, "id": broadcast.id, "what": what, "language": language}
        await self._people.wait(heard.chat_id, heard.user_id, waiting)
        text = {
            "text": lambda: phrases.ask_text(self._card.name(language)),
            "picture": phrases.ask_picture,
            "trend": phrases.ask_trend,
            "when": lambda: phrases.ask_when(str(self._hours.zone)),
        }[what]()
        below = None
        if what == "when":
            at_once = button(phrases.label("at_once"), Act(act="at_once", id=broadcast.id))
            below = keyboard([[at_once]])
        await self._speech.answer(heard, text, buttons=below)

    def _lack(self, broadcast: Broadcast) -> str | None:
        if not broadcast.texts:
            return phrases.nothing_to_send()
        return phrases.still_drawing() if broadcast.job_id is not None else None

    async def _show(self, heard: Heard, broadcast: Broadcast) -> str | None:
        """The broadcast as its readers will see it, in every language that has a text; or what is missing."""
        if (lack := self._lack(broadcast)) is not None:
            return lack
        for language in broadcast.texts:
            try:
                await self._card.send(broadcast, heard.user_id, language)
            except TelegramAPIError as error:
                return plain(error)
        return None

    async def _ask_whether(self, heard: Heard, broadcast: Broadcast) -> str | None:
        if (lack := self._lack(broadcast)) is not None:
            return lack
        number = sum((await self._campaigns.audience()).values())
        below = keyboard(
            [
                [button(phrases.label("really"), Act(act="really", id=broadcast.id))],
                [button(phrases.label("card"), Act(act="card", id=broadcast.id))],
            ]
        )
        await self._speech.rebutton(heard, below, "\n".join([phrases.sure(number), phrases.when(broadcast)]))
        return None

    async def read(
        self, query: CallbackQuery, callback_data: Trend, heard: Heard, language: str, profile: Profile
    ) -> None:
        """A button under a broadcast that somebody got."""
        broadcast = await self._campaigns.find(callback_data.id)
        if broadcast is None:
            await self._speech.toast(query, phrases.too_late(), alert=True)
        elif callback_data.act == "try" and broadcast.can_be_tried:
            await self._speech.toast(query)
            await self._campaigns.tried(broadcast.id, heard.user_id)
            visitor = Visitor(heard, profile, language)
            if broadcast.prompt is not None:
                await self._draw(visitor, broadcast.prompt)
            else:
                assert broadcast.photo is not None
                await self._reception.draw(visitor, "", Garment(), photos=(broadcast.photo,))
        elif callback_data.act in ("off", "on"):
            off = callback_data.act == "off"
            await self._campaigns.opt(broadcast.id, heard.user_id, off)
            await self._speech.toast(query, phrases.trends_off() if off else phrases.trends_on(), alert=True)
            await self._speech.rebutton(heard, self._card.below(broadcast, off=off))
        else:
            await self._speech.toast(query)

    async def _draw(self, visitor: Visitor, words: str) -> None:
        reading = await asyncio.to_thread(read, words)
        garment = merged(Garment(), reading.garment, reading.without, reading.steps)
        await self._reception.draw(visitor, words, garment)
