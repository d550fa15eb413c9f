"""What nobody needs any more goes; what is shown, waited for or young stays."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.keeping import Keeping
from bot.store.archive import Archive
from bot.store.database import Database
from bot.store.files import Shelf
from bot.store.tables import now, updates
from tests.bot.painter import Painter
from tests.bot.test_jobs import _office


async def test_old_records_and_pictures_go(database: Database, tmp_path: Path) -> None:
    async with _office(database, tmp_path, Painter()) as office:
        shelf = Shelf(tmp_path / "pictures", ".png")
        keeping = Keeping(office.journal, Archive(database), shelf, office.jobs.purge, picture_days=30)
        job_id = await office.wish(1, "платье")
        await office.end(job_id)
        await office.journal.take_in([{"update_id": 1}, {"update_id": 2}])
        await office.journal.done(1)
        [picture] = await office.ledger.pictures(job_id)

        await keeping.tidy(now())
        assert await shelf.has(picture.sha256)
        assert await office.jobs.purge(now() - timedelta(days=1)) == 0

        await keeping.tidy(now() + timedelta(days=31))
        assert await office.ledger.pictures(job_id) == []
        assert not await shelf.has(picture.sha256)
        async with database.reading() as connection:
            assert list((await connection.execute(sa.select(updates.c.update_id))).scalars()) == [2]
        assert await office.jobs.purge(now() + timedelta(days=31)) <= 1  # the last step may just have ended


async def test_workflows_that_were_parked_go_as_well(database: Database, tmp_path: Path) -> None:
    async with _office(database, tmp_path, Painter()) as office:
        await office.end(await office.wish(1, "платье"))
    connection = sqlite3.connect(tmp_path / "jobs.sqlite3")
    with connection:
        parked = "UPDATE workflow_status SET status = 'MAX_RECOVERY_ATTEMPTS_EXCEEDED' WHERE name = 'draw'"
        assert connection.execute(parked).rowcount == 1
    connection.close()
    async with _office(database, tmp_path, Painter()) as office:
        assert await office.jobs.purge(now() + timedelta(days=1)) == 2, "the drawing and the bringing"
