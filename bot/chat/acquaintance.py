"""The middleware before every handler: who writes, in which language to answer, and what was said.

Hands `heard`, `language`, `profile` and, for messages, `words` (the text
without the bot's own name, in the keyboard layout that was meant) to the
handler. What is not meant for the bot, it drops. Knows no conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.types import CallbackQuery, InlineQuery, Message, TelegramObject, Update, User

from bot.chat.address import is_addressed, words_of
from bot.i18n import Catalogues
from bot.store.journal import BUTTON, Heard, Journal
from bot.store.people import People, Profile
from bot.stylist.foreign import language_of
from generation.slips import retyped

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class Acquaintance(BaseMiddleware):
    def __init__(
        self, catalogues: Catalogues, journal: Journal, people: People, operators: Collection[int] = ()
    ) -> None:
        self._operators = operators
        self._catalogues = catalogues
        self._journal = journal
        self._people = people

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        update = data.get("event_update")
        user = getattr(event, "from_user", None)
        if not isinstance(update, Update) or not isinstance(user, User) or user.is_bot:
            return None
        if isinstance(event, Message):
            me = await _me(data["bot"])
            if not is_addressed(event, me):
                return None
            text = await asyncio.to_thread(retyped, words_of(event, me))
        elif isinstance(event, InlineQuery):
            text = event.query
        else:
            text = ""
        profile = await self._people.profile(user.id)
        if user.id in self._operators:  # who write for others, in every language
            language = profile.language or self._catalogues.choose(user.language_code, None)
        else:
            language = self._language(profile, user.language_code, text)
        await self._journal.meet(user.id, user.first_name, user.username, language)
        if isinstance(event, Message):
            heard = _said(update.update_id, user.id, event, text)
            await self._journal.hear(heard)
            data.update(heard=heard, words=text)
        elif isinstance(event, CallbackQuery):
            if event.message is None:  # of a message sent by way of the bot: none of ours has buttons
                await data["bot"].answer_callback_query(event.id)
                return None
            data["heard"] = Heard(
                update_id=update.update_id,
                user_id=user.id,
                chat_id=event.message.chat.id,
                telegram_id=event.message.message_id,
                kind=BUTTON,
            )
        data.update(language=language, profile=profile)
        with self._catalogues.speaking(language):
            return await handler(event, data)

    def _language(self, profile: Profile, code: str | None, text: str) -> str:
        if profile.language in self._catalogues.locales:
            return str(profile.language)
        for language in (language_of(text), profile.spoken):  # what she writes in says more than her phone
            if language in self._catalogues.locales:
                return str(language)
        return self._catalogues.choose(code, text)


def _said(update_id: int, user_id: int, message: Message, text: str) -> Heard:
    return Heard(
        update_id=update_id,
        user_id=user_id,
        chat_id=message.chat.id,
        telegram_id=message.message_id,
        kind=message.content_type,
        text=text or None,
        album=message.media_group_id,
    )


async def _me(bot: Bot) -> User:
    return await bot.me()
