"""Whom a message in a group is meant for, and what it says without the bot's name.

In private everything is meant for the bot; in a group what mentions it,
replies to it, or is a command. Knows messages only.
"""

from __future__ import annotations

from aiogram.enums import ChatType, MessageEntityType
from aiogram.types import Message, User


def is_private(message: Message) -> bool:
    return message.chat.type == ChatType.PRIVATE


def words_of(message: Message, me: User) -> str:
    """The text or caption without mentions of the bot."""
    text = message.text or message.caption or ""
    if is_private(message) or me.username is None:
        return text.strip()
    handle = f"@{me.username}".lower()
    kept = [word for word in text.split(" ") if word.lower().strip(",.:;!?") != handle]
    return " ".join(kept).strip(" ,:;")


def is_addressed(message: Message, me: User) -> bool:
    """Whether the bot is spoken to."""
    if is_private(message):
        return True
    replied = message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == me.id:
        return True
    text = message.text or message.caption or ""
    for entity in [*(message.entities or []), *(message.caption_entities or [])]:
        part = entity.extract_from(text).lower()
        if entity.type == MessageEntityType.MENTION and me.username and part == f"@{me.username}".lower():
            return True
        if entity.type == MessageEntityType.TEXT_MENTION and entity.user and entity.user.id == me.id:
            return True
        if entity.type == MessageEntityType.BOT_COMMAND and entity.offset == 0:
            _, _, whose = part.partition("@")
            return not whose or whose == (me.username or "").lower()
    return False
