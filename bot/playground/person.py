"""A person at her phone: writes, sends photos, presses buttons, sees what the bot answers.

    anna = world.person(1)              # see TelegramServer; `anna.at(group)` is she in a group
    anna.write("/start")
    anna.tap(anna.from_bot[-1], "Ещё")

The chat page and the tests act through this class, so that both see the same
Telegram. Knows no HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from bot.playground.markup import Json, trimmed, utf16
from bot.playground.refusal import Refused
from bot.playground.rules import CAPTION_LIMIT, TEXT_LIMIT
from bot.playground.state import Chat, State

CHANNEL = {"id": -1001000000001, "type": "channel", "title": "Мода и кошки", "username": "moda_i_koshki"}


class Person:
    """One user in one chat."""

    def __init__(self, world: State, user_id: int, chat: Chat) -> None:
        self.world = world
        self.id = user_id
        self.chat = chat

    @property
    def user(self) -> Json:
        return self.world.users[self.id]

    @property
    def messages(self) -> list[Json]:
        return self.chat.messages

    @property
    def from_bot(self) -> list[Json]:
        """What the bot said and did not take away."""
        return self.chat.from_bot

    @property
    def pictures(self) -> list[Json]:
        return [message for message in self.from_bot if "photo" in message]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.from_bot if "text" in message]

    @property
    def edits(self) -> list[tuple[int, str]]:
        """The bot's edits: message id and new text or caption."""
        return self.chat.edits

    @property
    def deleted(self) -> list[Json]:
        return self.chat.deleted

    @property
    def actions(self) -> list[str]:
        return self.chat.actions

    @property
    def drafts(self) -> list[Json]:
        return self.chat.drafts

    @property
    def blocked(self) -> bool:
        return self.chat.blocked

    @blocked.setter
    def blocked(self, blocked: bool) -> None:
        """Block or unblock the bot (in a group: put it out or take it in); the bot hears of it."""
        if blocked == self.chat.blocked:
            return
        self.chat.blocked = blocked
        self.world.tell("chat", self.chat.id)
        out = "kicked" if self.chat.private else "left"
        self.world.membership(self.chat, self.user, *(("member", out) if blocked else (out, "member")))

    def at(self, chat: Chat) -> Person:
        """The same person in another chat."""
        if self.id not in chat.members:
            chat.members.append(self.id)
        return Person(self.world, self.id, chat)

    # What she sends

    def send(self, *, reply_to: Json | None = None, **content: Any) -> Json:
        """Any message content in Bot API JSON; returns the message."""
        if reply_to is not None:
            content["reply_to_message"] = {k: v for k, v in reply_to.items() if k != "reply_to_message"}
        message = self.world.message(self.chat, self.user, **content)
        if self.chat.private or self._heard(message):
            self.world.push(message=message)
        return message

    def write(self, text: str, reply_to: Json | None = None) -> Json:
        plain, entities = trimmed(text, [])
        if not plain or utf16(plain) > TEXT_LIMIT:
            raise Refused("message is too long" if plain else "message text is empty")
        return self.send(reply_to=reply_to, text=plain, **({"entities": entities} if entities else {}))

    def send_photo(
        self, content: bytes, caption: str | None = None, reply_to: Json | None = None, **more: Any
    ) -> Json:
        return self.send(reply_to=reply_to, photo=self.world.photo(content), **_captioned(caption), **more)

    def send_album(
        self, contents: Sequence[bytes], caption: str | None = None, reply_to: Json | None = None
    ) -> list[Json]:
        """2 to 10 photos at once; the caption stands under the first."""
        album = str(self.world.count("query"))
        photos = [self.world.photo(content) for content in contents]
        return [
            self.send(
                reply_to=reply_to,
                photo=photo,
                media_group_id=album,
                **_captioned(None if number else caption),
            )
            for number, photo in enumerate(photos)
        ]

    def send_file(
        self,
        content: bytes,
        name: str,
        mime_type: str,
        caption: str | None = None,
        size: int | None = None,
        reply_to: Json | None = None,
    ) -> Json:
        """A document; `size`: what Telegram says of it, if not its real size."""
        kept = self.world.keep(content, "document", size, mime_type, name)
        document = {**kept, "file_name": name, "mime_type": mime_type}
        return self.send(reply_to=reply_to, document=document, **_captioned(caption))

    def send_sticker(self, emoji: str = "👗") -> Json:
        sticker = {
            **self.world.keep(b"sticker" + emoji.encode(), "sticker"),
            "type": "regular",
            "emoji": emoji,
        }
        return self.send(
            sticker={**sticker, "width": 512, "height": 512, "is_animated": False, "is_video": False}
        )

    def send_voice(self, seconds: int = 3) -> Json:
        kept = self.world.keep(b"voice", "voice", 4000 * seconds, "audio/ogg")
        return self.send(voice={**kept, "duration": seconds, "mime_type": "audio/ogg"})

    def forward_post(self, text: str, photo: bytes | None = None) -> Json:
        """Forward a post of a channel, with or without a picture."""
        origin = {"type": "channel", "date": int(time.time()) - 3600, "chat": CHANNEL, "message_id": 17}
        if photo is None:
            return self.send(forward_origin=origin, text=text)
        return self.send(forward_origin=origin, photo=self.world.photo(photo), **_captioned(text))

    def edit(self, message: Json, text: str) -> Json:
        """Change an own message's text or caption."""
        field = "text" if "text" in message else "caption"
        entities = "entities" if field == "text" else "caption_entities"
        plain, found = trimmed(text, [])
        new = {field: plain, **({entities: found} if found else {})}
        edited = self.world.edit(self.chat, message, (field, entities), **new)
        if self.chat.private or self._heard(edited):
            self.world.push(edited_message=edited)
        return edited

    # What she touches

    def press(self, message: Json, data: str) -> str:
        """Press the button with this callback data; returns the query's id."""
        query_id = self._query("callback", chat=self.chat.id)
        query = {"id": query_id, "from": self.user, "message": message, "data": data}
        self.world.push(callback_query={**query, "chat_instance": str(self.chat.id)})
        return query_id

    def tap(self, message: Json, label: str) -> str:
        """Press the button whose text contains `label`; returns the query's id."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row if "callback_data" in button]
        for button in buttons:
            if label in button["text"]:
                return self.press(message, button["callback_data"])
        raise LookupError(f"no button {label!r} among {[button['text'] for button in buttons]}")

    def react(self, message: Json, emoji: str | None) -> None:
        """Put an emoji on a message, or take the own one away."""
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        reactions = self.chat.reactions.setdefault(message["message_id"], {})
        old = reactions.get(self.id, [])
        reactions[self.id] = new
        self.world.tell("edit", self.chat.id, message=message)
        self.world.push(
            message_reaction={
                "chat": self.chat.json,
                "message_id": message["message_id"],
                "user": self.user,
                "date": int(time.time()),
                "old_reaction": old,
                "new_reaction": new,
            }
        )

    def inline(self, query: str, offset: str = "") -> str:
        """Type `@bot query` in this chat; returns the query's id, see `offered` and `choose`."""
        query_id = self._query("inline", chat=self.chat.id, text=query)
        kind = "sender" if self.chat.private else self.chat.kind
        self.world.push(
            inline_query={
                "id": query_id,
                "from": self.user,
                "query": query,
                "offset": offset,
                "chat_type": kind,
            }
        )
        return query_id

    def choose(self, query_id: str, result_id: str) -> Json:
        """Send one of the pictures that the bot offered for the inline query."""
        offer = self.world.offers[query_id]
        [result] = [r for r in offer["results"] if r["id"] == result_id]
        chosen = {"result_id": result_id, "from": self.user, "query": offer["query"]}
        self.world.push(chosen_inline_result=chosen)
        return self.send(via_bot=self.world.bot, **result["content"])

    def pay(self, message: Json) -> str:
        """Press Pay; returns the pre-checkout query's id. The payment follows the bot's yes."""
        invoice = message["invoice"]
        query_id = self._query("checkout", chat=self.chat.id, user=self.id, message_id=message["message_id"])
        self.world.push(
            pre_checkout_query={
                "id": query_id,
                "from": self.user,
                "currency": invoice["currency"],
                "total_amount": invoice["total_amount"],
                "invoice_payload": self.world.payloads[message["message_id"]],
            }
        )
        return query_id

    # What she waits for

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

    async def answered(self, query_id: str, timeout: float = 120.0) -> Json:
        """Wait for the bot's answerCallbackQuery; its parameters."""
        answer: Json = await self.world.until(
            lambda: next((a for a in self.world.answers if a["callback_query_id"] == query_id), None), timeout
        )
        return answer

    async def offered(self, query_id: str, timeout: float = 120.0) -> list[Json]:
        """Wait for the bot's answerInlineQuery; its results."""
        offer: Json = await self.world.until(lambda: self.world.offers.get(query_id), timeout)
        results: list[Json] = offer["results"]
        return results

    def _query(self, kind: str, **facts: Any) -> str:
        query_id = f"query-{self.world.count('query')}"
        self.world.queries[query_id] = {"kind": kind, "user": self.id, **facts}
        self.world.tell("query")
        return query_id

    def _heard(self, message: Json) -> bool:
        """Whether a bot in privacy mode gets this message of a group (core.telegram.org/bots/features)."""
        if self.chat.blocked:
            return False
        name = f"@{self.world.bot['username']}".lower()
        text = message.get("text") or message.get("caption") or ""
        units = text.encode("utf-16-le")
        for entity in message.get("entities") or message.get("caption_entities") or []:
            start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
            word = units[start:end].decode("utf-16-le").lower()
            if entity["type"] == "mention" and word == name:
                return True
            if entity["type"] == "bot_command" and entity["offset"] == 0:
                return word.endswith(name) if "@" in word else True
        replied = message.get("reply_to_message")
        mine = replied is not None and replied["from"]["id"] == self.world.bot["id"]
        return mine or message.get("via_bot") == self.world.bot


def _captioned(caption: str | None) -> Json:
    plain, entities = trimmed(caption or "", [])
    if utf16(plain) > CAPTION_LIMIT:
        raise Refused("message caption is too long")
    return {**({"caption": plain} if plain else {}), **({"caption_entities": entities} if entities else {})}
