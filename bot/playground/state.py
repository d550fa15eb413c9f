"""The state of the small Telegram: chats, files, and updates on their way to the bot.

Everything is plain Bot API JSON, as a bot would see it. Whatever changes is
told to `listeners` as an Event; the page and the disk live on that. Knows no
HTTP, no page and no rule of the Bot API but which updates a bot gets.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.playground.markup import Json
from bot.playground.refusal import Refused
from bot.playground.rules import sizes_of

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Updates that a bot gets only when it names them (Bot API, "getUpdates")."""


@dataclass
class File:
    content: bytes
    path: str
    """As getFile names it."""
    size: int
    """What Telegram says; may be more than the content of a file that nobody will download."""
    mime_type: str = "application/octet-stream"
    name: str = ""
    sizes: list[Json] = field(default_factory=list)
    """Of a photo: all sizes in which it is kept."""


@dataclass
class Call:
    """One request of the bot."""

    method: str
    params: Json
    at: float


@dataclass(frozen=True)
class Event:
    """Something that a chat's page shows, such as a message, an edit or a chat action."""

    kind: str
    chat_id: int
    data: Json


@dataclass
class Chat:
    """A private chat or a group, and all that happened in it."""

    id: int
    kind: str
    title: str
    members: list[int] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    blocked: bool = False
    edits: list[tuple[int, str]] = field(default_factory=list)
    deleted: list[Json] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    drafts: list[Json] = field(default_factory=list)
    reactions: dict[int, dict[int, list[Json]]] = field(default_factory=dict)
    """By message and user (or bot)."""

    @property
    def private(self) -> bool:
        return self.kind == "private"

    @property
    def json(self) -> Json:
        """The chat as it stands in messages."""
        return {"id": self.id, "type": self.kind, ("first_name" if self.private else "title"): self.title}

    @property
    def from_bot(self) -> list[Json]:
        """What the bot said and did not take away."""
        return [message for message in self.messages if message["from"]["is_bot"]]

    def find(self, message_id: Any) -> Json | None:
        return next((m for m in self.messages if m["message_id"] == int(message_id)), None)


