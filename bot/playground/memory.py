"""Keeps the small Telegram on disk, so that conversations survive reloads and restarts.

    FOLDER/telegram.sqlite3    messages, chats, people, updates that the bot has not taken yet
    FOLDER/files/ab/abcd…      what was sent, by content

It listens to the world and writes each change down before the change is
answered. Knows no HTTP and no rule.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.playground.state import Chat, Event, File, State

KEPT = ("updates", "commands", "descriptions", "webhook", "allowed", "queries", "counters")
"""Fields of State that are kept as they are, together."""


class Memory:
    def __init__(self, folder: Path) -> None:
        """Opens or makes the folder; raises OSError or sqlite3.Error."""
        self._files = folder / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(folder / "telegram.sqlite3", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
        )

    def close(self) -> None:
        self._base.close()

    def recall(self, world: State) -> None:
        """Fill an empty world with what is remembered, and remember what happens in it from now on."""
        for field, value in self._all("state"):
            if field == "payloads":
                world.payloads.update((int(key), payload) for key, payload in value.items())
            else:
                setattr(world, field, value)
        for key, value in self._all("user"):
            world.users[int(key)] = value
        for key, value in self._all("file"):
            path = self._place(value.pop("sha256"))
            if path.exists():
                world.files[key] = File(content=path.read_bytes(), **value)
        for _, value in self._all("chat"):
            world.chats[value["id"]] = Chat(**value)
        messages = sorted(
            (value for _, value in self._all("message")), key=lambda v: v["message"]["message_id"]
        )
        for value in messages:
            message = value["message"]
            chat = world.chats[message["chat"]["id"]]
            chat.messages.append(message)
            if value["reactions"]:
                chat.reactions[message["message_id"]] = {int(k): v for k, v in value["reactions"].items()}
        world.listeners.append(lambda event: self._listen(world, event))

    def _listen(self, world: State, event: Event) -> None:
        keepers: dict[str, Callable[[State, Event], None]] = {
            "message": self._keep_message,
            "edit": self._keep_message,
            "delete": self._drop_message,
            "chat": self._keep_chat,
            "file": self._keep_file,
            "update": self._keep_state,
            "commands": self._keep_state,
            "query": self._keep_state,
        }
        keeper = keepers.get(event.kind)
        if keeper is not None:
            keeper(world, event)

    def _keep_message(self, world: State, event: Event) -> None:
        message = event.data["message"]
        reactions = world.chats[event.chat_id].reactions.get(message["message_id"], {})
        self._put("message", _key(event.chat_id, message), {"message": message, "reactions": reactions})
        if event.kind == "message":
            self._put("state", "counters", world.counters)

    def _drop_message(self, world: State, event: Event) -> None:
        key = _key(event.chat_id, event.data)
        self._base.execute("DELETE FROM things WHERE kind = 'message' AND key = ?", (key,))

    def _keep_chat(self, world: State, event: Event) -> None:
        chat = world.chats[event.chat_id]
        kept = ("id", "kind", "title", "members", "blocked")
        self._put("chat", str(chat.id), {name: getattr(chat, name) for name in kept})
        for member in chat.members:
            if member in world.users:
                self._put("user", str(member), world.users[member])

    def _keep_file(self, world: State, event: Event) -> None:
        file = world.files[event.data["file_id"]]
        sha256 = hashlib.sha256(file.content).hexdigest()
        path = self._place(sha256)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(file.content)
            part.replace(path)
        facts = {name: value for name, value in vars(file).items() if name != "content"}
        self._put("file", event.data["file_id"], {**facts, "sha256": sha256})

    def _keep_state(self, world: State, event: Event) -> None:
        for field in KEPT:
            self._put("state", field, getattr(world, field))
        self._put("state", "payloads", world.payloads)

    def _place(self, sha256: str) -> Path:
        return self._files / sha256[:2] / sha256

    def _put(self, kind: str, key: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False)
        self._base.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, key, text))

    def _all(self, kind: str) -> list[tuple[str, Any]]:
        rows = self._base.execute("SELECT key, value FROM things WHERE kind = ?", (kind,)).fetchall()
        return [(key, json.loads(value)) for key, value in rows]


def _key(chat_id: int, message: dict[str, Any]) -> str:
    return f"{chat_id}:{message['message_id']}"
