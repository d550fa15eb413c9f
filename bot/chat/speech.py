"""Saying something and remembering that it was said. Knows no sentence."""

from __future__ import annotations

from aiogram.types import Message, ReplyParameters

from bot.store.journal import Journal


class Speech:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def answer(self, message: Message, text: str, *, reply: bool = False) -> Message:
        """Send `text` (Telegram HTML) to the chat of `message`, on wish as a reply to it."""
        sent = await message.answer(text, reply_parameters=reply_to(message.message_id) if reply else None)
        if message.from_user is not None:
            await self._journal.say(message.from_user.id, message.chat.id, sent.message_id, "text", sent.text)
        return sent


def reply_to(telegram_id: int) -> ReplyParameters:
    """A reply that is sent even if the message is gone meanwhile."""
    return ReplyParameters(message_id=telegram_id, allow_sending_without_reply=True)
