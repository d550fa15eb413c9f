"""The playground in a process of its own, and the chromium of this machine to look at it."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

from bot.playground.server import TOKEN
from tests.e2e.process import ROOT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 120_000


def chromium() -> str:
    """Where the browser is; skips the test where there is none, in CI fails it."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        reason = "there is no chromium on this machine; on Debian: sudo apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Playground:
    """`python -m bot --playground` on any free port, killed at the end.

    With a painter for a studio, unless `module` is "bot".
    """

    def __init__(
        self, folder: Path, *, port: int = 0, module: str = "tests.e2e.painted_bot", **environment: str
    ) -> None:
        self._folder = folder
        self._command = [
            sys.executable,
            "-m",
            module,
            "--playground",
            f"--port={port}",
        ]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BOT_"))},
            "DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(2)  # the first comes without a number
        self._hold = folder / "hold"
        self._environment["PAINTER_HOLD"] = str(self._hold)
        self.url = ""

    def somebody(self) -> int:
        """The number of a person who has not been here yet, so that no test finds another's chat."""
        return next(self._numbers)

    def at(self, user: int, more: str = "") -> str:
        """The address of a person's page."""
        return f"{self.url}/?user={user}{more}"

    def call(self, method: str, **fields: Any) -> Any:
        """What the bot might say: a call of the Bot API past the bot."""
        return self._post(f"/bot{TOKEN}/{method}", fields)["result"]

    def mend(self) -> None:
        """No rehearsed trouble any more, for whoever comes next."""
        self._post("/chat/fault", {"name": ""})

    def _post(self, path: str, fields: dict[str, Any]) -> Any:
        body = json.dumps(fields).encode()
        with urlopen(Request(self.url + path, body, {"Content-Type": "application/json"})) as response:
            return json.load(response)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Meanwhile the painter gets no further than half of any picture."""
        self._hold.touch()
        try:
            yield
        finally:
            self._hold.unlink()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text()

    def start(self) -> None:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stderr=log
            )
        deadline = time.monotonic() + 120
        while not (told := re.search(r"http://127\.0\.0\.1:\d+", self.log)):
            assert self._process.poll() is None and time.monotonic() < deadline, self.log
            time.sleep(0.1)
        self.url = told.group()

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(60)

    def __enter__(self) -> Playground:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A chromium without a window."""
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def looking(browser: Browser, **context: Any) -> AsyncIterator[Page]:
    """A page of a new visitor that may reach nothing but this machine, and must run without an error."""
    errors: list[str] = []
    abroad: list[str] = []
    async with await browser.new_context(**{"locale": "ru-RU", **context}) as opened:
        page = await opened.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                abroad.append(request.url)
                if not request.url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:"))
                else None
            ),
        )
        yield page
        assert errors == []
        assert abroad == []


def box(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("combobox")


async def say(page: Page, text: str) -> None:
    await box(page).fill(text)
    await page.keyboard.press("Enter")
