"""The bot as a process that can be started, ended and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from types import TracebackType

from bot.playground.server import TOKEN, TelegramServer

START_SECONDS = 300.0
"""A start takes four on an idle core, and minutes where others compute on every core."""
ROOT = Path(__file__).resolve().parents[2]


class Process:
    """One that can be started, ended and killed; its log is `folder`/`log_name`."""

    def __init__(self, folder: Path, module: str, log_name: str, **environment: str) -> None:
        self._folder = folder
        self._module = module
        self._log_name = log_name
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        return (self._folder / self._log_name).read_text()

    @property
    def launched(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def launch(self) -> None:
        """Start, and do not wait."""
        with (self._folder / self._log_name).open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self._module, cwd=self._folder, env=self._environment, stderr=log
            )

    async def ended(self, timeout: float = 30.0) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), timeout)

    async def kill(self) -> None:
        """kill -9."""
        await self._end(signal.SIGKILL)

    async def terminate(self, timeout: float = 30.0) -> int:
        """SIGTERM, as a service manager does it; returns the exit code."""
        return await self._end(signal.SIGTERM, timeout)

    async def signal(self, number: signal.Signals) -> None:
        """Send a signal and do not wait for the end."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def _end(self, number: signal.Signals, timeout: float = 30.0) -> int:
        await self.signal(number)
        return await self.ended(timeout)


class BotProcess(Process):
    """`async with BotProcess(telegram, folder)`: a bot with its data in `folder`, killed at the end."""

    def __init__(
        self,
        telegram: TelegramServer,
        folder: Path,
        module: str = "tests.e2e.painted_bot",
        **environment: str,
    ) -> None:
        self._telegram = telegram
        telegram_is = {"BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url, "TELEGRAM_RATE": "0"}
        super().__init__(folder, module, "log", **{**telegram_is, **environment})

    async def start(self, *, wait: bool = True) -> None:
        """Start and, with `wait`, come back when it asks for updates."""
        began = time.monotonic()
        await self.launch()
        if wait:
            try:
                await self._telegram.world.until(
                    lambda: any(call.at > began for call in self._telegram.called("getUpdates")),
                    START_SECONDS,
                )
            except TimeoutError:
                await self.kill()  # `__aexit__` is not called for what did not enter
                raise AssertionError(f"the bot did not start:\n{self.log}") from None

    async def __aenter__(self) -> BotProcess:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
