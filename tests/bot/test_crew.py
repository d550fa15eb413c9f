"""Workers as the database has them."""

from __future__ import annotations

import asyncio

from bot.jobs.presence import Heartbeat, Watch
from bot.jobs.pulse import Pulse
from bot.store.crew import Crew
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from generation.request import Progress
from tests.bot.test_store import HEARD, WISH


async def test_a_beat_tells_progress_and_hears_what_to_stop(database: Database) -> None:
    journal, ledger, crew = Journal(database), Ledger(database), Crew(database)
    await journal.meet(1, "Анна", None, "ru")
    job_id = await journal.accept(HEARD, WISH)
    await ledger.start_drawing(job_id)
    there, here = Pulse(), Pulse()
    at_once: list[int] = []
    heartbeat = Heartbeat(crew, there, "gpu-1", 4, "atelier")
    watch = Watch(crew, here, at_once.append)
    await watch.look()
    drawing = asyncio.create_task(asyncio.sleep(60))
    with there.drawing(job_id, drawing):
        there.report(job_id, Progress(3, 20))
        await heartbeat.beat()
        await watch.look()
        assert here.progress(job_id) == Progress(3, 20)
        assert not drawing.cancelling()
        await ledger.cancelled(job_id)
        await heartbeat.beat()
        assert drawing.cancelling()
    await heartbeat.beat()
    await watch.look()
    assert here.progress(job_id) is None
    assert at_once == [1, 4, 4]
    await crew.leave("gpu-1")
    assert await crew.all() == []


async def test_silence_is_measured_by_the_databases_clock(database: Database) -> None:
    crew = Crew(database)
    await crew.beat("gpu-1", "atelier", 4, {})
    [worker] = await crew.all()
    await asyncio.sleep(0.2)
    [later] = await crew.all()
    assert 0.1 < later.silent - worker.silent < 60
    await crew.forget_silent(3600)
    assert len(await crew.all()) == 1
    await crew.forget_silent(0.1)
    assert await crew.all() == []


async def test_lost_workers_are_counted_while_a_job_waits(database: Database) -> None:
    journal, ledger, crew = Journal(database), Ledger(database), Crew(database)
    await journal.meet(1, "Анна", None, "ru")
    job_id = await journal.accept(HEARD, WISH)
    assert await crew.taken_over(HEARD.update_id) == (job_id, 1)
    assert await crew.taken_over(HEARD.update_id) == (job_id, 2)
    await ledger.cancelled(job_id)
    assert await crew.taken_over(HEARD.update_id) is None
