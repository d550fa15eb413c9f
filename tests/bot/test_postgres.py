"""The same statements on PostgreSQL: tests of the store, each once more on a real server."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.store.database import Database
from tests.bot import test_campaigns, test_crew, test_store

Test = Callable[..., Coroutine[Any, Any, None]]
ASKED = {"database", "tmp_path"}
SQLITE_ONLY = {test_store.test_sqlite_is_set_for_durability}


def _tests_of(*modules: ModuleType) -> list[Test]:
    """Those that ask for a database and for nothing else but a folder."""
    return [
        test
        for module in modules
        for name, test in inspect.getmembers(module, inspect.iscoroutinefunction)
        if name.startswith("test_") and test not in SQLITE_ONLY and _asks_for_a_database(test)
    ]


def _asks_for_a_database(test: Test) -> bool:
    asked = set(inspect.signature(test).parameters)
    return "database" in asked and asked <= ASKED


@pytest.mark.parametrize(
    "test", _tests_of(test_store, test_campaigns, test_crew), ids=lambda test: test.__name__
)
async def test_it_holds_on_postgres(test: Test, on_postgres: Database, tmp_path: Path) -> None:
    given = {"database": on_postgres, "tmp_path": tmp_path}
    await test(**{name: given[name] for name in inspect.signature(test).parameters})


async def test_there_is_one_bot_on_a_database(on_postgres: Database, postgres_url: str) -> None:
    other = Database(postgres_url)
    async with on_postgres.sole(0.0) as mine:
        assert mine
        async with other.sole(0.0) as its:
            assert not its
    async with other.sole(10.0) as its:
        assert its
    await other.close()
