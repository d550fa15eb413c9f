"""`python -m bot backup FILE`: a whole copy of the database while the bot runs.

SQLite's backup API copies page by page and lets the bot write meanwhile. The
copy is checked, then named FILE, so that FILE is either whole or absent. The
queue needs no copy (the bot submits open jobs anew), and pictures are files
that never change: copy DATA_DIR/pictures and DATA_DIR/photos afterwards.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.settings import Settings, SettingsError

PAGES = 1000
"""Copied at once; between two such steps the bot writes."""


def back_up(settings: Settings, file: Path) -> None:
    """Raises SettingsError with one sentence when it cannot be done."""
    url = make_url(settings.database_url)
    source = Path(url.database or "")
    if url.get_backend_name() != "sqlite":
        raise SettingsError("DATABASE_URL is no SQLite file: use its server's own backup, such as pg_dump.")
    if not source.is_file():
        raise SettingsError(f"There is no database at {source}: has the bot run with this DATA_DIR?")
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        address = f"{source.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as running, closing(sqlite3.connect(part)) as copy:
            running.backup(copy, pages=PAGES, sleep=0.01)
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise SettingsError(f"The copy is damaged ({verdict}): check the disk of {source}.")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(part, file)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"{file} could not be written: {error}.") from error
    finally:
        part.unlink(missing_ok=True)
