"""Who the bot is, what its menu and its profile say, who the others are, and files."""

from __future__ import annotations

import re
from typing import Any

from bot.playground.markup import Json
from bot.playground.methods.registry import method
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import DOWNLOAD_BYTES, only
from bot.playground.state import Chat, State

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat"})


@method("getMe")
async def get_me(world: State, params: Params) -> Json:
    return {
        **world.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("setMyCommands", "commands", "scope language_code")
async def set_my_commands(world: State, params: Params) -> bool:
    commands = params["commands"]
    if not isinstance(commands, list) or len(commands) > 100:
        raise Refused("can't parse commands: at most 100 are expected")
    for command in commands:
        if not isinstance(command, dict) or not COMMAND.fullmatch(command.get("command", "")):
            raise Refused("BOT_COMMAND_INVALID")
        only(command, ("command", "description"), "BotCommand")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_shelf(params)] = commands
    world.tell("commands")
    return True


@method("getMyCommands", "", "scope language_code")
async def get_my_commands(world: State, params: Params) -> list[Json]:
    return world.commands.get(_shelf(params), [])


@method("deleteMyCommands", "", "scope language_code")
async def delete_my_commands(world: State, params: Params) -> bool:
    world.commands.pop(_shelf(params), None)
    world.tell("commands")
    return True


@method("setMyDescription", "", "description language_code")
async def set_my_description(world: State, params: Params) -> bool:
    return _describe(world, "description", params, 512)


@method("setMyShortDescription", "", "short_description language_code")
async def set_my_short_description(world: State, params: Params) -> bool:
    return _describe(world, "short_description", params, 120)


@method("getMyDescription", "", "language_code")
async def get_my_description(world: State, params: Params) -> Json:
    return {"description": world.descriptions.get(f"description:{params.get('language_code', '')}", "")}


@method("getMyShortDescription", "", "language_code")
async def get_my_short_description(world: State, params: Params) -> Json:
    key = f"short_description:{params.get('language_code', '')}"
    return {"short_description": world.descriptions.get(key, "")}


@method("getChat", "chat_id")
async def get_chat(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        False,
    )
    return {**chat.json, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


@method("getChatMember", "chat_id user_id")
async def get_chat_member(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    try:
        user_id = int(params["user_id"])
    except ValueError:
        raise Refused("invalid user_id specified") from None
    if user_id == world.bot["id"]:
        return {"status": "member", "user": world.bot}
    if user_id not in chat.members:
        raise Refused("member not found")
    creator = not chat.private and user_id == chat.members[0]
    named = {"is_anonymous": False} if creator else {}
    return {"status": "creator" if creator else "member", "user": world.users[user_id], **named}


@method("leaveChat", "chat_id")
async def leave_chat(world: State, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if chat.private:
        raise Refused("chat member status can't be changed in private chats")
    chat.blocked = True
    world.tell("chat", chat.id)
    world.membership(chat, world.bot, "member", "left")
    return True


@method("getFile", "file_id")
async def get_file(world: State, params: Params) -> Json:
    file_id = params["file_id"]
    file = world.files.get(file_id)
    if file is None:
        raise Refused("wrong file_id or the file is temporarily unavailable")
    if file.size > DOWNLOAD_BYTES:
        raise Refused("file is too big")
    unique = file_id.partition("-")[2][:16]
    return {"file_id": file_id, "file_unique_id": unique, "file_size": file.size, "file_path": file.path}


def menu(world: State, chat: Chat, language: str | None) -> list[Json]:
    """The commands that a user sees in the chat (Bot API, "Determining list of commands")."""
    general = ["all_private_chats"] if chat.private else ["all_group_chats"]
    for scope in (f"chat/{chat.id}", *general, "default"):
        for code in dict.fromkeys((language or "", "")):
            found = world.commands.get(f"{scope}:{code}")
            if found:
                return found
    return []


def _shelf(params: Params) -> str:
    """Where commands of this scope and language lie."""
    scope: Any = params.get("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise Refused("can't parse BotCommandScope: unsupported type specified")
    if scope["type"] == "chat" and "chat_id" not in scope:
        raise Refused("can't parse BotCommandScope: chat_id is empty")
    only(scope, ("type", *(("chat_id",) if scope["type"] == "chat" else ())), "BotCommandScope")
    kind = f"chat/{scope['chat_id']}" if scope["type"] == "chat" else scope["type"]
    language = params.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise Refused("LANG_CODE_INVALID")
    return f"{kind}:{language}"


def _describe(world: State, field: str, params: Params, most: int) -> bool:
    text = params.get(field, "")
    if len(text) > most:
        raise Refused(f"BOT_{field.upper()}_TOO_LONG")
    world.descriptions[f"{field}:{params.get('language_code', '')}"] = text
    world.tell("commands")
    return True
