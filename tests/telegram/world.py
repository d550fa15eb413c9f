"""The state of the small Telegram: people, chats, files, and updates on their way to the bot.

Everything is plain Bot API JSON, as a bot would see it. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.telegram.rules import Refused, photo_size

Json = dict[str, Any]
DOWNLOAD_BYTES = 20_000_000
"""getFile gives no more (Bot API, "getFile")."""


@dataclass
class File:
    content: bytes
    path: str
    size: int
    """What Telegram says; may be more than the content of a file that nobody will download."""


@dataclass
class Call:
    """One request of the bot."""

    method: str
    params: Json
    at: float


@dataclass
class World:
    bot: Json
    updates: list[Json] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    callbacks: dict[str, Json] = field(default_factory=dict)
    answers: list[Json] = field(default_factory=list)
    _update_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))
    _message_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self) -> None:
        """Something happened: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], Any], timeout: float = 120.0) -> Any:
        """Wait for `condition` to be true and return its value; TimeoutError tells what was said so far."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            left = deadline - time.monotonic()
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), max(0.0, left))
            except TimeoutError:
                last = [call.method for call in self.calls[-12:]]
                raise TimeoutError(f"not within {timeout} s; the bot's last calls: {last}") from None
        return value

    def person(self, user_id: int, first_name: str = "Анна", language_code: str | None = "ru") -> Chat:
        """A user and her private chat with the bot."""
        user: Json = {"id": user_id, "is_bot": False, "first_name": first_name}
        if language_code is not None:
            user["language_code"] = language_code
        chat = Chat(self, user)
        self.chats[user_id] = chat
        return chat

    def chat(self, chat_id: Any) -> Chat:
        try:
            chat = self.chats[int(chat_id)]
        except (KeyError, TypeError, ValueError):
            raise Refused("chat not found") from None
        if chat.blocked:
            raise Refused("bot was blocked by the user", 403)
        return chat

    def push(self, **update: Any) -> int:
        update_id = next(self._update_ids)
        self.updates.append({"update_id": update_id, **update})
        self.change()
        return update_id

    def message(self, chat: Chat, sender: Json, **content: Any) -> Json:
        message: Json = {
            "message_id": next(self._message_ids),
            "date": int(time.time()),
            "chat": {"id": chat.user["id"], "type": "private", "first_name": chat.user["first_name"]},
            "from": sender,
            **content,
        }
        chat.messages.append(message)
        self.change()
        return message

    def keep(self, content: bytes, kind: str, size: int | None = None) -> Json:
        digest = hashlib.sha256(content + kind.encode()).hexdigest()
        file_id = f"{kind}-{digest[:40]}"
        self.files[file_id] = File(content, f"{kind}s/{digest[:16]}.bin", size or len(content))
        return {"file_id": file_id, "file_unique_id": digest[:16], "file_size": size or len(content)}

    def photo(self, content: bytes) -> list[Json]:
        """Telegram shows every photo in several sizes; here a small and the original one."""
        width, height = photo_size(content)
        small = {**self.keep(content, "thumb"), "width": min(width, 90), "height": min(height, 90)}
        return [small, {**self.keep(content, "photo"), "width": width, "height": height}]


class Chat:
    """A person at her phone: writes, sends photos, presses buttons, sees what the bot answers."""

    def __init__(self, world: World, user: Json) -> None:
        self.world = world
        self.user = user
        self.messages: list[Json] = []
        self.edits: list[tuple[int, str]] = []
        self.deleted: list[Json] = []
        self.actions: list[str] = []
        self.blocked = False

    @property
    def from_bot(self) -> list[Json]:
        """What the bot said and did not take away."""
        return [message for message in self.messages if message["from"]["is_bot"]]

    @property
    def pictures(self) -> list[Json]:
        return [message for message in self.from_bot if "photo" in message]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.from_bot if "text" in message]

    def send(self, **content: Any) -> Json:
        """Any message content in Bot API JSON; returns the message."""
        message = self.world.message(self, self.user, **content)
        self.world.push(message=message)
        return message

    def write(self, text: str) -> Json:
        entities = {}
        if text.startswith("/"):
            length = len(text.split()[0])
            entities = {"entities": [{"type": "bot_command", "offset": 0, "length": length}]}
        return self.send(text=text, **entities)

    def send_photo(self, content: bytes, caption: str | None = None, **more: Any) -> Json:
        captioned = {"caption": caption} if caption is not None else {}
        return self.send(photo=self.world.photo(content), **captioned, **more)

    def send_file(
        self,
        content: bytes,
        name: str,
        mime_type: str,
        caption: str | None = None,
        size: int | None = None,
    ) -> Json:
        document = {**self.world.keep(content, "document", size), "file_name": name, "mime_type": mime_type}
        captioned = {"caption": caption} if caption is not None else {}
        return self.send(document=document, **captioned)

    def press(self, message: Json, data: str) -> str:
        """Press the button with this callback data; returns the query's id."""
        query_id = f"query-{len(self.world.callbacks) + 1}"
        query = {"id": query_id, "from": self.user, "message": message, "chat_instance": "1", "data": data}
        self.world.callbacks[query_id] = query
        self.world.push(callback_query=query)
        return query_id

    def find(self, message_id: Any) -> Json | None:
        return next((m for m in self.messages if m["message_id"] == int(message_id)), None)

    async def hears(self, fragment: str, timeout: float = 120.0) -> Json:
        """Wait for a text of the bot that contains `fragment`."""
        message: Json = await self.world.until(
            lambda: next((m for m in self.from_bot if fragment in m.get("text", "")), None), timeout
        )
        return message

    async def gets_pictures(self, count: int, timeout: float = 180.0) -> list[Json]:
        """Wait until the chat shows this many pictures in all."""
        await self.world.until(lambda: len(self.pictures) >= count, timeout)
        return self.pictures
