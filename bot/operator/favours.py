"""/priority: whose wishes go first, such as those of paying users; operators give it and take it away.

For whoever is no operator the command does not exist. Knows nothing of
payments and of the line itself (`bot.jobs.port.turn`).
"""

from __future__ import annotations

from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import BaseFilter, Command, CommandObject
from aiogram.types import Message

from bot.chat.speech import Speech
from bot.operator import phrases
from bot.store.journal import Heard
from bot.store.people import People

OFF = ("off", "выкл")


class Favours:
    def __init__(self, people: People, speech: Speech, operator: BaseFilter) -> None:
        self._people = people
        self._speech = speech
        self._operator = operator

    def router(self) -> Router:
        router = Router(name="favours")
        private = F.chat.type == ChatType.PRIVATE
        router.message.register(self.command, Command("priority"), private, self._operator)
        return router

    async def command(self, message: Message, heard: Heard, command: CommandObject) -> None:
        words = (command.args or "").split()
        if not words:
            await self._speech.answer(heard, phrases.favoured(await self._people.favoured()))
        elif len(words) > 2 or (len(words) == 2 and words[1].lower() not in OFF):
            await self._speech.answer(heard, phrases.how_to_favour())
        else:
            await self._speech.answer(heard, await self._change(words[0], favoured=len(words) == 1))

    async def _change(self, name: str, *, favoured: bool) -> str:
        user = await self._people.named(name)
        if user is None or not await self._people.favour(user.id, favoured):
            return phrases.nobody(name)
        return phrases.goes_first(user) if favoured else phrases.goes_with_all(user)
