"""Invoices in Telegram Stars. Nobody pays anything here."""

from __future__ import annotations

import time

from bot.playground.markup import Json
from bot.playground.methods.queries import taken
from bot.playground.methods.registry import method
from bot.playground.methods.sending import QUIET, say
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import only
from bot.playground.state import State

STARS = "XTR"
MOST_STARS = 25_000


@method(
    "sendInvoice",
    "chat_id title description payload currency prices",
    f"provider_token start_parameter reply_markup {QUIET}",
)
async def send_invoice(world: State, params: Params) -> Json:
    chat = world.chat(params["chat_id"])
    if params["currency"] != STARS or params.get("provider_token"):
        raise Refused("CURRENCY_INVALID: this server knows Telegram Stars (XTR)")
    for name, most in (("title", 32), ("description", 255)):
        if not 1 <= len(params[name]) <= most:
            raise Refused(f"INVOICE_{name.upper()}_INVALID")
    if not 1 <= len(params["payload"].encode()) <= 128:
        raise Refused("INVOICE_PAYLOAD_INVALID")
    prices = params["prices"]
    if not isinstance(prices, list) or len(prices) != 1:
        raise Refused("STARS_INVOICE_INVALID: a price in Stars has exactly one part")
    only(prices[0], ("label", "amount"), "LabeledPrice")
    amount = prices[0].get("amount")
    if not isinstance(amount, int) or not 1 <= amount <= MOST_STARS:
        raise Refused("INVOICE_AMOUNT_INVALID")
    rows = (params.get("reply_markup") or {}).get("inline_keyboard")
    if rows and not (rows[0] and rows[0][0].get("pay")):
        raise Refused("BUTTON_PAY_REQUIRED: the first button of an invoice pays")
    invoice = {
        "title": params["title"],
        "description": params["description"],
        "start_parameter": params.get("start_parameter", ""),
        "currency": STARS,
        "total_amount": amount,
    }
    message = say(world, chat, params, invoice=invoice)
    world.payloads[message["message_id"]] = params["payload"]
    world.tell("query")
    return message


@method("answerPreCheckoutQuery", "pre_checkout_query_id ok", "error_message")
async def answer_pre_checkout_query(world: State, params: Params) -> bool:
    if not params["ok"] and not params.get("error_message"):
        raise Refused("error_message is required when ok is False")
    query = taken(world, params["pre_checkout_query_id"], "checkout")
    chat = world.chats[query["chat"]]
    if not params["ok"]:
        world.tell("answer", chat.id, user=query["user"], text=params["error_message"], show_alert=True)
        return True
    invoice = (chat.find(query["message_id"]) or {}).get("invoice", {})
    charge = f"stars-{query['message_id']}-{int(time.time())}"
    paid = world.message(
        chat,
        world.users[query["user"]],
        successful_payment={
            "currency": STARS,
            "total_amount": invoice.get("total_amount", 0),
            "invoice_payload": world.payloads[query["message_id"]],
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": "",
        },
    )
    world.push(message=paid)
    return True


@method("refundStarPayment", "user_id telegram_payment_charge_id")
async def refund_star_payment(world: State, params: Params) -> bool:
    chat = world.chat(params["user_id"])
    for message in chat.messages:
        payment = message.get("successful_payment", {})
        if payment.get("telegram_payment_charge_id") == params["telegram_payment_charge_id"]:
            if any("refunded_payment" in m for m in chat.messages if m.get("refunded_payment") == payment):
                raise Refused("CHARGE_ALREADY_REFUNDED")
            refund = world.message(chat, world.bot, refunded_payment=payment)
            world.push(message=refund)
            return True
    raise Refused("CHARGE_ID_INVALID")
