"""What the bot changes afterwards: texts, captions, pictures, buttons, reactions; and what it takes back."""

from __future__ import annotations

import time
from typing import Any

from bot.playground.markup import Json
from bot.playground.methods.registry import method, some
from bot.playground.methods.sending import PREVIEW, media_of
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import caption_of, keyboard_of, only, text_of
from bot.playground.state import Chat, State

DELETABLE_SECONDS = 48 * 3600
TEXT = ("text", "entities")
CAPTION = ("caption", "caption_entities")
MEDIA = ("photo", "document", "has_media_spoiler", "show_caption_above_media", *CAPTION)
BUTTONS = ("reply_markup",)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
REACTIONS = frozenset(
    [
        "❤",
        "👍",
        "👎",
        "🔥",
        "🥰",
        "👏",
        "😁",
        "🤔",
        "🤯",
        "😱",
        "🤬",
        "😢",
        "🎉",
        "🤩",
        "🤮",
        "💩",
        "🙏",
        "👌",
        "🕊",
        "🤡",
        "🥱",
        "🥴",
        "😍",
        "🐳",
        "🌚",
        "🌭",
        "💯",
        "🤣",
        "⚡",
        "🍌",
        "🏆",
        "💔",
        "🤨",
        "😐",
        "🍓",
        "🍾",
        "💋",
        "🖕",
        "😈",
        "😴",
        "😭",
        "🤓",
        "👻",
        "👀",
        "🎃",
        "🙈",
        "😇",
        "😨",
        "🤝",
        "✍",
        "🤗",
        "🫡",
        "🎅",
        "🎄",
        "☃",
        "💅",
        "🤪",
        "🗿",
        "🆒",
        "💘",
        "🙉",
        "🦄",
        "😘",
        "💊",
        "🙊",
        "😎",
        "👾",
        "🤷",
        "😡",
    ]
)
"""What a bot may react with (Bot API, "ReactionTypeEmoji"), without the signs of sex and presentation."""


@method("editMessageText", "chat_id message_id text", "parse_mode entities link_preview_options reply_markup")
async def edit_text(world: State, params: Params) -> Json:
    chat, message = _own(world, params)
    if "text" not in message:
        raise Refused("there is no text in the message to edit")
    text, entities = text_of(params.fields)
    only(params.get("link_preview_options") or {}, PREVIEW, "link_preview_options")
    return _edit(world, chat, message, params, (*TEXT, *BUTTONS), text=text, **some(entities=entities))


@method(
    "editMessageCaption",
    "chat_id message_id",
    "caption parse_mode caption_entities show_caption_above_media reply_markup",
)
async def edit_caption(world: State, params: Params) -> Json:
    chat, message = _own(world, params)
    if "photo" not in message and "document" not in message:
        raise Refused("there is no caption in the message to edit")
    caption, entities = caption_of(params.fields)
    new = some(caption=caption, caption_entities=entities)
    return _edit(world, chat, message, params, (*CAPTION, *BUTTONS), **new)


@method("editMessageMedia", "chat_id message_id media", "reply_markup")
async def edit_media(world: State, params: Params) -> Json:
    chat, message = _own(world, params)
    content = await media_of(world, params, params["media"])
    if "media_group_id" in message and ("photo" in content) != ("photo" in message):
        raise Refused("message content can't be changed to another type in an album")
    return _edit(world, chat, message, params, (*TEXT, *MEDIA, *BUTTONS), **content)


@method("editMessageReplyMarkup", "chat_id message_id", "reply_markup")
async def edit_reply_markup(world: State, params: Params) -> Json:
    chat, message = _own(world, params)
    return _edit(world, chat, message, params, BUTTONS)


@method("deleteMessage", "chat_id message_id")
async def delete_message(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    message = chat.find(params["message_id"])
    if message is None:
        raise Refused("message to delete not found")
    if not _deletable(chat, message, world):
        raise Refused("message can't be deleted")
    world.remove(chat, message)
    return True


@method("deleteMessages", "chat_id message_ids")
async def delete_messages(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    numbers = params["message_ids"]
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise Refused("wrong number of message identifiers: 1 to 100 are expected")
    for number in numbers:  # those that are not there are skipped
        message = chat.find(number)
        if message is not None and _deletable(chat, message, world):
            world.remove(chat, message)
    return True


@method("setMessageReaction", "chat_id message_id", "reaction is_big")
async def set_message_reaction(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    message = chat.find(params["message_id"])
    if message is None:
        raise Refused("message to react not found")
    reaction = params.get("reaction") or []
    if len(reaction) > 1:
        raise Refused("REACTIONS_TOO_MANY")
    for one in reaction:
        only(one, ("type", "emoji"), "ReactionTypeEmoji")
        if one.get("type") != "emoji" or one.get("emoji", "").replace("\ufe0f", "") not in REACTIONS:
            raise Refused("REACTION_INVALID")
    chat.reactions.setdefault(message["message_id"], {})[world.bot["id"]] = reaction
    world.tell("edit", chat.id, message=message)
    return True


def _own(world: State, params: Params) -> tuple[Chat, Json]:
    chat = world.chat(params["chat_id"])
    message = chat.find(params["message_id"])
    if message is None:
        raise Refused("message to edit not found")
    if message["from"]["id"] != world.bot["id"] or "forward_origin" in message:
        raise Refused("message can't be edited")
    return chat, message


def _edit(
    world: State, chat: Chat, message: Json, params: Params, fields: tuple[str, ...], **content: Any
) -> Json:
    """Replace `fields` by `content` and the buttons by those of `params`; refuses when nothing changes."""
    markup = keyboard_of(params.get("reply_markup"))
    if markup is not None and "media_group_id" in message:
        raise Refused("message can't be edited: an album has no buttons")
    new = {**content, **some(reply_markup=markup)}
    if new == {key: message[key] for key in fields if key in message}:
        raise Refused(NOT_MODIFIED)
    world.edit(chat, message, fields, **new)
    chat.edits.append((message["message_id"], content.get("text") or content.get("caption") or ""))
    return message


def _deletable(chat: Chat, message: Json, world: State) -> bool:
    own = message["from"]["id"] == world.bot["id"]
    return (own or chat.private) and time.time() - message["date"] < DELETABLE_SECONDS
