"""The connection to the bot's database: one engine, reading and writing transactions, migrations.

SQLite runs in WAL mode with synchronous=FULL (an accepted wish survives a
power cut), waits for locks, checks foreign keys, and takes the write lock at
the start of a writing transaction, so that none fails half-way. PostgreSQL
does all that by itself; there connections are few and tested before use, and
an advisory lock keeps a second bot out. Knows no table.
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
CONNECTIONS = 10
"""To PostgreSQL, from one process; a bot's handlers wait for each other rather than for the server."""
BOT_LOCK = 0x4C454B_414C4F
"""The advisory lock of the one bot on a PostgreSQL database: the letters of its name."""


class Database:
    """`async with database.reading() as connection`, likewise `writing()`."""

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self.engine = _create_engine(url, connections)
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

    async def is_current(self) -> bool:
        """Whether the tables have the newest shape."""
        async with self.reading() as connection:
            return await connection.run_sync(_is_current)

    @asynccontextmanager
    async def sole(self, patience: float) -> AsyncIterator[bool]:
        """Whether this is the only bot on a PostgreSQL database, after `patience` seconds at most.

        Held until the block ends or the connection does; SQLite files are locked by their folder.
        """
        if self.engine.dialect.name != "postgresql":
            yield True
            return
        ask = sa.select(sa.func.pg_try_advisory_lock(BOT_LOCK))
        deadline = asyncio.get_running_loop().time() + patience
        async with self.engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            while not (mine := bool((await connection.execute(ask)).scalar_one())):
                if asyncio.get_running_loop().time() > deadline:
                    break
                await asyncio.sleep(0.5)
            try:
                yield mine
            finally:
                await connection.invalidate()  # ends the session, and the lock with it

    async def close(self) -> None:
        await self.engine.dispose()


def _create_engine(url: str, connections: int) -> AsyncEngine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        # Errors are logged, users' words are not; a connection that a server's restart broke is not used.
        return create_async_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_size=connections, max_overflow=0
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True)
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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _is_current(connection: sa.Connection) -> bool:
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def _migrate(connection: sa.Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    now = MigrationContext.configure(connection).get_current_revision()
    known = [script.revision for script in scripts.walk_revisions()][::-1]
    goes_back = revision in known and now in known and known.index(revision) < known.index(now)
    (command.downgrade if goes_back else command.upgrade)(config, revision)
