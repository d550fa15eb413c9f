"""Updates on their way to the bot: polled or brought to its webhook, by kind, and by who may hear what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.types import InlineQueryResultCachedPhoto, LabeledPrice
from aiohttp import web

from bot.playground.person import Person
from bot.playground.server import TelegramServer
from tests.bot.house import jpeg


class Hook:
    """A webhook that takes down what it is sent, after `failures` refusals."""

    def __init__(self, failures: int = 0, reply: dict[str, Any] | None = None) -> None:
        self.failures = failures
        self.reply = reply
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        if self.failures:
            self.failures -= 1
            return web.Response(status=500)
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        self.heard.append((secret, await request.json()))
        return web.json_response(self.reply) if self.reply else web.Response()


@asynccontextmanager
async def _listening(hook: Hook) -> AsyncIterator[Hook]:
    app = web.Application()
    app.router.add_post("/hook", hook.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def test_offsets_limits_and_kinds(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    one, two, three = [anna.write(text) for text in ("one", "two", "three")]
    assert len(await bot.get_updates()) == 3
    assert len(await bot.get_updates(limit=2)) == 2
    [last] = await bot.get_updates(offset=-1)  # the last one; the others are forgotten
    assert last.message is not None and last.message.message_id == three["message_id"]
    assert await bot.get_updates(offset=last.update_id + 1, allowed_updates=["callback_query"]) == []
    anna.write("unheard")
    anna.press(one, "pressed")
    [update] = await bot.get_updates()  # the kinds are remembered
    assert update.callback_query is not None and update.callback_query.data == "pressed"
    assert await bot.get_updates(offset=update.update_id + 1, allowed_updates=[]) == []
    anna.react(two, "👍")  # not among the usual kinds
    anna.edit(two, "2")
    [edited] = await bot.get_updates()
    assert edited.edited_message is not None and edited.edited_message.text == "2"


async def test_a_pending_update_tells_what_was_then(bot: Bot, anna: Person) -> None:
    wish = anna.write("красное")
    anna.edit(wish, "синее")
    first, second = await bot.get_updates()
    assert first.message is not None and first.message.text == "красное"
    assert second.edited_message is not None and second.edited_message.text == "синее"


async def test_only_one_polls(bot: Bot, telegram: TelegramServer) -> None:
    waiting = asyncio.ensure_future(bot.get_updates(timeout=20))
    await telegram.world.until(lambda: telegram.world.listening)
    await bot.get_updates()
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await waiting


async def test_a_webhook_gets_updates_in_order_with_its_secret(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    reply = {"method": "sendMessage", "chat_id": 1, "text": "heard"}
    async with _listening(Hook(failures=10**6, reply=reply)) as hook:
        assert await bot.set_webhook(hook.url, secret_token="S3cret", allowed_updates=["message"])
        with pytest.raises(TelegramConflictError, match="while webhook is active"):
            await bot.get_updates()
        anna.write("one")
        await telegram.world.until(lambda: hook.failures < 10**6 - 1)  # the first answer has come back
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (hook.url, 1)
        assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
        anna.write("two")
        hook.failures = 0
        await telegram.world.until(lambda: len(anna.texts) == 2)
        assert [update["message"]["text"] for _, update in hook.heard] == ["one", "two"]
        assert {secret for secret, _ in hook.heard} == {"S3cret"}
        assert anna.texts == ["heard", "heard"]
        await telegram.world.until(lambda: not telegram.world.updates)
        assert await bot.delete_webhook()
    assert await bot.get_updates() == []
    with pytest.raises(TelegramBadRequest, match="secret token contains unallowed characters"):
        await bot.set_webhook("http://127.0.0.1:1/", secret_token="no good")


async def test_a_group_is_heard_only_where_the_bot_is_meant(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    boris = telegram.world.person(2, "Boris", "en")
    friends = telegram.world.group("Подруги", anna, boris)
    there, he = anna.at(friends), boris.at(friends)
    there.write("просто разговор")
    there.send_photo(jpeg())
    there.write("@lekalo_bot платье")
    he.write("/start")
    he.write("/help@lekalo_bot")
    he.write("/help@other_bot")
    said = await bot.send_message(friends.id, "hello")
    he.write("a reply", reply_to=there.from_bot[-1])
    he.write("another reply", reply_to=there.messages[0])
    there.send_photo(jpeg(), "@lekalo_bot такое же")
    updates = await bot.get_updates()
    assert updates[0].my_chat_member is not None
    heard = [update.message.text or update.message.caption for update in updates[1:] if update.message]
    assert heard == [
        "@lekalo_bot платье",
        "/start",
        "/help@lekalo_bot",
        "a reply",
        "@lekalo_bot такое же",
    ]
    reply = updates[4].message
    assert reply is not None and reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == said.message_id
    assert reply.chat.type == "supergroup" and reply.from_user is not None and reply.from_user.id == 2


async def test_people_block_forward_choose_and_pay(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    anna.blocked = True
    anna.blocked = False
    anna.forward_post("Тренды осени", jpeg())
    anna.send_sticker()
    anna.send_voice()
    anna.send_album([jpeg(), jpeg()], "смесь")
    updates = await bot.get_updates(allowed_updates=["message", "my_chat_member", "inline_query"])
    kinds = [u.my_chat_member.new_chat_member.status for u in updates if u.my_chat_member]
    assert kinds == ["kicked", "member"]
    post, sticker, voice, *album = [u.message for u in updates if u.message]
    assert post.forward_origin is not None and post.forward_origin.type == "channel"
    assert (sticker.content_type, voice.content_type) == ("sticker", "voice")
    assert len({message.media_group_id for message in album}) == 1 and album[0].caption == "смесь"

    query = anna.inline("осень")
    [asked] = await bot.get_updates(offset=updates[-1].update_id + 1)
    assert asked.inline_query is not None and asked.inline_query.query == "осень"
    result = InlineQueryResultCachedPhoto(
        id="1",
        photo_file_id=album[0].photo[-1].file_id,
        caption="<b>да</b>",  # type: ignore[index]
    )
    await bot.answer_inline_query(query, [result])
    [offer] = await anna.offered(query)
    chosen = anna.choose(query, offer["id"])
    assert (chosen["via_bot"]["id"], chosen["caption"]) == (4242, "да")

    await bot.get_updates(offset=asked.update_id + 2, allowed_updates=["pre_checkout_query", "message"])
    await bot.send_invoice(1, "Ещё", "Десять картинок", "ten", "XTR", [LabeledPrice(label="10", amount=7)])
    anna.pay(anna.from_bot[-1])
    [update] = await bot.get_updates()
    checkout = update.pre_checkout_query
    assert checkout is not None and (checkout.total_amount, checkout.invoice_payload) == (7, "ten")
    await bot.answer_pre_checkout_query(checkout.id, ok=True)
    [update] = await bot.get_updates(offset=update.update_id + 1)
    payment = update.message.successful_payment if update.message else None
    assert payment is not None and payment.invoice_payload == "ten"
    assert await bot.refund_star_payment(1, payment.telegram_payment_charge_id)
    with pytest.raises(TelegramBadRequest, match="CHARGE_ALREADY_REFUNDED"):
        await bot.refund_star_payment(1, payment.telegram_payment_charge_id)
