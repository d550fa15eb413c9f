"""The bot's own HTTP port: /healthz, /metrics and, in webhook mode, the door through which Telegram comes in.

An update is answered with 200 only when it is written down; one that comes
twice is worked off once. The secret is compared in constant time. Knows no
handler.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
import structlog
from aiohttp import web

from bot.metrics import Metrics
from bot.store.database import Database

log = structlog.stdlib.get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK = "/telegram"
LARGEST_UPDATE = 1_000_000
"""Bytes; Telegram's are a few thousand."""

Receive = Callable[[Sequence[dict[str, Any]]], Awaitable[int]]


class Web:
    """secret "": there is no webhook."""

    def __init__(self, database: Database, metrics: Metrics, receive: Receive, secret: str = "") -> None:
        self._database = database
        self._metrics = metrics
        self._receive = receive
        self._secret = secret.encode()
        self.app = web.Application(client_max_size=LARGEST_UPDATE)
        self.app.router.add_get("/healthz", self._health)
        self.app.router.add_get("/metrics", self._numbers)
        if secret:
            self.app.router.add_post(WEBHOOK, self._update)

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """The port; raises OSError when it is taken."""
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        try:
            async with self._database.reading() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except Exception as error:
            log.error("not healthy", error=type(error).__name__)
            return web.json_response({"database": "unreachable"}, status=503)
        return web.json_response({"database": "ok"})

    async def _numbers(self, request: web.Request) -> web.Response:
        return web.Response(
            body=await self._metrics.page(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    async def _update(self, request: web.Request) -> web.Response:
        shown = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(shown, self._secret):
            return web.Response(status=403)
        try:
            payload = json.loads(await request.read())
            if not isinstance(payload, dict) or not 0 <= payload["update_id"] < 2**63:
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError):
            return web.Response(status=400)
        await self._receive([payload])
        return web.Response()
