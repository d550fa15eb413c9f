"""`python -m bot migrate-db`: the bot's tables from its SQLite file into an empty PostgreSQL.

All tables in one transaction, so that the target is either empty or complete;
at the end the rows of both are counted. The queue is not copied: the bot
submits open jobs anew when it starts. Knows tables, not what is in them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from tqdm import tqdm

from bot.premises import SQLITE, Premises, SettingsError
from bot.store.database import Database
from bot.store.tables import metadata, workers

AT_ONCE = 1000
"""Rows read and written together."""


async def move(settings: Premises, file: Path) -> None:
    """Copy; raises SettingsError with one sentence, and leaves the target empty, when it cannot be done.

    The bot must not run: whoever calls holds the lock of its folder.
    """
    if not settings.many_machines:
        raise SettingsError("DATABASE_URL must name the PostgreSQL to move to (postgresql+asyncpg://…).")
    if not file.is_file():
        raise SettingsError(f"There is no database at {file}: has the bot run with this DATA_DIR?")
    source = Database(URL.create(SQLITE, database=str(file)).render_as_string())
    target = Database(settings.database_url)
    try:
        async with target.sole(0.0) as alone:
            if not alone:
                raise SettingsError("A bot is running on this DATABASE_URL: stop it first.")
            await source.migrate()
            await target.migrate()
            rows = await _copy(source, target)
    except (OSError, SQLAlchemyError) as error:
        cause = getattr(error, "orig", None) or error
        raise SettingsError(f"Nothing was moved: {str(cause).splitlines()[0]}") from error
    finally:
        await source.close()
        await target.close()
    print(
        f"{rows} rows were moved and counted. Start the bot with this DATABASE_URL, and a worker beside it;"
        f" pictures and photos stay where they are. {file} is not needed any more.",
        file=sys.stderr,
    )


async def _copy(source: Database, target: Database) -> int:
    tables = [table for table in metadata.sorted_tables if table is not workers]
    async with source.reading() as old, target.writing() as new:
        for table in tables:
            if await _count(new, table):
                raise SettingsError(f"DATABASE_URL is not empty: there are rows in {table.name}.")
        for table in tables:
            await _copy_table(old, new, table)
        counts = [(table.name, await _count(old, table), await _count(new, table)) for table in tables]
        if wrong := [name for name, before, after in counts if before != after]:
            raise SettingsError(f"Nothing was moved: the numbers of rows differ in {', '.join(wrong)}.")
        return sum(after for _, _, after in counts)


async def _copy_table(old: AsyncConnection, new: AsyncConnection, table: sa.Table) -> None:
    ordered = sa.select(table).order_by(*table.primary_key.columns)  # whoever is referred to comes first
    with tqdm(total=await _count(old, table), desc=table.name, unit="row", file=sys.stderr) as bar:
        async for rows in (await old.stream(ordered)).partitions(AT_ONCE):
            await new.execute(sa.insert(table), [_storable(row) for row in rows])
            bar.update(len(rows))
    serial = table.autoincrement_column
    if serial is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, serial.name)
        highest = sa.select(sa.func.max(serial)).scalar_subquery()
        await new.execute(sa.select(sa.func.setval(sequence, highest)).where(highest.is_not(None)))


async def _count(connection: AsyncConnection, table: sa.Table) -> int:
    return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


def _storable(row: sa.Row[Any]) -> dict[str, Any]:
    return {name: without_nul(value) for name, value in row._mapping.items()}


def without_nul(value: Any) -> Any:
    """The value without the one character that PostgreSQL takes in no text."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {name: without_nul(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [without_nul(inner) for inner in value]
    return value
