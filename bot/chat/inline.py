"""Inline mode: `@bot красное пальто` offers the user's own earlier pictures, in any chat.

Knows what is kept; it draws nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiogram import Bot, Router
from aiogram.types import InlineQuery, InlineQueryResultCachedPhoto, InlineQueryResultsButton

from bot.chat import labels, phrases
from bot.jobs.port import Drawn
from bot.store.archive import Archive
from bot.stylist.garment import ATTRIBUTES, Garment
from bot.stylist.reading import read

PAGE = 30
"""Of at most 50 (Bot API, "answerInlineQuery")."""


class Inline:
    def __init__(self, *, bot: Bot, archive: Archive) -> None:
        self._bot = bot
        self._archive = archive

    def router(self) -> Router:
        router = Router(name="inline")
        router.inline_query.register(self.asked)
        return router

    async def asked(self, query: InlineQuery) -> None:
        kept = await self._archive.gallery(query.from_user.id)
        found = await asyncio.to_thread(_matching, kept, query.query)
        start = int(query.offset) if query.offset.isdecimal() else 0
        page = found[start : start + PAGE]
        results = [
            InlineQueryResultCachedPhoto(
                id=str(picture.id), photo_file_id=str(picture.file_id), title=phrases.inline_title(asked)
            )
            for picture, asked in page
        ]
        await self._bot.answer_inline_query(
            query.id,
            list(results),
            is_personal=True,
            cache_time=5,
            next_offset=str(start + PAGE) if start + PAGE < len(found) else "",
            button=InlineQueryResultsButton(text=labels.draw_in_chat(), start_parameter="draw"),
        )


def _matching(kept: list[tuple[Drawn, str, dict[str, Any] | None]], query: str) -> list[tuple[Drawn, str]]:
    """The pictures that have everything that the query names, or its words in their wish."""
    wanted = read(query).garment
    words = query.lower().split()
    return [
        (picture, asked)
        for picture, asked, stored in kept
        if all(word in asked.lower() for word in words) or _has(Garment.from_json(stored), wanted)
    ]


def _has(garment: Garment, wanted: Garment) -> bool:
    named = [name for name in ATTRIBUTES if getattr(wanted, name) is not None]
    return bool(named) and all(getattr(garment, name) == getattr(wanted, name) for name in named)