@dataclass
class State:
    bot: Json
    updates: list[Json] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    """By scope and language, see `bot.playground.methods.profile`."""
    descriptions: dict[str, str] = field(default_factory=dict)
    webhook: Json = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)
    """The kinds of updates that the bot last asked for; empty: the usual ones."""
    queries: dict[str, Json] = field(default_factory=dict)
    """Callback, inline and pre-checkout queries that the bot has not answered."""
    counters: dict[str, int] = field(default_factory=lambda: {"update": 999, "message": 0, "query": 0})
    calls: list[Call] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    """answerCallbackQuery, as called."""
    offers: dict[str, Json] = field(default_factory=dict)
    """answerInlineQuery by inline query: results, each with the message's content that it would become."""
    payloads: dict[int, str] = field(default_factory=dict)
    """Of invoices, by message: what the bot gets back with the payment."""
    listening: bool = False
    """Whether the bot is there: waits in getUpdates, or its webhook took the last update."""
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self) -> None:
        """Something happened: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def tell(self, kind: str, chat_id: int = 0, **data: Any) -> None:
        event = Event(kind, chat_id, data)
        for listener in list(self.listeners):
            listener(event)
        self.change()

    async def until(self, condition: Callable[[], Any], timeout: float = 120.0) -> Any:
        """Wait for `condition` to be true and return its value; TimeoutError tells what was said so far."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            left = deadline - time.monotonic()
            changed = self._changed
            try:
                async with asyncio.timeout(max(0.0, left)):
                    await changed.wait()
            except TimeoutError:
                last = [call.method for call in self.calls[-12:]]
                raise TimeoutError(f"not within {timeout} s; the bot's last calls: {last}") from None
        return value

    def count(self, what: str) -> int:
        self.counters[what] += 1
        return self.counters[what]

    def meet(self, user_id: int, first_name: str, language_code: str | None) -> Chat:
        """A user, new or renamed, and her private chat with the bot."""
        user: Json = {"id": user_id, "is_bot": False, "first_name": first_name}
        if language_code is not None:
            user["language_code"] = language_code
        self.users[user_id] = user
        chat = self.chats.setdefault(user_id, Chat(user_id, "private", first_name, [user_id]))
        chat.title = first_name
        self.tell("chat", user_id)
        return chat

    def gather(self, chat_id: int, title: str, members: list[int]) -> Chat:
        """A supergroup into which somebody has just taken the bot."""
        chat = self.chats[chat_id] = Chat(chat_id, "supergroup", title, members)
        self.tell("chat", chat_id)
        self.membership(chat, self.users[members[0]], "left", "member")
        return chat

    def chat(self, chat_id: Any) -> Chat:
        """The chat to which the bot wants to say something; raises Refused."""
        try:
            chat = self.chats[int(chat_id)]
        except (KeyError, TypeError, ValueError):
            raise Refused("chat not found") from None
        if chat.blocked:
            raise Refused(
                "bot was blocked by the user" if chat.private else "bot was kicked from the supergroup chat",
                403,
            )
        return chat

    def push(self, **update: Any) -> int | None:
        """An update on its way to the bot; None when the bot did not ask for such."""
        [kind] = update
        if kind not in self.allowed if self.allowed else kind in NOT_BY_DEFAULT:
            return None
        update_id = self.count("update")
        self.updates.append({"update_id": update_id, **copy.deepcopy(update)})
        self.tell("update")
        return update_id

    def membership(self, chat: Chat, by: Json, old: str, new: str) -> None:
        """The bot was taken into a chat, put out of it, blocked or unblocked."""

        def member(status: str) -> Json:
            return {"status": status, "user": self.bot, **({"until_date": 0} if status == "kicked" else {})}

        self.push(
            my_chat_member={
                "chat": chat.json,
                "from": by,
                "date": int(time.time()),
                "old_chat_member": member(old),
                "new_chat_member": member(new),
            }
        )

    def message(self, chat: Chat, sender: Json, **content: Any) -> Json:
        message: Json = {
            "message_id": self.count("message"),
            "date": int(time.time()),
            "chat": chat.json,
            "from": sender,
            **content,
        }
        chat.messages.append(message)
        self.tell("message", chat.id, message=message)
        return message

    def edit(self, chat: Chat, message: Json, drop: tuple[str, ...], **content: Any) -> Json:
        """Replace the fields `drop` of a message by `content`."""
        for key in drop:
            message.pop(key, None)
        message.update(content)
        if drop != ("reply_markup",):  # other buttons alone are no edit to be seen
            message["edit_date"] = int(time.time())
        self.tell("edit", chat.id, message=message)
        return message

    def remove(self, chat: Chat, message: Json) -> None:
        chat.messages.remove(message)
        chat.deleted.append(message)
        self.tell("delete", chat.id, message_id=message["message_id"])

    def keep(
        self, content: bytes, kind: str, size: int | None = None, mime_type: str = "", name: str = ""
    ) -> Json:
        """Store a file; its file_id, file_unique_id and file_size."""
        digest = hashlib.sha256(content + kind.encode() + name.encode()).hexdigest()
        file_id = f"{kind}-{digest[:40]}"
        suffix = "jpg" if kind == "photo" else "bin"
        if file_id not in self.files:
            mime_type = mime_type or ("image/jpeg" if kind == "photo" else "application/octet-stream")
            path = f"{kind}s/{digest[:16]}.{suffix}"
            self.files[file_id] = File(content, path, size or len(content), mime_type, name)
            self.tell("file", file_id=file_id)
        return {"file_id": file_id, "file_unique_id": digest[:16], "file_size": size or len(content)}

    def photo(self, content: bytes) -> list[Json]:
        """A picture in the sizes in which Telegram keeps it, the smallest first; raises Refused."""
        return self.keep_photo(sizes_of(content))

    def keep_photo(self, made: list[tuple[int, int, bytes]]) -> list[Json]:
        """Store what `sizes_of` made of a picture."""
        sizes = [
            {**self.keep(jpeg, "photo"), "width": width, "height": height} for width, height, jpeg in made
        ]
        for size in sizes:
            self.files[size["file_id"]].sizes = sizes
            self.tell("file", file_id=size["file_id"])
        return sizes
