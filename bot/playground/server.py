"""A Bot API server over HTTP, strict where Telegram is.

    async with TelegramServer() as telegram:
        anna = telegram.world.person(1)
        anna.write("/start")           # the bot polls telegram.url
        await anna.hears("Лекало")

It serves the methods of `bot.playground.methods`, refuses the others and
whatever breaks a rule, keeps the bot to Telegram's pace, and can be told to
fail (`fail`, `faults`). It listens on 127.0.0.1 only. It does not know the
bot.
"""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.playground.faults import Fault, Faults, Offline
from bot.playground.markup import Json
from bot.playground.methods import METHODS
from bot.playground.pace import Pace
from bot.playground.params import Params, read
from bot.playground.refusal import Refused
from bot.playground.rules import UPLOAD_BYTES
from bot.playground.state import Call
from bot.playground.updates import Updates
from bot.playground.world import World

TOKEN = "4242:playground"
HOST = "127.0.0.1"
ROOM_BYTES = 1_000_000
"""For the other fields of a request with an upload of the largest size."""
REMEMBERED_CALLS = 10_000


class TelegramServer:
    def __init__(
        self, token: str = TOKEN, *, port: int = 0, world: World | None = None, pace: Pace | None = None
    ) -> None:
        """port 0: any that is free. pace None: no limit, as fits tests."""
        self.token = token
        self.url = ""
        bot = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": "Lekalo",
            "username": "lekalo_bot",
        }
        self.world = world or World(bot)
        self.pace = pace or Pace(math.inf)
        self.faults = Faults()
        self.app = web.Application(client_max_size=UPLOAD_BYTES + ROOM_BYTES)
        self.app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self.app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._port = port
        self._updates = Updates(self.world, self._reply)
        self._methods = {**METHODS, **self._updates.registered()}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Raises OSError when the port is taken."""
        self._runner = web.AppRunner(self.app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{self._port}"
        self._updates.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._updates.stop()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def addresses(self) -> list[str]:
        """Where the server listens."""
        assert self._runner is not None
        return [address[0] for address in self._runner.addresses]

    def fail(
        self,
        method: str,
        code: int = 429,
        description: str = "Too Many Requests: retry later",
        *,
        retry_after: int | None = None,
        times: int = 1,
    ) -> None:
        """The next `times` calls of `method` ("*": of any) fail so."""
        self.faults.add(Fault(method, code, description, retry_after, times=times))

    def called(self, method: str) -> list[Call]:
        return [call for call in self.world.calls if call.method == method]

    async def call(self, name: str, params: Params) -> Any:
        """One method of the Bot API; raises Refused."""
        method = self._methods.get(name)
        if method is None:
            raise Refused("Not Found", 404)
        method.check(params)
        self.pace.check(name, params)
        return await method.handler(self.world, params)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self.token:
                raise Refused("Unauthorized", 401)
            name = request.match_info["method"]
            params = await read(request)
            self._remember(name, params)
            unheard = await self.faults.meet(name)
            result = await self.call(name, params)
            if unheard:
                raise Offline
        except Refused as error:
            return _refusal(error)
        except Offline:
            self._updates.gone()
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        finally:
            self.world.change()
        return web.json_response({"ok": True, "result": result})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if request.match_info["token"] == self.token:
            for file in self.world.files.values():
                if file.path == path:
                    return web.Response(body=file.content)
        return _refusal(Refused("Not Found", 404))

    async def _reply(self, answer: Any) -> None:
        """A webhook may answer with a method call."""
        if isinstance(answer, dict) and "method" in answer:
            name = str(answer["method"])
            params = Params({key: value for key, value in answer.items() if key != "method"})
            self._remember(name, params)
            await self.call(name, params)

    def _remember(self, name: str, params: Params) -> None:
        self.world.calls.append(Call(name, params.fields, time.monotonic()))
        if len(self.world.calls) > REMEMBERED_CALLS:
            del self.world.calls[: REMEMBERED_CALLS // 2]
        self.world.change()


def _refusal(error: Refused) -> web.Response:
    body: Json = {"ok": False, "error_code": error.code, "description": str(error)}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return web.json_response(body, status=error.code)
