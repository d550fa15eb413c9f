"""How updates reach the bot: long polling or a webhook, one of the two at a time.

Source: core.telegram.org/bots/api, "Getting updates". A webhook may only be on
this machine, and there it needs no certificate. Knows no chat.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.playground.markup import Json
from bot.playground.methods.registry import Method
from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.rules import only
from bot.playground.state import State

KINDS = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        "guest_message",
    ]
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
SECRET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds between tries to reach a webhook that fails; every pause is twice the one before."""
DELIVERY_SECONDS = 60.0


class Updates:
    """The four methods that concern updates, and the task that calls the webhook."""

    def __init__(self, world: State, reply: Any) -> None:
        """reply: called with the JSON with which a webhook answers, which may be a method call."""
        self._world = world
        self._reply = reply
        self._polling: asyncio.Event | None = None
        """Set to end the getUpdates that is under way: only one may be."""
        self._delivering: asyncio.Task[None] | None = None
        self._last_error: Json = {}
        self.methods = {
            "getUpdates": ("", "offset limit timeout allowed_updates", self.get_updates),
            "setWebhook": (
                "url",
                "secret_token allowed_updates max_connections drop_pending_updates ip_address",
                self.set_webhook,
            ),
            "deleteWebhook": ("", "drop_pending_updates", self.delete_webhook),
            "getWebhookInfo": ("", "", self.get_webhook_info),
        }

    def registered(self) -> dict[str, Method]:
        return {
            name: Method(name, handler, tuple(needed.split()), frozenset((needed + " " + optional).split()))
            for name, (needed, optional, handler) in self.methods.items()
        }

    def start(self) -> None:
        """Go on with the webhook that the world remembers."""
        if self._world.webhook and self._delivering is None:
            self._delivering = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        self._end_polling()
        if self._delivering is not None:
            self._delivering.cancel()
            with suppress(asyncio.CancelledError):
                await self._delivering
            self._delivering = None

    async def get_updates(self, world: State, params: Params) -> list[Json]:
        if world.webhook:
            raise Refused(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
                409,
            )
        self._end_polling()
        ended = self._polling = asyncio.Event()
        self._allow(params)
        offset = params.get("offset", 0)
        if offset < 0:
            offset = max(0, (world.updates[-1]["update_id"] if world.updates else 0) + 1 + offset)
        if any(u["update_id"] < offset for u in world.updates):
            world.updates[:] = [u for u in world.updates if u["update_id"] >= offset]
            world.tell("update")
        limit = min(100, max(1, params.get("limit", 100)))
        self._listening(True)
        try:
            await world.until(
                lambda: ended.is_set() or world.updates, min(50, params.get("timeout", 0)) + 0.01
            )
        except TimeoutError:
            return []
        finally:
            if self._polling is ended:
                self._polling = None
        if ended.is_set():
            raise Refused(
                "terminated by other getUpdates request; make sure that only one bot instance is running", 409
            )
        return list(world.updates[:limit])

    async def set_webhook(self, world: State, params: Params) -> bool:
        if not params["url"]:
            return await self.delete_webhook(world, params)
        url = urlsplit(params["url"])
        if url.hostname not in LOOPBACK or url.scheme not in ("http", "https"):
            raise Refused("bad webhook: this server calls only http://127.0.0.1 and the like")
        secret = params.get("secret_token", "")
        if len(secret) > 256 or not set(secret) <= SECRET:
            raise Refused("secret token contains unallowed characters")
        if not 1 <= params.get("max_connections", 40) <= 100:
            raise Refused("max_connections must be between 1 and 100")
        await self.stop()
        self._allow(params)
        if params.get("drop_pending_updates"):
            world.updates.clear()
        world.webhook = {
            "url": params["url"],
            "secret_token": secret,
            "max_connections": params.get("max_connections", 40),
        }
        self._last_error = {}
        world.tell("update")
        self.start()
        return True

    async def delete_webhook(self, world: State, params: Params) -> bool:
        await self.stop()
        world.webhook = {}
        if params.get("drop_pending_updates"):
            world.updates.clear()
        world.tell("update")
        return True

    async def get_webhook_info(self, world: State, params: Params) -> Json:
        info: Json = {
            "url": world.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(world.updates),
        }
        if world.webhook:
            info |= {"max_connections": world.webhook["max_connections"], **self._last_error}
        if world.allowed:
            info["allowed_updates"] = world.allowed
        return info

    def gone(self) -> None:
        """The bot has lost its connection, until it asks again."""
        self._listening(False)

    def _allow(self, params: Params) -> None:
        kinds = params.get("allowed_updates")
        if kinds is None:
            return
        if not isinstance(kinds, list):
            raise Refused("can't parse allowed_updates: a list of strings is expected")
        only(dict.fromkeys(kinds), KINDS, "allowed_updates")
        if kinds != self._world.allowed:
            self._world.allowed = kinds
            self._world.tell("update")

    def _end_polling(self) -> None:
        if self._polling is not None:
            self._polling.set()
            self._world.change()

    def _listening(self, listening: bool) -> None:
        if self._world.listening != listening:
            self._world.listening = listening
            self._world.tell("bot")

    async def _deliver(self) -> None:
        world = self._world
        pause = FIRST_PAUSE
        timeout = aiohttp.ClientTimeout(total=DELIVERY_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                while not world.updates:
                    with suppress(TimeoutError):
                        await world.until(lambda: world.updates, DELIVERY_SECONDS)
                update = world.updates[0]
                problem = await self._post(session, update)
                self._listening(problem is None)
                if problem is None:
                    pause = FIRST_PAUSE
                    world.updates[:] = [u for u in world.updates if u["update_id"] > update["update_id"]]
                    world.tell("update")
                else:
                    self._last_error = {"last_error_date": int(time.time()), "last_error_message": problem}
                    world.change()
                    await asyncio.sleep(pause)
                    pause = min(LONGEST_PAUSE, pause * 2)

    async def _post(self, session: aiohttp.ClientSession, update: Json) -> str | None:
        """Hand an update to the webhook; what went wrong, or None."""
        webhook = self._world.webhook
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        try:
            async with session.post(
                webhook["url"], json=update, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status // 100 != 2:
                    return f"Wrong response from the webhook: {answer.status} {answer.reason}"
                if answer.content_type == "application/json":
                    with suppress(ValueError, Refused):
                        await self._reply(await answer.json())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return str(error) or type(error).__name__
        return None
