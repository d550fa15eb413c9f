"""Every method: which ones there are, which fields each takes, and that a limit holds wherever it applies."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import TelegramMethod
from aiogram.types import BufferedInputFile, InputMediaPhoto

import bot as package
from bot.playground.methods import METHODS
from bot.playground.pace import Pace
from bot.playground.person import Person
from bot.playground.server import TOKEN, TelegramServer
from bot.playground.updates import Updates
from bot.playground.world import World
from tests.bot.house import jpeg

OF_UPDATES = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
BOLD = {"parse_mode": "HTML"}
LONG = {"text": "x", "callback_data": "y" * 65}
ROWS = {"inline_keyboard": [[LONG]]}


async def _refused(telegram: TelegramServer, name: str, **fields: Any) -> str:
    """A call past aiogram; what the server says to it."""
    url = f"{telegram.url}/bot{TOKEN}/{name}"
    async with aiohttp.ClientSession() as session, session.post(url, json=fields) as response:
        assert response.status == 400, await response.text()
        return str((await response.json())["description"])


def _called() -> set[str]:
    """The methods of the Bot API that the bot's modules call as `….bot.name(` or `bot.name(`."""
    folder = Path(package.__file__).parent
    found = set()
    for path in folder.rglob("*.py"):
        if "playground" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value).rpartition(".")[2].lstrip("_")
                method = getattr(Bot, node.func.attr, None)
                if owner == "bot" and method is not None:
                    found.add(node.func.attr)
    return found


def test_the_bot_calls_no_method_that_is_not_served() -> None:
    served = {name.lower() for name in (*METHODS, *OF_UPDATES)}
    known = {kind.__name__.lower() for kind in TelegramMethod.__subclasses__()}
    called = {name.replace("_", "") for name in _called()}
    assert {"sendmessage", "sendmediagroup", "editmessagetext", "answercallbackquery"} <= called
    assert called & known <= served
    assert set(Updates(World({"id": 1}), None).registered()) == set(OF_UPDATES)


@pytest.mark.parametrize("name", sorted((*METHODS, *OF_UPDATES)))
async def test_no_method_takes_a_field_that_it_does_not_know(telegram: TelegramServer, name: str) -> None:
    assert f"unknown field 'colour' in {name}" in await _refused(telegram, name, colour="red")


@pytest.mark.parametrize(
    ("name", "fields", "where"),
    [
        ("sendMessage", {"text": "x", "link_preview_options": {"hidden": True}}, "link_preview_options"),
        ("sendMessage", {"text": "x", "reply_parameters": {"message": 1}}, "reply_parameters"),
        ("sendMediaGroup", {"media": [{"type": "photo", "media": "x", "size": 1}] * 2}, "InputMediaPhoto"),
        ("sendMediaGroup", {"media": [{"type": "document", "media": "x", "size": 1}] * 2}, "InputMedia"),
        ("setMessageReaction", {"reaction": [{"type": "emoji", "emoji": "👍", "size": 1}]}, "ReactionType"),
        ("setMyCommands", {"commands": [{"command": "x", "description": "y", "icon": 1}]}, "BotCommand"),
        ("setMyCommands", {"commands": [], "scope": {"type": "default", "size": 1}}, "BotCommandScope"),
        (
            "sendInvoice",
            {
                **{"title": "x", "description": "y", "payload": "z", "currency": "XTR"},
                "prices": [{"label": "x", "amount": 1, "tax": 1}],
            },
            "LabeledPrice",
        ),
    ],
)
async def test_nor_one_inside_of_a_field(
    telegram: TelegramServer, anna: Person, name: str, fields: dict[str, Any], where: str
) -> None:
    own = {} if name == "setMyCommands" else {"chat_id": 1}
    target = {"message_id": anna.write("hers")["message_id"]} if name == "setMessageReaction" else {}
    said = await _refused(telegram, name, **own, **target, **fields)
    assert "unknown field" in said and where in said
    assert not anna.from_bot


