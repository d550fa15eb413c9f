"""/settings: language, pictures per request, size, whom the clothes are for. Knows one message's buttons."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Command
from aiogram.types import (
    BotCommandScopeChat,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from bot.chat import buttons, labels, phrases
from bot.chat.buttons import Setting, button, menu
from bot.chat.reception import PICTURES
from bot.chat.speech import Speech
from bot.i18n import Catalogues
from bot.store.journal import Heard
from bot.store.people import People, Profile

COUNTS = (1, 2, 3, 4)
WHOM = ("women", "men")
NONE = "-"


class Preferences:
    """One for the whole bot. sizes: the sides in pixels that are offered beside the model's own."""

    def __init__(
        self,
        *,
        bot: Bot,
        people: People,
        catalogues: Catalogues,
        speech: Speech,
        sizes: tuple[int, ...],
    ) -> None:
        self._bot = bot
        self._people = people
        self._catalogues = catalogues
        self._speech = speech
        self._sizes = sizes

    def router(self) -> Router:
        router = Router(name="settings")
        router.message.register(self.command, Command("settings"))
        router.callback_query.register(self.pressed, Setting.filter())
        return router

    async def command(self, message: Message, heard: Heard, profile: Profile) -> None:
        await self._speech.answer(heard, self._text(profile), buttons=self._buttons(profile))

    async def pressed(
        self, query: CallbackQuery, callback_data: Setting, heard: Heard, language: str
    ) -> None:
        name, value = callback_data.name, callback_data.value
        allowed: dict[str, tuple[str, ...]] = {
            "language": tuple(self._catalogues.available_locales),
            "pictures": tuple(map(str, COUNTS)),
            "size": tuple(map(str, self._sizes)),
            "clothes_for": WHOM,
        }
        if name not in allowed or value not in (NONE, *allowed[name]):
            await self._speech.toast(query)
            return
        numeric = name in ("pictures", "size") and value != NONE
        chosen = None if value == NONE else int(value) if numeric else value
        await self._people.choose(heard.user_id, name, chosen)
        profile = await self._people.profile(heard.user_id)
        spoken = profile.language or self._catalogues.choose(query.from_user.language_code, None, language)
        with self._catalogues.speaking(spoken):
            await self._speech.toast(query)
            if name == "language":
                await self._name_commands(heard.chat_id, chosen is not None)
            await self._speech.rebutton(heard, self._buttons(profile), self._text(profile))

    async def _name_commands(self, chat_id: int, chosen: bool) -> None:
        """The menu of this chat in the chosen language, or as for everybody."""
        scope = BotCommandScopeChat(chat_id=chat_id)
        with suppress(TelegramAPIError):
            if chosen:
                await self._bot.set_my_commands(menu(), scope=scope)
            else:
                await self._bot.delete_my_commands(scope=scope)

    def _text(self, profile: Profile) -> str:
        language = self._catalogues.name(profile.language) if profile.language else labels.automatic()
        return phrases.settings(
            language,
            profile.pictures or PICTURES,
            labels.pixels(profile.size) if profile.size else labels.standard(),
            labels.clothes_for(profile.clothes_for),
        )

    def _buttons(self, profile: Profile) -> InlineKeyboardMarkup:
        def rows(
            name: str, now: object, choices: list[tuple[str, str]]
        ) -> list[Sequence[InlineKeyboardButton]]:
            return buttons.in_rows(
                (
                    button(labels.setting(label, str(now or NONE) == value), Setting(name=name, value=value))
                    for value, label in choices
                ),
                4,
            )

        locales = self._catalogues.available_locales
        return buttons.keyboard(
            [
                *rows(
                    "language",
                    profile.language,
                    [*((code, self._catalogues.name(code)) for code in locales), (NONE, labels.automatic())],
                ),
                *rows("pictures", profile.pictures or PICTURES, [(str(n), str(n)) for n in COUNTS]),
                *rows(
                    "size",
                    profile.size,
                    [(NONE, labels.standard()), *((str(n), labels.pixels(n)) for n in self._sizes)],
                ),
                *rows(
                    "clothes_for",
                    profile.clothes_for,
                    [(NONE, labels.clothes_for(None)), *((whom, labels.clothes_for(whom)) for whom in WHOM)],
                ),
            ]
        )
