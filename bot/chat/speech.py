"""Saying something and remembering that it was said. Knows no sentence."""

from __future__ import annotations

from contextlib import suppress

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message, ReplyParameters

from bot.store.journal import Heard, Journal


class Speech:
    def __init__(self, bot: Bot, journal: Journal) -> None:
        self._bot = bot
        self._journal = journal

    async def answer(
        self, heard: Heard, text: str, *, reply: bool = False, buttons: InlineKeyboardMarkup | None = None
    ) -> Message:
        """Send `text` (Telegram HTML) to the chat of `heard`, on wish as a reply to it."""
        sent = await self._bot.send_message(
            heard.chat_id,
            text,
            reply_parameters=as_reply(heard.telegram_id) if reply else None,
            reply_markup=buttons,
        )
        await self._journal.say(heard.user_id, heard.chat_id, sent.message_id, "text", sent.text)
        return sent

    async def post(
        self, chat_id: int, text: str, *, reply_to: int, buttons: InlineKeyboardMarkup | None = None
    ) -> Message:
        """Send something that goes away again, and is not remembered."""
        return await self._bot.send_message(
            chat_id, text, reply_parameters=as_reply(reply_to), reply_markup=buttons
        )

    async def toast(self, query: CallbackQuery, text: str | None = None, *, alert: bool = False) -> None:
        """Answer a button: at once, and never fail on a press that Telegram has forgotten meanwhile."""
        with suppress(TelegramBadRequest):
            await self._bot.answer_callback_query(query.id, text, show_alert=alert)

    async def rebutton(self, heard: Heard, buttons: InlineKeyboardMarkup, text: str | None = None) -> None:
        """Other buttons under the message that was pressed, on wish with another text."""
        with suppress(TelegramAPIError):  # unchanged, gone, or too many edits: the old buttons still work
            if text is None:
                await self._bot.edit_message_reply_markup(
                    chat_id=heard.chat_id, message_id=heard.telegram_id, reply_markup=buttons
                )
            else:
                await self._bot.edit_message_text(
                    text, chat_id=heard.chat_id, message_id=heard.telegram_id, reply_markup=buttons
                )


def as_reply(telegram_id: int) -> ReplyParameters:
    """A reply that is sent even if the message is gone meanwhile."""
    return ReplyParameters(message_id=telegram_id, allow_sending_without_reply=True)