async def test_limits_hold_in_every_method_that_they_concern(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    text = await bot.send_message(1, "one")
    photo = await bot.send_photo(1, _upload())
    assert photo.photo is not None
    file_id = photo.photo[-1].file_id
    document = await bot.send_document(1, _upload())
    assert document.document is not None
    paper = document.document.file_id
    before = [dict(message) for message in anna.messages]
    to = {"chat_id": 1}
    words, picture = {**to, "message_id": text.message_id}, {**to, "message_id": photo.message_id}
    query = anna.inline("x")

    def media(**more: Any) -> dict[str, Any]:
        return {"type": "photo", "media": file_id, **more}

    def offer(**more: Any) -> dict[str, Any]:
        result = {"type": "photo", "id": "1", "photo_file_id": file_id, **more}
        return {"inline_query_id": query, "results": [result]}

    captioned: list[tuple[str, Any]] = [
        ("sendPhoto", lambda **more: {**to, "photo": file_id, **more}),
        ("sendDocument", lambda **more: {**to, "document": paper, **more}),
        ("sendMediaGroup", lambda **more: {**to, "media": [media(), media(**more)]}),
        ("editMessageCaption", lambda **more: {**picture, **more}),
        ("editMessageMedia", lambda **more: {**picture, "media": media(**more)}),
        ("copyMessage", lambda **more: {**picture, "from_chat_id": 1, **more}),
        ("answerInlineQuery", offer),
    ]
    for name, fields in captioned:
        said = await _refused(telegram, name, **fields(caption="x" * 1025))
        assert "message caption is too long" in said, name
        said = await _refused(telegram, name, **fields(caption="<b>x", **BOLD))
        assert "can't parse entities" in said, name
    for name, fields in (("sendMessage", to), ("editMessageText", words)):
        assert "too long" in await _refused(telegram, name, **fields, text="x" * 4097)
        assert "can't parse entities" in await _refused(telegram, name, **fields, text="a & b", **BOLD)
    draft = {**to, "draft_id": 1}
    assert "too long" in await _refused(telegram, "sendMessageDraft", **draft, text="x" * 4097)
    assert "parse entities" in await _refused(telegram, "sendMessageDraft", **draft, text="</b>", **BOLD)
    buttoned: list[tuple[str, dict[str, Any]]] = [
        ("sendMessage", {**to, "text": "x", "reply_markup": ROWS}),
        ("sendPhoto", {**to, "photo": file_id, "reply_markup": ROWS}),
        ("sendDocument", {**to, "document": paper, "reply_markup": ROWS}),
        ("editMessageText", {**words, "text": "x", "reply_markup": ROWS}),
        ("editMessageCaption", {**picture, "caption": "x", "reply_markup": ROWS}),
        ("editMessageMedia", {**picture, "media": media(caption="x"), "reply_markup": ROWS}),
        ("editMessageReplyMarkup", {**words, "reply_markup": ROWS}),
        ("copyMessage", {**words, "from_chat_id": 1, "reply_markup": ROWS}),
        ("answerInlineQuery", offer(reply_markup=ROWS)),
    ]
    for name, fields in buttoned:
        assert "BUTTON_DATA_INVALID" in await _refused(telegram, name, **fields), name
    for name, fields in (
        ("editMessageText", {**words, "text": "one"}),
        ("editMessageCaption", {**picture, "caption": ""}),
        ("editMessageMedia", {**picture, "media": media()}),
        ("editMessageReplyMarkup", words),
    ):
        assert "message is not modified" in await _refused(telegram, name, **fields), name
    assert anna.messages == before


async def test_limits_are_reached_before_they_are_passed(bot: Bot, anna: Person) -> None:
    largest = anna.send_file(b"x", "film.png", "image/png", size=20_000_000)["document"]["file_id"]
    assert (await bot.get_file(largest)).file_path
    assert (await bot.send_message(1, "x" * 4096)).text == "x" * 4096
    assert (await bot.send_photo(1, _upload(), caption="x" * 1024)).caption == "x" * 1024
    assert len(await bot.send_media_group(1, [InputMediaPhoto(media=_upload())] * 2)) == 2


async def test_a_bot_that_talks_too_fast_is_told_how_long_to_wait(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    telegram.pace = Pace(burst=1)
    said = await bot.send_message(1, "one")
    for call in (
        bot.send_message(1, "two"),
        bot.edit_message_text("two", chat_id=1, message_id=said.message_id),
        bot.send_media_group(1, [InputMediaPhoto(media=_upload())] * 2),
    ):
        with pytest.raises(TelegramRetryAfter) as caught:
            await call
        assert caught.value.retry_after == 1
    assert anna.texts == ["one"] and not anna.edits


def _upload() -> BufferedInputFile:
    return BufferedInputFile(jpeg(), "picture.jpg")
