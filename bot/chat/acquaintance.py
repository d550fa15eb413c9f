"""The middleware before every handler: who writes, in which language to answer, and what was said.

Hands `heard` and `language` to the handler. Knows no conversation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import Message, TelegramObject, Update

from bot.i18n import Catalogues
from bot.store.journal import Heard, Journal


class Acquaintance(BaseMiddleware):
    def __init__(self, catalogues: Catalogues, journal: Journal) -> None:
        self._catalogues = catalogues
        self._journal = journal

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        update = data.get("event_update")
        if not isinstance(event, Message) or event.from_user is None or not isinstance(update, Update):
            return None
        user = event.from_user
        text = event.text or event.caption
        language = self._catalogues.choose(user.language_code, text)
        heard = Heard(
            update_id=update.update_id,
            user_id=user.id,
            chat_id=event.chat.id,
            telegram_id=event.message_id,
            kind=event.content_type,
            text=text,
            album=event.media_group_id,
        )
        await self._journal.meet(user.id, user.first_name, user.username, language)
        await self._journal.hear(heard)
        data["heard"] = heard
        data["language"] = language
        with self._catalogues.speaking(language):
            return await handler(event, data)
