"""What the bot's tests share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store.database import Database


@pytest.fixture(autouse=True)
def _quiet_dbos() -> Iterator[None]:
    """DBOS logs to stderr unless it finds a handler."""
    logger = logging.getLogger("dbos")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A real SQLite file with the newest tables."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    await opened.migrate()
    yield opened
    await opened.close()
