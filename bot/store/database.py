"""The connection to the bot's database: one engine, reading and writing transactions, migrations.

SQLite runs in WAL mode with synchronous=FULL (an accepted wish survives a
power cut), waits for locks, checks foreign keys, and takes the write lock at
the start of a writing transaction, so that none fails half-way. Knows no
table.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.patience import Patience

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_TIMEOUT_MS = 3_000
"""Then the statement fails, somebody is told, and it is tried again (`bot.store.patience`)."""


class Database:
    """`async with database.reading() as connection`, likewise `writing()`."""

    def __init__(self, url: str) -> None:
        self.engine = _create_engine(url)
        # SQLite has one writer at a time: waiting here is fair and cheap, polling its lock is neither.
        self.patience = Patience()
        self._writer = asyncio.Lock() if self.engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, undone if the block raises."""
        if self._writer is None:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, self.engine.connect() as connection:
            await connection.execution_options(lekalo_writes=True)
            async with connection.begin():
                yield connection

    async def migrate(self, revision: str = "head") -> None:
        """Bring the tables to the newest shape, or to that of an earlier or later revision."""
        async with self.writing() as connection:
            await connection.run_sync(_migrate, revision)

    async def close(self) -> None:
        await self.engine.dispose()


def _create_engine(url: str) -> AsyncEngine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True)  # errors are logged, users' words are not
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine.sync_engine, "connect", _on_connect)
        sa.event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, record: object) -> None:
    # None: the driver leaves BEGIN to us (SQLAlchemy's documentation of pysqlite, "transactions").
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("lekalo_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    now = MigrationContext.configure(connection).get_current_revision()
    known = [script.revision for script in scripts.walk_revisions()][::-1]
    goes_back = revision in known and now in known and known.index(revision) < known.index(now)
    (command.downgrade if goes_back else command.upgrade)(config, revision)
