"""The playground in a process of its own, and the chromium of this machine to look at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

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
    """`python -m bot --playground` with a painter for a studio, on any free port; killed at the end."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0, **environment: str) -> None:
        self._folder = folder
        self._command = [
            sys.executable,
            "-m",
            "tests.e2e.painted_bot",
            "--playground",
            f"--port={port}",
            *arguments,
        ]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BOT_"))},
            "DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

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
async def looking(**context: Any) -> AsyncIterator[Page]:
    """A page in a new browser that may reach nothing but this machine, and must run without an error."""
    path = chromium()
    errors: list[str] = []
    abroad: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        opened = await browser.new_context(**{"locale": "ru-RU", **context})
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
        try:
            yield page
            assert errors == []
            assert abroad == []
        finally:
            await browser.close()
