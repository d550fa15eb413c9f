"""A broadcast: as its operator sees it (one message that is edited), and as all get it. Knows no handler."""

from __future__ import annotations

from contextlib import suppress

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat.buttons import Id, button, keyboard
from bot.i18n import Catalogues
from bot.operator import phrases
from bot.operator.hours import Hours
from bot.store.campaigns import Broadcast, Campaigns, Stage
from bot.store.people import People
from bot.store.tables import now

CAPTION = 1024
"""Characters under a picture (Bot API, "sendPhoto"); a text alone may be longer, but nobody reads it."""


class Act(CallbackData, prefix="o"):
    """A button under an operator's card; value: a language."""

    act: str
    id: Id
    value: str = ""


class Trend(CallbackData, prefix="t"):
    """A button under a broadcast: try, off, on."""

    act: str
    id: Id


class Card:
    def __init__(
        self, bot: Bot, catalogues: Catalogues, campaigns: Campaigns, people: People, hours: Hours
    ) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._campaigns = campaigns
        self._people = people
        self._hours = hours

    def name(self, language: str) -> str:
        return self._catalogues.name(language)

    async def put(self, broadcast_id: int) -> None:
        """Send the card anew, at the end of the operator's chat."""
        found = await self._campaigns.find(broadcast_id)
        if found is None:
            return
        with self._catalogues.speaking(await self._language(found)):
            text, below = await self._text(found), self._buttons(found)
            sent = await self._bot.send_message(found.operator_id, text, reply_markup=below)
        await self._campaigns.write(found.id, card_id=sent.message_id)
        if found.card_id is not None:
            with suppress(TelegramAPIError):
                await self._bot.delete_message(found.operator_id, found.card_id)

    async def refresh(self, broadcast_id: int) -> None:
        found = await self._campaigns.find(broadcast_id)
        if found is None or found.card_id is None:
            return
        with self._catalogues.speaking(await self._language(found)), suppress(TelegramAPIError):
            await self._bot.edit_message_text(
                await self._text(found),
                chat_id=found.operator_id,
                message_id=found.card_id,
                reply_markup=self._buttons(found),
            )

    async def send(self, broadcast: Broadcast, user_id: int, language: str) -> Message:
        """The broadcast itself, to one user. The picture is named, never uploaded."""
        text = self.text_for(broadcast, language)
        with self._catalogues.speaking(
            language if language in self._catalogues.locales else self._catalogues.default_locale
        ):
            below = self.below(broadcast, off=False)
        if broadcast.file_id is not None:
            return await self._bot.send_photo(user_id, broadcast.file_id, caption=text, reply_markup=below)
        return await self._bot.send_message(user_id, text, reply_markup=below)

    def text_for(self, broadcast: Broadcast, language: str) -> str:
        texts = broadcast.texts
        return texts.get(language) or texts.get(self._catalogues.default_locale) or next(iter(texts.values()))

    def below(self, broadcast: Broadcast, *, off: bool) -> InlineKeyboardMarkup:
        """Try it, and no more of it (off: the reader has said so already)."""
        tried = [button(phrases.label("try"), Trend(act="try", id=broadcast.id))]
        out = "on" if off else "off"
        return keyboard(
            [
                tried if broadcast.can_be_tried else [],
                [button(phrases.label(out), Trend(act=out, id=broadcast.id))],
            ]
        )

    async def _language(self, broadcast: Broadcast) -> str:
        profile = await self._people.profile(broadcast.operator_id)
        language = profile.language or profile.spoken
        return language if language in self._catalogues.locales else self._catalogues.default_locale

    async def _text(self, broadcast: Broadcast) -> str:
        lines = [phrases.head(broadcast)]
        if broadcast.state in (Stage.DRAFT, Stage.SCHEDULED):
            lines += [
                phrases.text_of(self._catalogues.name(language), broadcast.texts.get(language))
                for language in self._catalogues.available_locales
            ]
            lines += [phrases.picture(broadcast), phrases.trend(broadcast.prompt), phrases.when(broadcast)]
            lines.append(phrases.audience(sum((await self._campaigns.audience()).values())))
        else:
            count = await self._campaigns.count(broadcast.id)
            lines += [phrases.progress(count), phrases.fates(count)]
        moment = now()
        if broadcast.state in (Stage.SCHEDULED, Stage.RUNNING) and self._hours.is_quiet(moment):
            lines.append(phrases.quiet(self._hours.quiet_until(moment), str(self._hours.zone)))
        if broadcast.problem:
            lines.append(phrases.problem(broadcast.problem))
        return "\n".join(lines)

    def _buttons(self, broadcast: Broadcast) -> InlineKeyboardMarkup:
        def row(*acts: str) -> list[InlineKeyboardButton]:
            return [button(phrases.label(act), Act(act=act, id=broadcast.id)) for act in acts]

        rows: dict[Stage, list[list[InlineKeyboardButton]]] = {
            Stage.DRAFT: [
                [
                    button(
                        phrases.label("text", self._catalogues.name(language)),
                        Act(act="text", id=broadcast.id, value=language),
                    )
                    for language in self._catalogues.available_locales
                ],
                row("picture", "trend", "when"),
                row("show", "send"),
                row("cancel"),
            ],
            Stage.SCHEDULED: [row("show", "cancel")],
            Stage.RUNNING: [row("pause", "cancel")],
            Stage.PAUSED: [row("resume", "cancel")],
        }
        return keyboard(rows.get(broadcast.state, []))
