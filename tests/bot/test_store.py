"""The database and the files: real ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from bot.jobs.port import Sent, State
from bot.store.database import Database
from bot.store.files import Shelf
from bot.store.journal import MAX_DEATHS, Heard, Journal, Wish
from bot.store.ledger import Ledger
from bot.store.tables import messages, metadata, updates
from generation.request import Picture

HEARD = Heard(update_id=10, user_id=1, chat_id=1, telegram_id=5, kind="text", text="джинсы")
WISH = Wish(prompt="джинсы", photos=(), count=2, seed=7, language="ru")
PICTURE = Picture(png=b"", seed=7, size=64, seconds=0.5, model="painter", prompt="джинсы")


async def test_migrations_build_what_the_tables_say_and_run_twice(database: Database) -> None:
    await database.migrate()
    async with database.reading() as connection:
        differences = await connection.run_sync(
            lambda plain: compare_metadata(MigrationContext.configure(plain), metadata)
        )
    assert differences == []


async def test_sqlite_is_set_for_durability(database: Database) -> None:
    async with database.reading() as connection:
        found = {
            name: (await connection.execute(sa.text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 3_000}
    with pytest.raises(IntegrityError):
        await Journal(database).hear(replace(HEARD, user_id=404))


async def test_many_writers_wait_for_each_other(database: Database) -> None:
    journal = Journal(database)
    await journal.meet(1, "Анна", None, "ru")
    await asyncio.gather(*(journal.say(1, 1, number, "text", "да") for number in range(50)))
    async with database.reading() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(messages))).scalar() == 50


async def test_an_update_is_taken_in_once_and_forgotten_when_done(database: Database) -> None:
    journal = Journal(database)
    first, second = {"update_id": 1, "message": {"text": "а"}}, {"update_id": 2}
    assert await journal.take_in([first, second]) == [first, second]
    assert await journal.take_in([second]) == []
    await journal.done(1)
    assert await journal.left_over() == [second]
    for _ in range(MAX_DEATHS):
        await journal.begin(2)
    assert await journal.left_over() == []
    assert await journal.given_up() == [second]
    assert await journal.suspects() == {2}
    await journal.spare(2)
    assert await journal.left_over() == [second]
    async with database.reading() as connection:
        row = (await connection.execute(sa.select(updates).where(updates.c.update_id == 1))).one()
    assert row.payload is None
    assert row.handled_at is not None


async def test_a_job_goes_forward_only(database: Database) -> None:
    journal, ledger = Journal(database), Ledger(database)
    await journal.meet(1, "Анна", None, "ru")
    job_id = await journal.accept(HEARD, WISH)
    assert await journal.accept(HEARD, WISH) == job_id
    other = await journal.accept(replace(HEARD, update_id=11), WISH)
    assert await ledger.ahead(other) == 1

    assert await ledger.start_drawing(job_id)
    assert await ledger.start_drawing(job_id)  # again after a crash
    assert await ledger.keep_pictures(job_id, [("a" * 64, PICTURE), ("b" * 64, PICTURE)])
    assert not await ledger.keep_pictures(job_id, [("a" * 64, PICTURE)])
    assert not await ledger.start_drawing(job_id)
    assert await ledger.ahead(other) == 0
    assert await ledger.start_sending(job_id)
    assert not await ledger.cancelled(job_id)
    drawn = await ledger.pictures(job_id)
    await ledger.delivered(job_id, [(picture, Sent(90 + picture.position, "file")) for picture in drawn])
    assert not await ledger.failed(job_id, "crashed")
    job = await ledger.job(job_id)
    assert job is not None
    assert job.state is State.DELIVERED
    assert [picture.telegram_id for picture in await ledger.pictures(job_id)] == [90, 91]

    assert await ledger.cancelled(other)
    assert not await ledger.start_drawing(other)
    assert await ledger.live_jobs(1) == []


async def test_photos_wait_for_the_next_words_only(database: Database) -> None:
    journal = Journal(database)
    await journal.meet(1, "Анна", None, "ru")
    first, second = (
        replace(HEARD, update_id=number, text=None, kind="photo", photo=str(number) * 32, album="7")
        for number in (20, 21)
    )
    await journal.hear(HEARD)
    await journal.hear(first)
    await journal.hear(second)
    assert [part.photo for part in await journal.album(second)] == ["20" * 32, "21" * 32]
    quarter = timedelta(minutes=15)
    assert await journal.waiting_photos(replace(HEARD, user_id=1, update_id=22), quarter) == (
        "20" * 32,
        "21" * 32,
    )
    assert await journal.waiting_photos(replace(HEARD, user_id=1, update_id=22), timedelta(0)) == ()
    assert await journal.waiting_photos(replace(HEARD, user_id=2, update_id=22), quarter) == ()
    await journal.accept(replace(second, text="юбка"), WISH)
    await journal.hear(second)  # a wish took it, with words or without
    assert await journal.waiting_photos(replace(HEARD, user_id=1, update_id=22), quarter) == ()
    await journal.hear(replace(HEARD, update_id=22))
    assert await journal.waiting_photos(replace(HEARD, user_id=1, update_id=23), quarter) == ()


async def test_the_shelf_keeps_content_once_and_takes_no_paths(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ".png")
    name = await shelf.put(b"picture")
    assert await shelf.put(b"picture") == name
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")] == [
        f"{name[:2]}/{name[2:4]}/{name}.png"
    ]
    assert await shelf.get(name) == b"picture"
    await shelf.remove(name)
    await shelf.remove(name)
    with pytest.raises(FileNotFoundError):
        await shelf.get(name)
    for bad in ("../secret", "", "A" * 64, "a" * 63):
        with pytest.raises(ValueError, match="SHA-256"):
            shelf.name(bad)


async def test_a_database_of_the_first_version_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite3"
    database = Database(f"sqlite+aiosqlite:///{file}")
    try:
        await database.migrate("0001")
        async with database.writing() as connection:
            for statement in (
                "INSERT INTO users (id, first_name, language, created_at, seen_at)"
                " VALUES (1, 'Анна', 'ru', :t, :t)",
                "INSERT INTO messages (id, user_id, chat_id, telegram_id, direction, kind, created_at)"
                " VALUES (1, 1, 1, 5, 'in', 'text', :t)",
                "INSERT INTO jobs (id, update_id, message_id, user_id, chat_id, reply_to, language, prompt,"
                " photos, count, seed, state, created_at)"
                " VALUES (1, 10, 1, 1, 1, 5, 'ru', 'джинсы', '[]', 2, 7, 'delivered', :t)",
                "INSERT INTO pictures (id, job_id, position, sha256, seed, size, seconds, model, prompt,"
                " created_at)"
                f" VALUES (1, 1, 0, '{'a' * 64}', 7, 64, 1, 'painter', 'джинсы', :t)",
            ):
                await connection.execute(sa.text(statement), {"t": "2026-01-01 00:00:00.000000"})
        await database.migrate()
        job = await Ledger(database).job(1)
        assert job is not None
        assert (job.prompt, job.photos, job.garment, job.parent_id) == ("джинсы", (), None, None)
        assert [picture.sha256 for picture in await Ledger(database).pictures(1)] == ["a" * 64]
        await database.migrate("0001")
        await database.migrate()
    finally:
        await database.close()
