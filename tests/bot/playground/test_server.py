"""The small Telegram is strict where the large one is."""

from __future__ import annotations

import io

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MediaUnion,
    ReplyParameters,
)
from PIL import Image

from bot.playground.person import Person
from bot.playground.server import TelegramServer


def _png(width: int = 64, height: int = 64) -> BufferedInputFile:
    encoded = io.BytesIO()
    Image.new("RGB", (width, height)).save(encoded, "PNG")
    return BufferedInputFile(encoded.getvalue(), "picture.png")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "text is empty"),
        ("<b> </b>", "text is empty"),
        ("x" * 4097, "too long"),
        ("👗" * 2049, "too long"),
        ("<b>open", "Can't find end tag"),
        ("</b>", "Unexpected end tag"),
        ("<h1>title</h1>", "Unsupported start tag"),
        ("Tom & Jerry", "can't parse entities"),
        ("1 < 2", "can't parse entities"),
    ],
)
async def test_texts_that_telegram_refuses(bot: Bot, anna: Person, text: str, refusal: str) -> None:
    with pytest.raises(TelegramBadRequest, match=refusal):
        await bot.send_message(1, text)
    assert not anna.messages


async def test_texts_are_shown_without_their_marks(bot: Bot, anna: Person) -> None:
    sent = await bot.send_message(1, "<b>Привет</b>, &lt;Анна&gt; &amp; Co 👗 <i>ok</i>")
    assert sent.text == "Привет, <Анна> & Co 👗 ok"
    assert [(e.type, e.offset, e.length) for e in sent.entities or []] == [
        ("bold", 0, 6),
        ("italic", 23, 2),
    ]


async def test_edits_and_deletions(bot: Bot, anna: Person) -> None:
    own = await bot.send_message(1, "one")
    hers = anna.write("mine")
    assert await bot.edit_message_text("two", chat_id=1, message_id=own.message_id)
    with pytest.raises(TelegramBadRequest, match="not modified"):
        await bot.edit_message_text("two", chat_id=1, message_id=own.message_id)
    with pytest.raises(TelegramBadRequest, match="can't be edited"):
        await bot.edit_message_text("two", chat_id=1, message_id=hers["message_id"])
    assert await bot.delete_message(1, own.message_id)
    with pytest.raises(TelegramBadRequest, match="to delete not found"):
        await bot.delete_message(1, own.message_id)


async def test_pictures(bot: Bot, anna: Person) -> None:
    sent = await bot.send_photo(1, _png(), caption="<b>a</b>")
    assert sent.photo is not None
    again = await bot.send_photo(1, sent.photo[-1].file_id)
    assert again.photo == sent.photo
    file = await bot.get_file(sent.photo[-1].file_id)
    content = await bot.download_file(file.file_path or "")
    assert content is not None
    assert content.read(3) == b"\xff\xd8\xff"
    for photo, refusal in (
        (BufferedInputFile(b"text", "a.png"), "IMAGE_PROCESS_FAILED"),
        (_png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        ("unknown-id", "wrong file identifier"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await bot.send_photo(1, photo)
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_photo(1, _png(), caption="x" * 1025)
    album: list[MediaUnion] = [InputMediaPhoto(media=_png(), caption="first"), InputMediaPhoto(media=_png())]
    assert len(await bot.send_media_group(1, album)) == 2
    with pytest.raises(TelegramBadRequest, match="2 to 10"):
        await bot.send_media_group(1, album[:1])


async def test_replies_buttons_and_people(bot: Bot, telegram: TelegramServer, anna: Person) -> None:
    with pytest.raises(TelegramBadRequest, match="replied not found"):
        await bot.send_message(1, "x", reply_parameters=ReplyParameters(message_id=99))
    long = InlineKeyboardButton(text="x", callback_data="y" * 60)
    fine = InlineKeyboardMarkup(inline_keyboard=[[long]])
    sent = await bot.send_message(1, "x", reply_markup=fine)
    query = anna.press(telegram.world.chats[1].messages[-1], "y")
    assert await bot.answer_callback_query(query)
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(query)
    assert sent.reply_markup is not None
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await bot.set_my_commands([BotCommand(command="Start", description="x")])
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(2, "x")
    anna.blocked = True
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(1, "x")


async def test_strangers_and_faults(bot: Bot, telegram: TelegramServer, anna: Person) -> None:
    with pytest.raises(TelegramNotFound):
        await bot.log_out()
    telegram.fail("sendMessage", retry_after=3)
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(1, "x")
    assert caught.value.retry_after == 3
    await bot.send_message(1, "x")
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))
    async with Bot("1:other", session=session) as stranger:
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()


async def test_updates_come_until_they_are_confirmed(bot: Bot, anna: Person) -> None:
    anna.write("one")
    first = await bot.get_updates(timeout=1)
    assert await bot.get_updates(timeout=1) == first
    anna.write("two")
    [second] = await bot.get_updates(offset=first[0].update_id + 1, timeout=1)
    assert second.message is not None
    assert second.message.text == "two"
