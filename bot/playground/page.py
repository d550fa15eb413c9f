"""The chat page: files for the browser, and what the page asks for and is told.

Everything that a user does there goes through `Person`, as in the tests. What
happens in a chat reaches its page as server-sent events.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.i18n import LOCALES
from bot.playground.faults import NAMED, Fault
from bot.playground.guard import HEADERS, only_here
from bot.playground.markup import Json
from bot.playground.methods.profile import menu
from bot.playground.person import Person
from bot.playground.refusal import Refused
from bot.playground.server import TelegramServer
from bot.playground.state import Chat, Event

STATIC = Path(__file__).resolve().parent / "static"
WORDS = "playground.json"
"""The page's own sentences, in locales/LANGUAGE/."""
PING_SECONDS = 15.0
USERS = 1000
SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp", "image/gif")
GROUP = -1001000000002
GROUP_TITLE = {"ru": "Примерочная", "en": "Fitting room"}
FRIENDS = {
    "ru": ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар"),
    "en": ("Anna", "Boris", "Vera", "Gleb", "Dora", "Egon", "Jane", "Zack"),
}


class ChatPage:
    """The routes of the page on a server's application."""

    def __init__(self, telegram: TelegramServer) -> None:
        self._telegram = telegram
        self._world = telegram.world
        self._streams: set[asyncio.Queue[Event | None]] = set()
        self._closing = False
        app = telegram.app
        app.middlewares.append(only_here)
        app.router.add_get("/", self._index)
        app.router.add_get("/words/{language:[a-z]+}.json", self._words)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/chat/state", self._state)
        app.router.add_get("/chat/events", self._events)
        app.router.add_get("/chat/file/{file_id}", self._file)
        app.router.add_post("/chat/photo", self._acting(self._photo))
        app.router.add_post("/chat/fault", self._fault)
        for name, act in (
            ("write", _write),
            ("edit", _edit),
            ("press", _press),
            ("react", _react),
            ("inline", _inline),
            ("choose", _choose),
            ("pay", _pay),
            ("block", _block),
            ("person", _introduce),
        ):
            app.router.add_post(f"/chat/{name}", self._acting(_from_json(act)))
        app.on_shutdown.append(self._close)
        self._world.listeners.append(self._tell)

    def _tell(self, event: Event) -> None:
        for stream in self._streams:
            stream.put_nowait(event)

    async def _close(self, app: web.Application) -> None:
        self._closing = True
        for stream in self._streams:
            stream.put_nowait(None)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        name = "beside.html" if "," in request.query.get("user", "") else "index.html"
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    async def _words(self, request: web.Request) -> web.StreamResponse:
        path = LOCALES / request.match_info["language"] / WORDS
        return web.FileResponse(path if path.exists() else LOCALES / "en" / WORDS)

    async def _state(self, request: web.Request) -> web.Response:
        person = self._person(request)
        chat = person.chat
        language = person.user.get("language_code")
        description = self._world.descriptions
        return web.json_response(
            {
                "user": person.user,
                "bot": {**self._world.bot, "listening": self._world.listening},
                "chat": {**chat.json, "blocked": chat.blocked},
                "messages": [_view(chat, message) for message in chat.messages],
                "commands": menu(self._world, chat, language),
                "description": description.get(f"description:{language}")
                or description.get("description:", ""),
                "fault": self._telegram.faults.name,
                "faults": list(NAMED),
                "languages": sorted(path.parent.name for path in LOCALES.glob(f"*/{WORDS}")),
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        stream: asyncio.Queue[Event | None] = asyncio.Queue()
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", **HEADERS}
        )
        await response.prepare(request)
        self._streams.add(stream)
        try:
            await response.write(b"retry: 1000\nevent: ready\ndata: {}\n\n")
            while not self._closing:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        event = await stream.get()
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                if event is not None and (data := self._told(person, event)) is not None:
                    text = json.dumps(data, ensure_ascii=False)
                    await response.write(f"event: {event.kind}\ndata: {text}\n\n".encode())
        except ConnectionResetError:
            pass
        finally:
            self._streams.discard(stream)
        return response

    def _told(self, person: Person, event: Event) -> Json | None:
        """What an event is to this person's page; None: nothing."""
        chat = person.chat
        if event.kind in ("answer", "offers"):
            if event.data["user"] != person.id:
                return None
            offer = self._world.offers.get(event.data.get("query", ""), {})
            return {**event.data, **({"results": offer["results"]} if event.kind == "offers" else {})}
        if event.kind == "commands":
            return {"commands": menu(self._world, chat, person.user.get("language_code"))}
        if event.kind == "bot":
            return {"listening": self._world.listening}
        if event.kind == "fault":
            return {"fault": self._telegram.faults.name}
        if event.chat_id != chat.id:
            return None
        if event.kind in ("message", "edit"):
            return _view(chat, event.data["message"])
        if event.kind == "chat":
            return {"user": person.user, "chat": {**chat.json, "blocked": chat.blocked}}
        return event.data if event.kind in ("delete", "action", "draft") else None

    async def _file(self, request: web.Request) -> web.Response:
        file = self._world.files.get(request.match_info["file_id"])
        if file is None:
            raise web.HTTPNotFound
        shown = file.mime_type in SHOWN_INLINE and "download" not in request.query
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        if not shown:
            name = re.sub(r"[^\w.-]+", "_", file.name or file.path.rpartition("/")[2])
            headers["Content-Disposition"] = _disposition(name)
        kind = file.mime_type if shown else "application/octet-stream"
        return web.Response(body=file.content, content_type=kind, headers=headers)

    async def _photo(self, person: Person, request: web.Request) -> Json:
        form = await request.post()
        files = [value for value in form.getall("file", []) if isinstance(value, web.FileField)]
        contents = [(file, file.file.read()) for file in files]
        caption = str(form.get("caption", "")) or None
        reply = person.chat.find(form["reply_to"]) if form.get("reply_to") else None
        if not contents:
            raise Refused("file must be non-empty")
        if form.get("as_file"):
            for number, (file, content) in enumerate(contents):
                text = None if number else caption
                person.send_file(content, file.filename, file.content_type, text, reply_to=reply)
        elif len(contents) == 1:
            person.send_photo(contents[0][1], caption, reply)
        else:
            for start in range(0, len(contents), 10):
                part = [content for _, content in contents[start : start + 10]]
                text = None if start else caption
                if len(part) == 1:
                    person.send_photo(part[0], text, reply)
                else:
                    person.send_album(part, text, reply)
        return {}

    async def _fault(self, request: web.Request) -> web.Response:
        """{"name": "slow"} for all calls from now on, or a Fault's fields for some of them."""
        given = await request.json()
        faults = self._telegram.faults
        try:
            if "name" in given:
                faults.switch(given["name"])
            else:
                faults.add(Fault(**given))
        except (KeyError, TypeError):
            return _kindly(Refused(f"no such fault; the named ones are {', '.join(NAMED)}"))
        self._world.tell("fault")
        return web.json_response({})

    def _person(self, request: web.Request) -> Person:
        """Who looks at the page, see `?user=`; a user who was not here before is introduced."""
        number = request.query.get("user", "1")
        if not number.isdecimal() or not 1 <= int(number) <= USERS:
            raise web.HTTPBadRequest(text=f"?user= is a number from 1 to {USERS}")
        user_id = int(number)
        if user_id not in self._world.users:
            language = request.query.get("lang", "en")[:2]
            names = FRIENDS.get(language, FRIENDS["en"])
            name = names[user_id - 1] if user_id <= len(names) else f"{names[user_id % len(names)]} {user_id}"
            self._world.person(user_id, name, language)
        person = Person(self._world, user_id, self._world.chats[user_id])
        return person if request.query.get("chat") != "group" else self._in_group(person)

    def _in_group(self, person: Person) -> Person:
        """The same person in the group of all who look at it, see `&chat=group`."""
        group = self._world.chats.get(GROUP)
        if group is None:
            title = GROUP_TITLE.get(person.user.get("language_code", ""), GROUP_TITLE["en"])
            group = self._world.gather(GROUP, title, [person.id])
        if person.id not in group.members:
            group.members.append(person.id)
            self._world.tell("chat", GROUP)
        return person.at(group)

    def _acting(
        self, act: Callable[[Person, web.Request], Awaitable[Json]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            try:
                return web.json_response(await act(self._person(request), request))
            except Refused as error:
                return _kindly(error)
            except (KeyError, TypeError, ValueError, LookupError) as error:
                return _kindly(Refused(f"{type(error).__name__}: {error}"))

        return handler


def _from_json(
    act: Callable[[Person, Json], Json],
) -> Callable[[Person, web.Request], Awaitable[Json]]:
    async def handler(person: Person, request: web.Request) -> Json:
        return act(person, await request.json())

    return handler


def _write(person: Person, given: Json) -> Json:
    person.write(given["text"], _find(person, given["reply_to"]) if given.get("reply_to") else None)
    return {}


def _edit(person: Person, given: Json) -> Json:
    message = _find(person, given["message_id"])
    if message["from"]["id"] != person.id:
        raise Refused("message can't be edited")
    person.edit(message, given["text"])
    return {}


def _press(person: Person, given: Json) -> Json:
    return {"query": person.press(_find(person, given["message_id"]), given["data"])}


def _react(person: Person, given: Json) -> Json:
    person.react(_find(person, given["message_id"]), given.get("emoji"))
    return {}


def _inline(person: Person, given: Json) -> Json:
    return {"query": person.inline(given["text"], given.get("offset", ""))}


def _choose(person: Person, given: Json) -> Json:
    person.choose(given["query"], given["result"])
    return {}


def _pay(person: Person, given: Json) -> Json:
    return {"query": person.pay(_find(person, given["message_id"]))}


def _block(person: Person, given: Json) -> Json:
    person.blocked = bool(given["blocked"])
    return {}


def _introduce(person: Person, given: Json) -> Json:
    """A user's name and language, as in Telegram's own settings."""
    name, language = str(given.get("name", person.user["first_name"])), given.get("language")
    if not 1 <= len(name.strip()) <= 64 or (language is not None and not re.fullmatch("[a-z]{2}", language)):
        raise Refused("a name of 1 to 64 characters and a language of two letters are expected")
    person.world.meet(person.id, name.strip(), language or person.user.get("language_code"))
    return {}


def _find(person: Person, message_id: Any) -> Json:
    message = person.chat.find(message_id)
    if message is None:
        raise Refused("message not found")
    return message


def _view(chat: Chat, message: Json) -> Json:
    """A message as the page shows it: with what others put on it."""
    placed = chat.reactions.get(message["message_id"], {})
    reactions = [{"user": user, "emoji": one["emoji"]} for user, each in placed.items() for one in each]
    return {**message, "reactions": reactions}


def _kindly(error: Refused) -> web.Response:
    return web.json_response({"error": str(error)}, status=error.code)


def _disposition(name: str) -> str:
    """A Content-Disposition that makes the browser save a file under this name."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    quoted = "".join(
        chr(b) if (chr(b).isalnum() and b < 128) or b in b"._-" else f"%{b:02X}" for b in name.encode()
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}"
