"""All conversations, in the order in which they are asked, and the menu of commands.

Knows which conversations there are; it does not know what they say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

import structlog
from aiogram import Bot, Dispatcher, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.types import Update

from bot.chat import phrases
from bot.chat.acquaintance import Acquaintance
from bot.chat.board import Board
from bot.chat.buttons import menu
from bot.chat.cancel import Cancel
from bot.chat.courier import TelegramCourier
from bot.chat.edited import Edited
from bot.chat.eyes import Eyes
from bot.chat.history import History
from bot.chat.inline import Inline
from bot.chat.manners import manners_router
from bot.chat.memory import Memory
from bot.chat.pictured import Pictured
from bot.chat.preferences import Preferences
from bot.chat.privacy import Privacy
from bot.chat.reception import Reception
from bot.chat.results import Results
from bot.chat.speech import Speech
from bot.chat.start import start_router
from bot.chat.words import Conversation
from bot.i18n import Catalogues
from bot.jobs.desk import Desk

log = structlog.stdlib.get_logger(__name__)


def build_dispatcher(
    *,
    bot: Bot,
    memory: Memory,
    catalogues: Catalogues,
    desk: Desk,
    board: Board,
    courier: TelegramCourier,
    eyes: Eyes,
    sizes: tuple[int, ...] = (),
    rooms: Sequence[Router] = (),
    operators: Collection[int] = (),
) -> Dispatcher:
    """rooms: conversations from elsewhere; they are asked first. operators: their ids."""
    people = memory.people
    speech = Speech(bot, memory.journal)
    cancel = Cancel(desk=desk, people=people, courier=courier, speech=speech)
    reception = Reception(memory=memory, desk=desk, board=board, courier=courier, speech=speech)
    history = History(bot=bot, memory=memory, courier=courier, speech=speech)
    conversation = Conversation(
        memory=memory, reception=reception, speech=speech, cancel=cancel, history=history
    )
    pictured = Pictured(memory=memory, reception=reception, speech=speech, eyes=eyes)
    results = Results(bot=bot, memory=memory, desk=desk, reception=reception, courier=courier, speech=speech)
    edited = Edited(memory=memory, desk=desk, courier=courier, conversation=conversation, pictured=pictured)
    router = Router(name="chat")
    acquaintance = Acquaintance(catalogues, memory.journal, people, operators)
    for observer in (router.message, router.edited_message, router.callback_query, router.inline_query):
        observer.middleware(acquaintance)
    router.include_routers(
        *rooms,
        start_router(speech, people),
        cancel.router(),
        history.router(),
        Preferences(bot=bot, people=people, catalogues=catalogues, speech=speech, sizes=sizes).router(),
        Privacy(bot=bot, memory=memory, desk=desk, speech=speech).router(),
        results.router(),
        pictured.router(),
        conversation.router(),
        edited.router(),
        Inline(bot=bot, archive=memory.archive).router(),
        manners_router(speech),
    )
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.include_router(router)
    return dispatcher


async def name_commands(bot: Bot, catalogues: Catalogues) -> None:
    """The menu, in every language; a failure is no reason not to start."""
    for language in [None, *catalogues.available_locales]:
        with catalogues.speaking(language or catalogues.default_locale):
            commands = menu()
        try:
            await bot.set_my_commands(commands, language_code=language)
        except TelegramAPIError as error:
            log.warning("menu not set", error=type(error).__name__)
            return


async def say_it_went_wrong(bot: Bot, catalogues: Catalogues, update: Update) -> None:
    """To whoever wrote or pressed what no attempt could answer."""
    message, query = update.message or update.edited_message, update.callback_query
    user = message.from_user if message else query.from_user if query else None
    if user is None:
        return
    language = catalogues.choose(user.language_code, message.text if message else None)
    with catalogues.speaking(language), suppress(TelegramAPIError):
        if query is not None:
            await bot.answer_callback_query(query.id, phrases.went_wrong(), show_alert=True)
        elif message is not None:
            await message.answer(phrases.went_wrong())
