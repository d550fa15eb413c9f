"""What the bot's tests share."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.database import Database
from tests.postgres import database as new_database
from tests.postgres import server


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    """A running PostgreSQL."""
    with server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: sa.URL) -> Iterator[str]:
    """An empty database in it."""
    with new_database(postgres) as url:
        yield url


@pytest.fixture
async def on_postgres(postgres_url: str) -> AsyncIterator[Database]:
    """The newest tables in PostgreSQL."""
    opened = Database(postgres_url)
    await opened.migrate()
    yield opened
    await opened.close()
