"""The move from SQLite to PostgreSQL: real files, a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.jobs.port import Sent
from bot.store.campaigns import Campaigns, Stage
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.people import People
from bot.store.tables import messages, metadata
from tests.bot.test_store import HEARD, PICTURE, WISH


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


async def _live_a_little(database: Database) -> None:
    journal, ledger = Journal(database), Ledger(database)
    await journal.take_in([{"update_id": 10, "message": {"text": "джинсы"}}])
    await journal.meet(1, "Анна\0", None, "ru")
    job_id = await journal.accept(HEARD, WISH)
    await ledger.start_drawing(job_id)
    await ledger.keep_pictures(job_id, [("a" * 64, PICTURE), ("b" * 64, PICTURE)], {"type": "pants"})
    await ledger.start_sending(job_id)
    drawn = await ledger.pictures(job_id)
    await ledger.delivered(job_id, [(picture, Sent(90 + picture.position, "file")) for picture in drawn])
    async with database.writing() as connection:  # more than one portion
        row = {"user_id": 1, "chat_id": 1, "direction": "out", "kind": "text", "text": "да"}
        await connection.execute(
            sa.insert(messages), [{**row, "telegram_id": 100 + number} for number in range(2500)]
        )
    campaigns = Campaigns(database)
    draft = await campaigns.draft(9)
    await campaigns.advance(draft.id, [Stage.DRAFT], Stage.SCHEDULED)
    await campaigns.launch(draft.id)


async def _rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    async with database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in await connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def test_everything_is_moved_once(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepared() -> dict[str, list[tuple[object, ...]]]:
        old = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
        await old.migrate()
        await _live_a_little(old)
        rows = await _rows(old)
        await old.close()
        return rows

    async def moved() -> dict[str, list[tuple[object, ...]]]:
        new = Database(postgres_url)
        rows = await _rows(new)
        job = await Ledger(new).job(1)
        assert job is not None and job.seen == {"type": "pants"}
        assert (await People(new).dialogue(1, 1)).job_id == 1
        await Journal(new).say(1, 1, 5000, "text", "дальше")  # numbers go on where they were
        await new.close()
        return rows

    before = asyncio.run(prepared())
    assert len(before["messages"]) == 2501
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    assert main(["migrate-db"]) == 0
    said = capsys.readouterr().err
    assert f"{sum(map(len, before.values()))} rows were moved" in said
    assert "messages" in said
    after = asyncio.run(moved())
    [anna] = before["users"]
    before["users"] = [tuple("Анна" if field == "Анна\0" else field for field in anna)]
    assert after == before
    assert main(["migrate-db"]) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "DATABASE_URL must name the PostgreSQL"),
        ("postgresql+asyncpg://127.0.0.1:1/no", "There is no database at"),
    ],
)
def test_what_cannot_be_moved_is_one_sentence(
    url: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert main(["migrate-db"]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_a_server_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bot.sqlite3").touch()
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://127.0.0.1:1/no")
    assert main(["migrate-db"]) == 2
    assert capsys.readouterr().err.startswith("Nothing was moved")
