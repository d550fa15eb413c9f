"""The chat page over HTTP: what it asks for, what it is told, and whom it does not answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.types import BufferedInputFile

from bot.i18n import LOCALES, languages
from bot.playground.memory import Memory
from bot.playground.page import STATIC, WORDS, ChatPage
from bot.playground.server import TOKEN, TelegramServer
from bot.telegram import open_bot
from tests.bot.house import jpeg


class Browser:
    """A page without a browser: its requests, and the events that it is sent."""

    def __init__(self, session: aiohttp.ClientSession, user: int, chat: str = "") -> None:
        self.session = session
        self.who = f"user={user}&chat={chat}"
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._changed = asyncio.Event()

    async def act(self, name: str, /, **given: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"/chat/{name}?{self.who}", json=given) as response:
            return response.status, await response.json()

    async def state(self, lang: str = "ru") -> dict[str, Any]:
        async with self.session.get(f"/chat/state?{self.who}&lang={lang}") as response:
            found: dict[str, Any] = await response.json()
            return found

    async def listen(self) -> None:
        async with self.session.get(f"/chat/events?{self.who}") as response:
            kind = ""
            async for raw in response.content:
                field, _, value = raw.decode().rstrip("\n").partition(": ")
                if field == "event":
                    kind = value
                elif field == "data":
                    self.heard.append((kind, json.loads(value)))
                    self._changed.set()

    async def hears(self, kind: str) -> dict[str, Any]:
        """Wait for an event of this kind and forget what came before it."""
        async with asyncio.timeout(60):
            while True:
                for place, (each, data) in enumerate(self.heard):
                    if each == kind:
                        del self.heard[: place + 1]
                        return data
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    ChatPage(server)
    async with server:
        yield server


@pytest.fixture
async def bot(telegram: TelegramServer) -> AsyncIterator[Bot]:
    opened = open_bot(TOKEN, telegram.url)
    yield opened
    await opened.session.close()


@pytest.fixture
async def page(telegram: TelegramServer) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(telegram.url) as session:
        browser = Browser(session, 1)
        assert (await browser.state())["user"]["first_name"] == "Анна"
        listening = asyncio.create_task(browser.listen())
        await browser.hears("ready")
        yield browser
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_a_conversation_as_the_page_sees_it(page: Browser, bot: Bot) -> None:
    await page.act("write", text="красное /help")
    wish = await page.hears("message")
    assert (wish["text"], wish["entities"][0]["type"]) == ("красное /help", "bot_command")
    [update] = await bot.get_updates()
    assert update.message is not None and update.message.text == "красное /help"
    said = await bot.send_message(1, "<b>Рисую</b>")
    assert (await page.hears("message"))["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    await bot.send_chat_action(1, "upload_photo")
    assert await page.hears("action") == {"action": "upload_photo"}
    await bot.edit_message_text("Готово", chat_id=1, message_id=said.message_id)
    assert (await page.hears("edit"))["text"] == "Готово"
    await bot.send_message_draft(1, 5, text="Думаю")
    assert (await page.hears("draft"))["text"] == "Думаю"
    await page.act("react", message_id=said.message_id, emoji="🔥")
    assert (await page.hears("edit"))["reactions"] == [{"user": 1, "emoji": "🔥"}]
    await bot.delete_message(1, said.message_id)
    assert await page.hears("delete") == {"message_id": said.message_id}
    _, pressed = await page.act("press", message_id=wish["message_id"], data="x")
    await bot.answer_callback_query(pressed["query"], "Да!", show_alert=True)
    answer = await page.hears("answer")
    assert (answer["text"], answer["show_alert"], answer["query"]) == ("Да!", True, pressed["query"])
    await page.act("edit", message_id=wish["message_id"], text="синее")
    assert (await page.hears("edit"))["text"] == "синее"
    [shown] = (await page.state())["messages"]
    assert shown["text"] == "синее"


async def test_two_people_do_not_see_each_other(page: Browser, bot: Bot) -> None:
    boris = Browser(page.session, 2)
    assert (await boris.state("en"))["user"] == {
        "id": 2,
        "is_bot": False,
        "first_name": "Boris",
        "language_code": "en",
    }
    await boris.act("write", text="hidden")
    await page.act("write", text="seen")
    assert (await page.hears("message"))["text"] == "seen"
    assert [m["text"] for m in (await boris.state())["messages"]] == ["hidden"]
    async with page.session.get("/chat/state?user=nobody") as response:
        assert response.status == 400


async def test_a_group_is_seen_by_all_and_heard_where_the_bot_is_meant(page: Browser, bot: Bot) -> None:
    anna, boris = Browser(page.session, 1, "group"), Browser(page.session, 2, "group")
    assert (await anna.state())["chat"]["title"] == "Примерочная"
    await boris.state("en")
    await anna.act("write", text="что надеть?")
    await boris.act("write", text="@lekalo_bot a red dress")
    for each in (anna, boris):
        said = (await each.state())["messages"]
        assert [(m["from"]["first_name"], m["chat"]["type"]) for m in said] == [
            ("Анна", "supergroup"),
            ("Boris", "supergroup"),
        ]
    joined, heard = await bot.get_updates()
    assert joined.my_chat_member is not None
    assert heard.message is not None and heard.message.text == "@lekalo_bot a red dress"
    assert (await page.state())["messages"] == []


async def test_uploads_and_downloads(page: Browser, bot: Bot) -> None:
    async def upload(*contents: bytes, **fields: str) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData(fields)
        for number, content in enumerate(contents):
            form.add_field("file", content, filename=f"фото {number}.jpg", content_type="image/jpeg")
        async with page.session.post("/chat/photo?user=1", data=form) as response:
            return response.status, await response.json()

    assert (await upload(jpeg(), caption="пиджак"))[0] == 200
    photo = await page.hears("message")
    assert photo["caption"] == "пиджак" and photo["photo"][-1]["width"] == 300
    assert (await upload(jpeg(), jpeg(), reply_to=str(photo["message_id"])))[0] == 200
    album = await page.hears("message")
    assert album["media_group_id"] and album["reply_to_message"]["message_id"] == photo["message_id"]
    assert (await upload(b"<svg onload=alert(1)>", as_file="1"))[0] == 200
    while "document" not in (message := await page.hears("message")):
        pass
    async with page.session.get(f"/chat/file/{message['document']['file_id']}?download") as response:
        assert await response.read() == b"<svg onload=alert(1)>"
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.content_type == "application/octet-stream"
    async with page.session.get(f"/chat/file/{photo['photo'][0]['file_id']}") as response:
        assert (response.content_type, response.headers["X-Content-Type-Options"]) == (
            "image/jpeg",
            "nosniff",
        )
    for contents, reason in (
        ([b"text"], "IMAGE_PROCESS_FAILED"),
        ([jpeg(2200, 90)], "PHOTO_INVALID"),
        ([], "empty"),
    ):
        status, body = await upload(*contents)
        assert status == 400 and reason in body["error"]
    status, body = await page.act("write", text="x" * 4097)
    assert (status, body["error"]) == (400, "Bad Request: message is too long")
    assert (await page.act("write"))[0] == 400


async def test_faults_are_switched_over_http(telegram: TelegramServer, page: Browser, bot: Bot) -> None:
    assert (await page.act("fault", name="earthquake"))[0] == 400
    assert (await page.act("fault", name="429"))[0] == 200
    assert await page.hears("fault") == {"fault": "429"}
    assert (await page.state())["fault"] == "429"
    await page.act("fault", name="")
    await page.act("fault", method="sendMessage", code=502, description="Bad Gateway", times=1)
    await bot.send_message(1, "after a second try")
    assert [call.method for call in telegram.world.calls].count("sendMessage") == 2


async def test_inline_offers_and_blocking(page: Browser, bot: Bot) -> None:
    sent = await bot.send_photo(1, BufferedInputFile(jpeg(), "x.jpg"))
    _, asked = await page.act("inline", text="платье")
    assert sent.photo is not None
    result = {"type": "photo", "id": "a", "photo_file_id": sent.photo[-1].file_id}
    await bot.answer_inline_query(asked["query"], [result])  # type: ignore[list-item]
    offers = await page.hears("offers")
    await page.act("choose", query=offers["query"], result=offers["results"][0]["id"])
    assert (await page.hears("message"))["via_bot"]["username"] == "lekalo_bot"
    await page.act("block", blocked=True)
    assert (await page.hears("chat"))["chat"]["blocked"] is True
    await page.act("person", language="en", name="Ann")
    assert (await page.hears("chat"))["user"]["first_name"] == "Ann"
    assert (await page.act("person", language="klingon"))[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "lekalo.example"}, 403),
        ({"Host": "127.0.0.1.lekalo.example:8080"}, 403),
        ({"Origin": "https://lekalo.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:8080", "Origin": "http://localhost:8080"}, 200),
        ({"Host": "localhost:8080", "Origin": "http://localhost:9090"}, 403),
    ],
)
async def test_only_this_machines_own_page_is_answered(
    page: Browser, headers: dict[str, str], status: int
) -> None:
    for path in ("/", "/static/main.js", "/chat/state", f"/bot{TOKEN}/getMe"):
        async with page.session.get(path, headers=headers) as response:
            assert response.status == status, path
            if status == 200:
                assert "script-src 'self'" in response.headers["Content-Security-Policy"]


async def test_the_server_listens_on_loopback_only(telegram: TelegramServer) -> None:
    assert telegram.url.startswith("http://127.0.0.1:")
    assert telegram.addresses == ["127.0.0.1"]


async def test_a_conversation_survives_a_restart(tmp_path: Path) -> None:
    async def open_world(port: int = 0) -> tuple[TelegramServer, Memory]:
        telegram = TelegramServer(port=port)
        memory = Memory(tmp_path)
        memory.recall(telegram.world)
        return telegram, memory

    telegram, memory = await open_world()
    async with telegram:
        anna = telegram.world.person(1)
        wish = anna.write("платье")
        anna.write("не забранное")
        bot = open_bot(TOKEN, telegram.url)
        first, second = await bot.get_updates()
        await bot.get_updates(offset=second.update_id)
        sent = await bot.send_photo(1, BufferedInputFile(jpeg(), "x.jpg"), caption="вот")
        gone = await bot.send_message(1, "уйдёт")
        await bot.delete_message(1, gone.message_id)
        await bot.set_my_commands([], language_code="ru")
        anna.react(wish, "👍")
        query = anna.press(anna.messages[-1], "again")
        await bot.session.close()
    memory.close()

    telegram, memory = await open_world()
    async with telegram:
        bot = open_bot(TOKEN, telegram.url)
        chat = telegram.world.chats[1]
        assert [m.get("text") or m.get("caption") for m in chat.messages] == ["платье", "не забранное", "вот"]
        assert chat.reactions[wish["message_id"]] == {1: [{"type": "emoji", "emoji": "👍"}]}
        assert telegram.world.users[1]["first_name"] == "Анна"
        pending = await bot.get_updates()
        assert [u.update_id for u in pending] == [second.update_id, second.update_id + 1]
        assert await bot.answer_callback_query(query)
        assert sent.photo is not None
        again = await bot.send_photo(1, sent.photo[-1].file_id)
        assert again.message_id > gone.message_id
        file = await bot.get_file(sent.photo[-1].file_id)
        content = await bot.download_file(file.file_path or "")
        assert content is not None and content.read(2) == b"\xff\xd8"
        assert telegram.world.person(1).write("ещё")["message_id"] == again.message_id + 1
        await bot.session.close()
    memory.close()
    assert first.update_id == second.update_id - 1


def test_the_page_speaks_every_language_of_the_bot() -> None:
    words = {code: json.loads((LOCALES / code / WORDS).read_text("utf-8")) for code in languages()}
    assert len({tuple(sorted(each)) for each in words.values()}) == 1
    for key, english in words["en"].items():
        holes = set(re.findall(r"\{(\w+)\}", english))
        for each in words.values():
            assert each[key] and set(re.findall(r"\{(\w+)\}", each[key])) == holes, key
    script = "".join(path.read_text("utf-8") for path in STATIC.glob("*.js"))
    html = (STATIC / "index.html").read_text("utf-8")
    used = set(re.findall(r'say\("(\w+)"', script)) | set(
        re.findall(r'data-(?:word|hint|label)="(\w+)"', html)
    )
    used |= set(re.findall(r'"(error_\w+|subtitle_\w+|sheet_\w+|action_\w+)"', script))
    used |= {f"action_{name}" for name in ("typing", "upload_photo", "upload_document")}
    used |= {f"fault_{name}" for name in ("none", "429", "slow", "offline")} | {"try_1", "try_2", "try_3"}
    used |= {f"theme_{name}" for name in ("auto", "light", "dark")} | {
        "reply",
        "copy",
        "edit",
        "block",
        "unblock",
    }
    assert used - set(words["en"]) == set()
    assert set(words["en"]) - used == {"language"}
