"""What the bot says: messages, photos, documents, albums, drafts, chat actions, copies."""

from __future__ import annotations

import asyncio
import mimetypes
from typing import Any

from bot.playground.markup import Json, formatted, utf16
from bot.playground.methods.registry import method, some
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import (
    ACTIONS,
    ALBUM,
    TEXT_LIMIT,
    UPLOAD_BYTES,
    caption_of,
    keyboard_of,
    only,
    sizes_of,
    text_of,
)
from bot.playground.state import Chat, State

QUIET = "disable_notification protect_content reply_parameters message_thread_id"
CAPTION = "caption parse_mode caption_entities show_caption_above_media"
PREVIEW = ("is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text")
REPLY = ("message_id", "allow_sending_without_reply", "quote", "quote_parse_mode")
CONTENT = ("text", "entities", "photo", "document", "sticker", "voice", "caption", "caption_entities")
"""The fields of a message that a copy takes along."""


@method("sendMessage", "chat_id text", f"parse_mode entities link_preview_options reply_markup {QUIET}")
async def send_message(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    text, entities = text_of(params.fields)
    return say(world, chat, params, text=text, **some(entities=entities))


@method("sendPhoto", "chat_id photo", f"{CAPTION} has_spoiler reply_markup {QUIET}")
async def send_photo(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    content = await photo_of(world, params, params.get("photo") or "attach://photo", params.fields)
    return say(world, chat, params, **content)


@method("sendDocument", "chat_id document", f"{CAPTION} disable_content_type_detection reply_markup {QUIET}")
async def send_document(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    source = params.get("document") or "attach://document"
    return say(world, chat, params, **document_of(world, params, source, params.fields))


@method("sendMediaGroup", "chat_id media", QUIET)
async def send_media_group(world: State, params: Params) -> list[Json]:
    chat = world.chat(params["chat_id"])
    media = params["media"]
    if not isinstance(media, list) or len(media) < ALBUM[0]:
        raise Refused(f"wrong number of media: an album has {ALBUM[0]} to {ALBUM[1]}")
    if len(media) > ALBUM[1]:
        raise Refused("too many messages to send as an album")
    if {item.get("type") for item in media} == {"photo", "document"}:
        raise Refused("document can't be mixed with other media types")
    contents = [await media_of(world, params, item) for item in media]
    album = str(world.count("query"))
    return [say(world, chat, params, media_group_id=album, **content) for content in contents]


@method("sendChatAction", "chat_id action", "message_thread_id")
async def send_chat_action(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if params["action"] not in ACTIONS:
        raise Refused("wrong parameter action in request")
    chat.actions.append(params["action"])
    world.tell("action", chat.id, action=params["action"])
    return True


@method(
    "sendMessageDraft", "chat_id draft_id", "text parse_mode entities message_thread_id can_stop keep_on_stop"
)
async def send_message_draft(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if not chat.private:
        raise Refused("TEXTDRAFT_PEER_INVALID")
    if not params["draft_id"]:
        raise Refused("RANDOM_ID_INVALID")
    text, entities = formatted(params.get("text") or "", params.get("parse_mode"))
    if utf16(text) > TEXT_LIMIT:
        raise Refused("message is too long")
    draft = {"draft_id": params["draft_id"], "text": text, "entities": entities}
    chat.drafts.append(draft)
    world.tell("draft", chat.id, **draft)
    return True


@method("copyMessage", "chat_id from_chat_id message_id", f"{CAPTION} reply_markup {QUIET}")
async def copy_message(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    original = _original(world, params, "copy")
    content = {key: original[key] for key in CONTENT if key in original}
    if "caption" in params:
        caption, entities = caption_of(params.fields)
        content = {key: value for key, value in content.items() if not key.startswith("caption")}
        content |= some(caption=caption, caption_entities=entities)
    return {"message_id": say(world, chat, params, **content)["message_id"]}


@method("forwardMessage", "chat_id from_chat_id message_id", "disable_notification protect_content")
async def forward_message(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    original = _original(world, params, "forward")
    origin = {"type": "user", "date": original["date"], "sender_user": original["from"]}
    content = {key: original[key] for key in CONTENT if key in original}
    return say(world, chat, params, forward_origin=original.get("forward_origin", origin), **content)


def say(world: State, chat: Chat, params: Params, **content: Any) -> Json:
    """The bot's message in a chat, with the buttons and the reply that `params` ask for."""
    markup = keyboard_of(params.get("reply_markup"))
    only(params.get("link_preview_options") or {}, PREVIEW, "link_preview_options")
    if markup is not None:
        content["reply_markup"] = markup
    reply = params.get("reply_parameters")
    if reply is not None:
        only(reply, REPLY, "reply_parameters")
        original = chat.find(reply.get("message_id", 0))
        if original is not None:
            content["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
            if reply.get("quote"):
                content["quote"] = _quote(original, reply)
        elif not reply.get("allow_sending_without_reply"):
            raise Refused("message to be replied not found")
    return world.message(chat, world.bot, **content)


async def media_of(world: State, params: Params, item: Any) -> Json:
    """The content of a message that an InputMedia makes."""
    if not isinstance(item, dict) or item.get("type") not in ("photo", "document"):
        raise Refused("can't parse InputMedia: this server knows the types photo and document")
    known = {"type", "media", *CAPTION.split()}
    if item["type"] == "photo":
        only(item, known | {"has_spoiler"}, "InputMediaPhoto")
        return await photo_of(world, params, item.get("media"), item)
    only(item, known | {"disable_content_type_detection"}, "InputMediaDocument")
    return document_of(world, params, item.get("media"), item)


async def photo_of(world: State, params: Params, source: Any, captioned: Json) -> Json:
    """A photo message's content; `source`: attach://name or the id of a photo that the server has."""
    caption, entities = caption_of(captioned)
    upload = _upload(params, source)
    if upload is not None:
        photo = world.keep_photo(await asyncio.to_thread(sizes_of, upload.content))
    else:
        file = world.files.get(source)
        if file is None:
            raise Refused("wrong file identifier/HTTP URL specified")
        if not file.sizes:
            raise Refused("can't use file of type Document as Photo")
        photo = file.sizes
    above = captioned.get("show_caption_above_media")
    spoiler = captioned.get("has_spoiler")
    return {
        "photo": photo,
        **some(caption=caption, caption_entities=entities, has_media_spoiler=spoiler),
        **some(show_caption_above_media=above),
    }


def document_of(world: State, params: Params, source: Any, captioned: Json) -> Json:
    """A document message's content; `source` as for `photo_of`."""
    caption, entities = caption_of(captioned)
    upload = _upload(params, source)
    if upload is not None:
        if len(upload.content) > UPLOAD_BYTES:
            raise Refused("Request Entity Too Large", 413)
        mime_type = mimetypes.guess_type(upload.name)[0] or upload.mime_type
        kept = world.keep(upload.content, "document", mime_type=mime_type, name=upload.name)
        document = {**kept, "file_name": upload.name, "mime_type": mime_type}
    else:
        file = world.files.get(source)
        if file is None:
            raise Refused("wrong file identifier/HTTP URL specified")
        if file.sizes:
            raise Refused("can't use file of type Photo as Document")
        unique = {"file_id": source, "file_unique_id": source.partition("-")[2][:16], "file_size": file.size}
        document = {**unique, "file_name": file.name, "mime_type": file.mime_type}
    return {"document": document, **some(caption=caption, caption_entities=entities)}


def _quote(original: Json, reply: Json) -> Json:
    quote, entities = formatted(reply["quote"], reply.get("quote_parse_mode"))
    whole = original.get("text") or original.get("caption") or ""
    if quote not in whole:
        raise Refused("QUOTE_TEXT_INVALID")
    return {"text": quote, "position": utf16(whole[: whole.index(quote)]), **some(entities=entities)}


def _upload(params: Params, source: Any) -> Any:
    if not isinstance(source, str):
        raise Refused("can't parse InputMedia: media not found")
    if not source.startswith("attach://"):
        return None
    upload = params.uploads.get(source.removeprefix("attach://"))
    if upload is None:
        raise Refused("can't parse InputMedia: media not found")
    if not upload.content:
        raise Refused("file must be non-empty")
    return upload


def _original(world: State, params: Params, verb: str) -> Json:
    original = world.chat(params["from_chat_id"]).find(params["message_id"])
    if original is None:
        raise Refused(f"message to {verb} not found")
    if not set(CONTENT) & set(original):
        raise Refused(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return original
