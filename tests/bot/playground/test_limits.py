"""Each limit of the Bot API side, broken once: refused in Telegram's words, and nothing is said."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultCachedPhoto,
    InputMediaDocument,
    InputMediaPhoto,
    LabeledPrice,
    ReactionTypeEmoji,
)

from bot.playground.faults import Fault
from bot.playground.pace import Pace
from bot.playground.params import Params
from bot.playground.person import Person
from bot.playground.refusal import Refused
from bot.playground.server import TOKEN, TelegramServer
from tests.bot.house import jpeg

BUTTON = {"text": "x", "callback_data": "y"}


def _file(content: bytes, name: str = "picture.jpg") -> BufferedInputFile:
    return BufferedInputFile(content, name)


async def _ask(telegram: TelegramServer, method: str, **fields: Any) -> tuple[int, str]:
    """A call past aiogram, which would refuse some of them itself; status and description."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{telegram.url}/bot{TOKEN}/{method}", json=fields) as response,
    ):
        body = await response.json()
        assert body["ok"] is (response.status == 200)
        return response.status, body.get("description", "")


@pytest.mark.parametrize(
    ("method", "fields", "refusal"),
    [
        ("sendMessage", {"chat_id": 1, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": 1, "text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": 1}, "message text is empty"),
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 7, "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": 1, "text": "x", "txet": "y"}, "unknown field 'txet' in sendMessage"),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": "{"}, "can't parse reply_markup JSON"),
        (
            "sendMessage",
            {"chat_id": 1, "text": "x", "reply_parameters": {"message_id": 9}},
            "replied not found",
        ),
        ("sendMessageDraft", {"chat_id": 1, "draft_id": 0, "text": "x"}, "RANDOM_ID_INVALID"),
        ("sendMessageDraft", {"chat_id": -100, "draft_id": 1, "text": "x"}, "TEXTDRAFT_PEER_INVALID"),
        ("sendChatAction", {"chat_id": 1, "action": "dancing"}, "wrong parameter action in request"),
        (
            "sendPhoto",
            {"chat_id": 1, "photo": "https://t.me/x.jpg"},
            "wrong file identifier/HTTP URL specified",
        ),
        ("sendPhoto", {"chat_id": 1}, 'parameter "photo" is required'),
        ("editMessageText", {"chat_id": 1, "message_id": 99, "text": "x"}, "message to edit not found"),
        ("editMessageText", {"chat_id": 1, "message_id": "x", "text": "x"}, "can't parse message_id"),
        ("deleteMessages", {"chat_id": 1, "message_ids": []}, "wrong number of message identifiers"),
        (
            "deleteMessages",
            {"chat_id": 1, "message_ids": list(range(101))},
            "wrong number of message identifiers",
        ),
        ("answerCallbackQuery", {"callback_query_id": "x"}, "query is too old"),
        ("answerCallbackQuery", {"callback_query_id": "x", "text": "y" * 201}, "MESSAGE_TOO_LONG"),
        ("answerInlineQuery", {"inline_query_id": "x", "results": []}, "query is too old"),
        ("getFile", {"file_id": "x"}, "wrong file_id"),
        ("getUpdates", {"allowed_updates": ["messages"]}, "unknown field 'messages' in allowed_updates"),
        ("setWebhook", {"url": "https://lekalo.example/hook"}, "bad webhook"),
        ("setMyCommands", {"commands": [BUTTON]}, "BOT_COMMAND_INVALID"),
        ("setMyDescription", {"description": "x" * 513}, "BOT_DESCRIPTION_TOO_LONG"),
        ("getMyCommands", {"scope": {"type": "everyone"}}, "can't parse BotCommandScope"),
        ("copyMessage", {"chat_id": 1, "from_chat_id": 1, "message_id": 99}, "message to copy not found"),
        ("refundStarPayment", {"user_id": 1, "telegram_payment_charge_id": "x"}, "CHARGE_ID_INVALID"),
    ],
)
async def test_single_calls(
    telegram: TelegramServer, anna: Person, method: str, fields: dict[str, Any], refusal: str
) -> None:
    telegram.world.group("Подруги", anna, chat_id=-100)
    status, description = await _ask(telegram, method, **fields)
    assert (status, refusal in description) == (400, True), description
    assert not anna.messages


@pytest.mark.parametrize(
    ("button", "refusal"),
    [
        ({"text": "x"}, "text buttons are unallowed"),
        ({"text": "", "callback_data": "y"}, "text buttons are unallowed"),
        ({"text": "x", "callback_data": "ж" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "y", "url": "https://t.me"}, "BUTTON_TYPE_INVALID"),
        ({"text": "x", "url": "javascript:alert(1)"}, "Wrong HTTP URL"),
        ({"text": "x", "copy_text": {"text": "y" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"text": "x", "callback_data": "y", "style": "pink"}, "BUTTON_STYLE_INVALID"),
        ({"text": "x", "callback_data": "y", "colour": "red"}, "unknown field 'colour' in an inline button"),
    ],
)
async def test_buttons(telegram: TelegramServer, anna: Person, button: dict[str, Any], refusal: str) -> None:
    markup = {"inline_keyboard": [[BUTTON, button]]}
    status, description = await _ask(telegram, "sendMessage", chat_id=1, text="x", reply_markup=markup)
    assert (status, refusal in description) == (400, True), description
    assert not anna.messages
    exact = {"text": "x", "callback_data": "ж" * 32}
    ok = {"inline_keyboard": [[exact]]}
    assert await _ask(telegram, "sendMessage", chat_id=1, text="x", reply_markup=ok) == (200, "")
    crowd = {"inline_keyboard": [[BUTTON] * 8] * 13}
    assert (await _ask(telegram, "sendMessage", chat_id=1, text="x", reply_markup=crowd))[0] == 400


async def test_unknown_methods_and_tokens(telegram: TelegramServer, anna: Person) -> None:
    assert await _ask(telegram, "sendHologram", chat_id=1) == (404, "Not Found")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{telegram.url}/bot1:other/getMe") as response,
    ):
        assert (await response.json())["error_code"] == 401


async def test_pictures(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    for content, refusal in (
        (b"not a picture", "IMAGE_PROCESS_FAILED"),
        (jpeg()[:500], "IMAGE_PROCESS_FAILED"),
        (jpeg(2200, 100), "PHOTO_INVALID_DIMENSIONS"),
        (jpeg(9000, 1100), "PHOTO_INVALID_DIMENSIONS"),
        (jpeg() + b"\0" * 10_000_000, "too big for a photo"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await bot.send_photo(1, _file(content))
    with pytest.raises(TelegramBadRequest, match="file must be non-empty"):
        await bot.send_photo(1, _file(b""))
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_photo(1, _file(jpeg()), caption="👗" * 513)
    assert not anna.messages
    sent = await bot.send_photo(1, _file(jpeg(3000, 1500)), caption="👗" * 512)
    assert [(size.width, size.height) for size in sent.photo or []] == [
        (90, 45),
        (320, 160),
        (800, 400),
        (1280, 640),
    ]
    document = await bot.send_document(1, _file(b"%PDF", "paper.pdf"))
    assert document.document is not None and document.document.mime_type == "application/pdf"
    with pytest.raises(TelegramBadRequest, match="can't use file of type Document as Photo"):
        await bot.send_photo(1, document.document.file_id)
    assert sent.photo is not None
    with pytest.raises(TelegramBadRequest, match="can't use file of type Photo as Document"):
        await bot.send_document(1, sent.photo[-1].file_id)


async def test_albums(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    photo = InputMediaPhoto(media=_file(jpeg()))
    paper = InputMediaDocument(media=_file(b"%PDF", "paper.pdf"))
    for album, refusal in (
        ([photo], "an album has 2 to 10"),
        ([photo] * 11, "too many messages to send as an album"),
        ([photo, paper], "document can't be mixed with other media types"),
        ([photo, InputMediaPhoto(media=_file(jpeg()), caption="x" * 1025)], "caption is too long"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await bot.send_media_group(1, album)  # type: ignore[arg-type]
    media = [{"type": "photo", "media": "attach://nothing"}] * 2
    assert (await _ask(telegram, "sendMediaGroup", chat_id=1, media=media))[1].endswith("media not found")
    keyboard = {"inline_keyboard": [[BUTTON]]}
    refused = await _ask(telegram, "sendMediaGroup", chat_id=1, media=media, reply_markup=keyboard)
    assert "unknown field 'reply_markup'" in refused[1]
    assert not anna.messages
    sent = await bot.send_media_group(1, [photo] * 10)
    assert len({message.media_group_id for message in sent}) == 1
    with pytest.raises(TelegramBadRequest, match="an album has no buttons"):
        await bot.edit_message_reply_markup(
            chat_id=1,
            message_id=sent[0].message_id,
            reply_markup=InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(**BUTTON)]]),
        )


async def test_files_in_and_out(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    large = anna.send_file(b"x", "film.png", "image/png", size=20_000_001)["document"]["file_id"]
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await bot.get_file(large)
    with pytest.raises((TelegramEntityTooLarge, TelegramNetworkError)):
        await bot.send_document(1, _file(b"\0" * 51_100_000, "film.bin"))
    with pytest.raises(TelegramEntityTooLarge):
        await bot.send_document(1, _file(b"\0" * 50_000_001, "film.bin"))
    assert len(anna.messages) == 1


async def test_edits(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(**BUTTON)]])
    said = await bot.send_message(1, "<b>one</b>", reply_markup=markup)
    shown = await bot.send_photo(1, _file(jpeg()))
    hers = anna.write("mine")
    at = {"chat_id": 1, "message_id": said.message_id}
    for call, refusal in (
        (bot.edit_message_text("<b>one</b>", **at, reply_markup=markup), "message is not modified"),
        (bot.edit_message_reply_markup(**at, reply_markup=markup), "message is not modified"),
        (bot.edit_message_caption(**at, caption="x"), "there is no caption in the message to edit"),
        (
            bot.edit_message_text("x", chat_id=1, message_id=shown.message_id),
            "there is no text in the message",
        ),
        (bot.edit_message_text("x", chat_id=1, message_id=hers["message_id"]), "message can't be edited"),
        (bot.edit_message_text("x" * 4097, **at), "message is too long"),
        (bot.edit_message_text("<b>x", **at), "can't parse entities"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await call
    assert not anna.edits
    await bot.edit_message_reply_markup(**at)
    assert "reply_markup" not in anna.messages[0]
    blue = InputMediaPhoto(media=_file(jpeg(colour="blue")), caption="two")
    edited = await bot.edit_message_media(blue, chat_id=1, message_id=shown.message_id)
    assert not isinstance(edited, bool) and edited.caption == "two"
    assert edited.photo and shown.photo and edited.photo[0].file_id != shown.photo[0].file_id


async def test_deletions(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    old, new = [await bot.send_message(1, text) for text in ("old", "new")]
    anna.messages[0]["date"] -= 49 * 3600
    with pytest.raises(TelegramBadRequest, match="message can't be deleted"):
        await bot.delete_message(1, old.message_id)
    friends = telegram.world.group("Подруги", anna)
    hers = anna.at(friends).write("hello")
    with pytest.raises(TelegramBadRequest, match="message can't be deleted"):
        await bot.delete_message(friends.id, hers["message_id"])
    assert await bot.delete_messages(1, [old.message_id, new.message_id, 9999])
    assert [message["text"] for message in anna.messages] == ["old"]


async def test_reactions_commands_invoices_and_offers(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    wish = anna.write("пальто")
    thumb, clown = ReactionTypeEmoji(emoji="👍"), ReactionTypeEmoji(emoji="🤡")
    assert await bot.set_message_reaction(1, wish["message_id"], [thumb])
    with pytest.raises(TelegramBadRequest, match="REACTIONS_TOO_MANY"):
        await bot.set_message_reaction(1, wish["message_id"], [thumb, clown])
    with pytest.raises(TelegramBadRequest, match="REACTION_INVALID"):
        await bot.set_message_reaction(1, wish["message_id"], [ReactionTypeEmoji(emoji="👗")])
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_DESCRIPTION_INVALID"):
        await bot.set_my_commands([BotCommand(command="start", description="x" * 257)])

    async def invoice(**changed: Any) -> None:
        fields: dict[str, Any] = {
            "title": "x",
            "description": "y",
            "payload": "z",
            "currency": "XTR",
            "prices": [LabeledPrice(label="x", amount=5)],
        }
        await bot.send_invoice(1, **{**fields, **changed})

    for changed, refusal in (
        ({"currency": "EUR"}, "CURRENCY_INVALID"),
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"payload": "x" * 129}, "INVOICE_PAYLOAD_INVALID"),
        ({"prices": [LabeledPrice(label="x", amount=5)] * 2}, "exactly one part"),
        ({"prices": [LabeledPrice(label="x", amount=0)]}, "INVOICE_AMOUNT_INVALID"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await invoice(**changed)

    file_id = (await bot.send_photo(1, _file(jpeg()))).photo[-1].file_id  # type: ignore[index]
    query = anna.inline("пальто")

    def offer(number: int, photo: str = file_id) -> InlineQueryResultCachedPhoto:
        return InlineQueryResultCachedPhoto(id=str(number), photo_file_id=photo)

    for offers, refusal in (
        ([offer(number) for number in range(51)], "RESULTS_TOO_MUCH"),
        ([offer(1), offer(1)], "RESULT_ID_DUPLICATE"),
        ([offer(1, "nothing")], "FILE_REFERENCE_INVALID"),
    ):
        with pytest.raises(TelegramBadRequest, match=refusal):
            await bot.answer_inline_query(query, offers)  # type: ignore[arg-type]
    assert await bot.answer_inline_query(query, [offer(1)])
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_inline_query(query, [offer(1)])


def test_a_bot_that_talks_too_fast_must_wait() -> None:
    now = 0.0
    pace = Pace(burst=3, clock=lambda: now)

    def say(chat: int, **fields: Any) -> int | None:
        try:
            pace.check("sendMessage", Params({"chat_id": chat, **fields}))
        except Refused as error:
            refusal = str(error), error.code
            return (
                error.retry_after
                if refusal == (f"Too Many Requests: retry after {error.retry_after}", 429)
                else -1
            )
        return None

    assert [say(1) for _ in range(4)] == [None, None, None, 1]
    pace.check("sendChatAction", Params({"chat_id": 1}))
    now = 1.0
    assert [say(1), say(1)] == [None, 1]
    now = 10.0  # an album counts as often as it has pictures
    assert say(1, media=[{}] * 10) is None
    assert say(1) == 8
    assert [say(-5) for _ in range(4)] == [None, None, None, 3]  # twenty a minute in a group
    now = 100.0
    assert [say(chat) for chat in range(10, 41)] == [None] * 30 + [1]  # thirty a second in all
    assert Pace(math.inf).check("sendMessage", Params({"chat_id": 1})) is None
    fast = Pace(10, burst=1, clock=lambda: now)
    fast.check("sendMessage", Params({"chat_id": 1}))
    now = 100.2
    fast.check("sendMessage", Params({"chat_id": 1}))


async def test_the_server_keeps_the_pace(anna: Person) -> None:
    async with TelegramServer(pace=Pace(burst=1)) as telegram:
        telegram.world.person(1)
        assert (await _ask(telegram, "sendMessage", chat_id=1, text="x"))[0] == 200
        assert await _ask(telegram, "sendMessage", chat_id=1, text="x") == (
            429,
            "Too Many Requests: retry after 1",
        )


async def test_faults(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    telegram.faults.switch("429")
    outcomes = []
    for _ in range(6):
        try:
            await bot.get_me()
            outcomes.append(0)
        except TelegramRetryAfter as error:
            outcomes.append(error.retry_after)
    assert outcomes == [0, 0, 3, 0, 0, 3]
    await bot.get_updates()
    assert telegram.world.listening
    telegram.faults.switch("offline")
    with pytest.raises(TelegramNetworkError):
        await bot.get_updates()
    assert not telegram.world.listening
    telegram.faults.switch("")
    telegram.faults.add(Fault("getMe", seconds=0.3, times=1))
    before = asyncio.get_running_loop().time()
    await bot.get_me()
    assert asyncio.get_running_loop().time() - before >= 0.3
    anna.blocked = True
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(1, "x")
