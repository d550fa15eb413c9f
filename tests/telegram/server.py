"""A Bot API server over HTTP, strict where Telegram is.

    async with TelegramServer() as telegram:
        anna = telegram.world.person(1)
        anna.write("/start")           # the bot polls telegram.url
        await anna.hears("Лекало")

It knows the methods a picture bot calls, refuses the others and whatever
breaks a rule, and can be told to fail (`fail`). It does not know the bot.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.telegram.rules import (
    ACTIONS,
    FILE_BYTES,
    Refused,
    caption_of,
    keyboard_of,
    text_of,
)
from tests.telegram.world import DOWNLOAD_BYTES, Call, Chat, Json, World

TOKEN = "4242:test-token"
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
JSON_FIELDS = (
    "reply_parameters",
    "reply_markup",
    "media",
    "commands",
    "allowed_updates",
    "link_preview_options",
    "scope",
)


@dataclass
class Fault:
    """An answer that the next `times` calls of `method` ("*": of any) get instead."""

    method: str
    code: int
    description: str
    retry_after: int | None
    times: int


class TelegramServer:
    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.url = ""
        self.world = World(
            {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Lekalo", "username": "lekalo_bot"}
        )
        self._faults: list[Fault] = []
        self._polling: asyncio.Event | None = None
        """Set to end the getUpdates that is under way: only one may be."""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=FILE_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_polling()
        assert self._runner is not None
        await self._runner.cleanup()

    def fail(
        self,
        method: str,
        code: int = 429,
        description: str = "Too Many Requests: retry later",
        *,
        retry_after: int | None = None,
        times: int = 1,
    ) -> None:
        self._faults.append(Fault(method, code, description, retry_after, times))

    def called(self, method: str) -> list[Call]:
        return [call for call in self.world.calls if call.method == method]

    async def _serve(self, request: web.Request) -> web.Response:
        try:
            if request.match_info["token"] != self.token:
                raise Refused("Unauthorized", 401)
            name = request.match_info["method"]
            params, files = await _read(request)
            self.world.calls.append(Call(name, params, time.monotonic()))
            self.world.change()
            self._maybe_fail(name)
            method = self._methods().get(name)
            if method is None:
                raise Refused("Not Found", 404)
            result = await method(params, files)
        except Refused as error:
            return _refusal(error)
        finally:
            self.world.change()
        return web.json_response({"ok": True, "result": result})

    async def _download(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if request.match_info["token"] == self.token:
            for file in self.world.files.values():
                if file.path == path:
                    return web.Response(body=file.content)
        return _refusal(Refused("Not Found", 404))

    def _end_polling(self) -> None:
        if self._polling is not None:
            self._polling.set()
            self.world.change()

    def _maybe_fail(self, method: str) -> None:
        for fault in self._faults:
            if fault.method in (method, "*") and fault.times > 0:
                fault.times -= 1
                error = Refused(fault.description, fault.code, fault.retry_after)
                raise error

    def _methods(self) -> dict[str, Callable[[Json, dict[str, bytes]], Awaitable[Any]]]:
        return {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "sendMediaGroup": self._send_media_group,
            "editMessageText": self._edit_text,
            "editMessageCaption": self._edit_caption,
            "deleteMessage": self._delete_message,
            "sendChatAction": self._send_chat_action,
            "setMyCommands": self._set_my_commands,
            "getFile": self._get_file,
            "answerCallbackQuery": self._answer_callback_query,
        }

    async def _get_me(self, params: Json, files: dict[str, bytes]) -> Json:
        return {
            **self.world.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _get_updates(self, params: Json, files: dict[str, bytes]) -> list[Json]:
        self._end_polling()
        ended = self._polling = asyncio.Event()
        offset = int(params.get("offset", 0))
        self.world.updates[:] = [u for u in self.world.updates if u["update_id"] >= offset]
        kinds = params.get("allowed_updates")
        limit = int(params.get("limit", 100))

        def waiting() -> list[Json]:
            return [u for u in self.world.updates if not kinds or any(kind in u for kind in kinds)][:limit]

        seconds = float(params.get("timeout", 0)) + 0.01
        try:
            await self.world.until(lambda: ended.is_set() or waiting(), seconds)
        except TimeoutError:
            return []
        finally:
            if self._polling is ended:
                self._polling = None
        if ended.is_set():
            raise Refused("terminated by other getUpdates request; make sure that only one bot runs", 409)
        return waiting()

    async def _send_message(self, params: Json, files: dict[str, bytes]) -> Json:
        chat = self.world.chat(params.get("chat_id"))
        text, entities = text_of(params)
        return self._say(chat, params, text=text, **_some(entities=entities))

    async def _send_photo(self, params: Json, files: dict[str, bytes]) -> Json:
        chat = self.world.chat(params.get("chat_id"))
        caption, entities = caption_of(params)
        photo = self._photo(params.get("photo"), files)
        return self._say(chat, params, photo=photo, **_some(caption=caption, caption_entities=entities))

    async def _send_document(self, params: Json, files: dict[str, bytes]) -> Json:
        chat = self.world.chat(params.get("chat_id"))
        caption, entities = caption_of(params)
        content = self._content(params.get("document"), files)
        document = {**self.world.keep(content, "document"), "file_name": params.get("_filename", "file")}
        return self._say(chat, params, document=document, **_some(caption=caption, caption_entities=entities))

    async def _send_media_group(self, params: Json, files: dict[str, bytes]) -> list[Json]:
        chat = self.world.chat(params.get("chat_id"))
        media = params.get("media")
        if not isinstance(media, list) or not 2 <= len(media) <= 10:
            raise Refused("wrong number of media: an album has 2 to 10")
        if "reply_markup" in params:
            raise Refused("an album has no buttons")
        contents = []
        for item in media:
            if item.get("type") != "photo":
                raise Refused("only photos are known to this server")
            caption, entities = caption_of(item)
            photo = self._photo(item.get("media"), files)
            contents.append({"photo": photo, **_some(caption=caption, caption_entities=entities)})
        album = f"album-{len(self.world.calls)}"
        return [self._say(chat, params, media_group_id=album, **content) for content in contents]

    async def _edit_text(self, params: Json, files: dict[str, bytes]) -> Json:
        chat, message = self._own_message(params, "edit")
        if "text" not in message:
            raise Refused("there is no text in the message to edit")
        text, entities = text_of(params)
        return self._edit(chat, message, params, text=text, **_some(entities=entities))

    async def _edit_caption(self, params: Json, files: dict[str, bytes]) -> Json:
        chat, message = self._own_message(params, "edit")
        if "photo" not in message and "document" not in message:
            raise Refused("there is no caption in the message to edit")
        caption, entities = caption_of(params)
        return self._edit(chat, message, params, caption=caption, **_some(caption_entities=entities))

    async def _delete_message(self, params: Json, files: dict[str, bytes]) -> bool:
        chat = self.world.chat(params.get("chat_id"))
        message = chat.find(params.get("message_id", 0))
        if message is None:
            raise Refused("message to delete not found")
        chat.messages.remove(message)
        chat.deleted.append(message)
        return True

    async def _send_chat_action(self, params: Json, files: dict[str, bytes]) -> bool:
        chat = self.world.chat(params.get("chat_id"))
        if params.get("action") not in ACTIONS:
            raise Refused("wrong parameter action in request")
        chat.actions.append(params["action"])
        return True

    async def _set_my_commands(self, params: Json, files: dict[str, bytes]) -> bool:
        commands = params.get("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise Refused("can't parse commands")
        for command in commands:
            if not COMMAND.fullmatch(command.get("command", "")):
                raise Refused("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
        self.world.commands[params.get("language_code", "")] = commands
        return True

    async def _get_file(self, params: Json, files: dict[str, bytes]) -> Json:
        file_id = params.get("file_id", "")
        file = self.world.files.get(file_id)
        if file is None:
            raise Refused("invalid file_id")
        if file.size > DOWNLOAD_BYTES:
            raise Refused("file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": file_id[-16:],
            "file_size": file.size,
            "file_path": file.path,
        }

    async def _answer_callback_query(self, params: Json, files: dict[str, bytes]) -> bool:
        if self.world.callbacks.pop(params.get("callback_query_id", ""), None) is None:
            raise Refused("query is too old and response timeout expired or query ID is invalid")
        if len(params.get("text", "")) > 200:
            raise Refused("MESSAGE_TOO_LONG")
        self.world.answers.append(params)
        return True

    def _say(self, chat: Chat, params: Json, **content: Any) -> Json:
        markup = keyboard_of(params.get("reply_markup"))
        if markup is not None:
            content["reply_markup"] = markup
        reply = params.get("reply_parameters")
        if reply is not None:
            original = chat.find(reply["message_id"])
            if original is not None:
                content["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
            elif not reply.get("allow_sending_without_reply"):
                raise Refused("message to be replied not found")
        return self.world.message(chat, self.world.bot, **content)

    def _own_message(self, params: Json, verb: str) -> tuple[Chat, Json]:
        chat = self.world.chat(params.get("chat_id"))
        message = chat.find(params.get("message_id", 0))
        if message is None:
            raise Refused(f"message to {verb} not found")
        if not message["from"]["is_bot"]:
            raise Refused(f"message can't be {verb}ed")
        return chat, message

    def _edit(self, chat: Chat, message: Json, params: Json, **content: Any) -> Json:
        markup = keyboard_of(params.get("reply_markup"))
        new = {**content, **_some(reply_markup=markup)}
        kept = {
            key: message[key]
            for key in ("text", "entities", "caption", "caption_entities", "reply_markup")
            if key in message
        }
        if new == kept:
            raise Refused(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        for key in kept:
            del message[key]
        message.update(new, edit_date=int(time.time()))
        chat.edits.append((message["message_id"], content.get("text") or content.get("caption") or ""))
        return message

    def _photo(self, source: Any, files: dict[str, bytes]) -> list[Json]:
        return self.world.photo(self._content(source, files))

    def _content(self, source: Any, files: dict[str, bytes]) -> bytes:
        """The bytes of an uploaded file or of one the server has; addresses are not fetched."""
        if isinstance(source, str) and source.startswith("attach://"):
            source = files.get(source.removeprefix("attach://"))
        if isinstance(source, bytes):
            if not source:
                raise Refused("file must be non-empty")
            return source
        known = self.world.files.get(source) if isinstance(source, str) else None
        if known is None:
            raise Refused("wrong file identifier/HTTP URL specified")
        return known.content


async def _read(request: web.Request) -> tuple[Json, dict[str, bytes]]:
    """Parameters and uploads of a request, in any of the forms that the Bot API takes."""
    params: Json = dict(request.query)
    files: dict[str, bytes] = {}
    if request.content_type == "application/json":
        params.update(await request.json())
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = params[name] = value.file.read()
                params["_filename"] = value.filename
            else:
                params[name] = value
    for name in JSON_FIELDS:
        if isinstance(params.get(name), str):
            try:
                params[name] = json.loads(params[name])
            except ValueError:
                raise Refused(f"can't parse {name} JSON object") from None
    return params, files


def _refusal(error: Refused) -> web.Response:
    body: Json = {"ok": False, "error_code": error.code, "description": str(error)}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return web.json_response(body, status=error.code)


def _some(**fields: Any) -> Json:
    """Only the fields that have something in them."""
    return {name: value for name, value in fields.items() if value}
