"""The job engine by itself: DBOS on a real file, a painter, and a courier that keeps what it is given."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.jobs import mending, work, workflows
from bot.jobs.desk import Desk
from bot.jobs.engine import ALONE, DbosJobs, Role
from bot.jobs.port import CRASHED, UNAVAILABLE, Drawn, Job, Sent, Snapshot, State
from bot.jobs.pulse import Pulse
from bot.jobs.work import Work
from bot.log import Calm
from bot.store.archive import Archive
from bot.store.database import Database
from bot.store.files import Shelf
from bot.store.journal import Heard, Journal, Wish
from bot.store.ledger import Ledger
from generation.request import OnProgress, Picture, Request
from tests.bot.painter import Painter


class Doormat:
    """A courier that leaves everything where the test finds it."""

    def __init__(self) -> None:
        self.brought: list[int] = []
        self.offered: list[int] = []
        self.apologies: list[tuple[int, str | None]] = []

    async def bring(self, job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
        self.brought.append(job.user_id)
        return [Sent(100 + picture.id, f"file-{picture.id}") for picture in pictures]

    async def offer(self, job: Job, pictures: Sequence[Drawn]) -> int | None:
        self.offered.append(job.user_id)
        return pictures[0].telegram_id

    async def apologise(self, job: Job) -> None:
        self.apologies.append((job.user_id, job.problem))

    async def tidy(self, job: Job) -> None:
        """There is no status message."""


class Office:
    """Desk, engine and courier around one painter."""

    def __init__(self, database: Database, folder: Path, painter: Painter, role: Role = ALONE) -> None:
        pulse = Pulse()
        self.journal = Journal(database)
        self.ledger = Ledger(database)
        self.courier = Doormat()
        self.work = work = Work(
            self.ledger,
            painter,
            self.courier,
            pulse,
            pictures=Shelf(folder / "pictures", ".png"),
            photos=Shelf(folder / "photos", ".png"),
            archive=Archive(database),
        )
        self.jobs = DbosJobs(folder / "jobs.sqlite3", work, self.ledger, pulse, role)
        self.desk = Desk(self.journal, self.ledger, self.jobs)
        self._update = 0

    async def wish(self, user_id: int, prompt: str, *, chat: int | None = None, submit: bool = True) -> int:
        self._update += 1
        await self.journal.meet(user_id, "Анна", None, "ru")
        heard = Heard(self._update, user_id, chat or user_id, self._update, "text", prompt)
        wish = Wish(prompt, (), 1, 7, "ru")
        if not submit:
            return await self.journal.accept(heard, wish)
        job, _ = await self.desk.accept(heard, wish)
        return job.id

    async def end(self, job_id: int) -> list[Snapshot]:
        async with asyncio.timeout(60):
            return [snapshot async for snapshot in self.jobs.subscribe(job_id)]


class Dawdler(Painter):
    """Ends no drawing before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = asyncio.Event()

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        await self.begin.wait()
        return await super().draw(request, on_progress)


@asynccontextmanager
async def _office(
    database: Database, folder: Path, painter: Painter, role: Role = ALONE
) -> AsyncIterator[Office]:
    office = Office(database, folder, painter, role)
    await office.jobs.start()
    try:
        yield office
    finally:
        await office.jobs.stop()


async def test_a_job_is_watched_to_its_end(database: Database, tmp_path: Path) -> None:
    async with _office(database, tmp_path, Painter(pause=0.05)) as office:
        job_id = await office.wish(1, "джинсы")
        seen = await office.end(job_id)
        assert [seen[0].state, seen[-1].state] == [State.QUEUED, State.DELIVERED]
        assert any(snapshot.progress is not None for snapshot in seen)
        assert await office.jobs.status(404) is None
        empty = await office.wish(1, "\u200b")
        await office.end(empty)
        await asyncio.sleep(1.0)
        assert office.courier.apologies == [(1, "empty_prompt")]
    assert office.courier.brought == office.courier.offered == [1]


async def test_what_two_machines_draw_is_kept_once(database: Database, tmp_path: Path) -> None:
    office = Office(database, tmp_path, Painter(pause=0.01))
    job_id = await office.wish(1, "джинсы", submit=False)
    states = await asyncio.gather(office.work.draw(job_id), office.work.draw(job_id))
    assert states == [State.DRAWN, State.DRAWN]  # whichever was later, the job goes on to be brought
    [picture] = await office.ledger.pictures(job_id)
    assert await Shelf(tmp_path / "pictures", ".png").has(picture.sha256)


async def test_one_users_many_wishes_do_not_delay_anothers_first(database: Database, tmp_path: Path) -> None:
    painter = Dawdler()
    # one at a time: of two that are taken up together either may be the first
    role = Role("bot", draws=True, brings=True, at_once=1)
    async with _office(database, tmp_path, painter, role) as office:
        wishes = [await office.wish(1, f"платье {number}") for number in range(5)]
        wishes.append(await office.wish(2, "джинсы"))
        painter.begin.set()
        for job_id in wishes:
            await office.end(job_id)
    assert sorted(office.courier.brought) == [1, 1, 1, 1, 1, 2]
    # whatever was begun before it came, and then this
    assert [request.prompt for request in painter.requests].index("джинсы") <= 1


async def test_what_was_accepted_and_not_submitted_is_found_at_the_start(
    database: Database, tmp_path: Path
) -> None:
    office = Office(database, tmp_path, Painter())
    job_id = await office.wish(1, "джинсы", submit=False)
    await office.jobs.start()
    try:
        assert (await office.end(job_id))[-1].state is State.DELIVERED
    finally:
        await office.jobs.stop()


async def test_a_stopped_engine_leaves_its_work_to_the_next(database: Database, tmp_path: Path) -> None:
    slow = Painter(pause=60)
    async with _office(database, tmp_path, slow) as office:
        job_id = await office.wish(1, "джинсы")
        async for snapshot in office.jobs.subscribe(job_id):
            if snapshot.state is State.DRAWING and slow.requests:
                break
    assert slow.stopped == 1
    async with _office(database, tmp_path, Painter()) as office:
        assert (await office.end(job_id))[-1].state is State.DELIVERED
        assert office.courier.brought == [1]


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(mending, "EVERY_SECONDS", 0.2)


@pytest.mark.usefixtures("_hurried")
async def test_what_a_full_disk_threw_out_begins_anew_until_it_is_drawn(
    database: Database, tmp_path: Path
) -> None:
    painter = Painter()

    def full(request: Request) -> None:
        if len(painter.requests) <= 15:  # three attempts each time, and more often than a job may crash
            raise OSError(errno.ENOSPC, "No space left on device")

    painter.before = full
    async with _office(database, tmp_path, painter) as office:
        job_id = await office.wish(1, "джинсы")
        assert (await office.end(job_id))[-1].state is State.DELIVERED
    assert office.courier.brought == [1]
    assert not office.courier.apologies


@pytest.mark.usefixtures("_hurried")
async def test_a_workflow_that_fails_again_and_again_ends_with_a_word_to_the_owner(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = Painter()
    failures = 0

    def broken(request: Request) -> None:
        raise RuntimeError("of the studio")

    painter.before = broken
    office = Office(database, tmp_path, painter)
    give_up = office.work.give_up

    async def not_written(job_id: int, problem: str) -> None:
        nonlocal failures
        failures += 1
        if problem != CRASHED:
            raise RuntimeError("of the ledger")
        await give_up(job_id, problem)

    monkeypatch.setattr(office.work, "give_up", not_written)
    await office.jobs.start()
    try:
        job_id = await office.wish(1, "джинсы")
        assert (await office.end(job_id))[-1].state is State.FAILED
        await asyncio.sleep(1.5)  # by now it would have begun once more
    finally:
        await office.jobs.stop()
    assert office.courier.apologies == [(1, CRASHED)]
    assert failures == 1 + workflows.MAX_RECOVERIES + 1


async def test_a_drawing_that_is_stopped_is_no_crash_in_the_log(database: Database, tmp_path: Path) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger, calm = logging.getLogger("dbos"), Calm()
    logger.addFilter(calm)
    logger.addHandler(handler)
    painter = Painter(pause=0.5)
    try:
        async with _office(database, tmp_path, painter) as office:
            job_id = await office.wish(1, "джинсы")
            async for snapshot in office.jobs.subscribe(job_id):
                if snapshot.state is State.DRAWING and painter.requests:
                    break
            job = await office.ledger.job(job_id)
            assert job is not None and await office.jobs.cancel(job)
            async with asyncio.timeout(30):
                while not records:  # noqa: ASYNC110 - DBOS sets no event
                    await asyncio.sleep(0.1)
    finally:
        logger.removeHandler(handler)
        logger.removeFilter(calm)
    assert painter.stopped == 1
    assert [(record.levelname, record.exc_info) for record in records] == [("INFO", None)]
    assert records[0].getMessage().startswith("workflow stopped")


@pytest.mark.usefixtures("_hurried")
async def test_a_studio_that_stumbles_is_asked_three_times(database: Database, tmp_path: Path) -> None:
    painter = Painter()

    def stumbling(request: Request) -> None:
        attempts = [asked.prompt for asked in painter.requests].count(request.prompt)
        if attempts <= (2 if request.prompt == "джинсы" else 3):
            raise RuntimeError("out of memory")

    painter.before = stumbling
    async with _office(database, tmp_path, painter) as office:
        mended, lost = await office.wish(1, "джинсы"), await office.wish(2, "платье")
        assert (await office.end(mended))[-1].state is State.DELIVERED
        assert (await office.end(lost))[-1].state is State.FAILED
        async with asyncio.timeout(30):
            while not office.courier.apologies:  # noqa: ASYNC110 - the courier sets no event
                await asyncio.sleep(0.05)
    assert office.courier.brought == [1]
    assert office.courier.apologies == [(2, UNAVAILABLE)]
    assert len(painter.requests) == 6


async def test_what_is_drawn_can_be_stopped_until_it_is_being_sent(
    database: Database, tmp_path: Path
) -> None:
    async with _office(database, tmp_path, Painter()) as office:
        at_the_door, open_door = asyncio.Event(), asyncio.Event()
        bring = office.courier.bring

        async def slowly(job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
            at_the_door.set()
            await open_door.wait()
            return await bring(job, pictures)

        office.courier.bring = slowly  # type: ignore[method-assign]
        early = await office.wish(1, "джинсы", submit=False)
        assert await office.work.draw(early) == State.DRAWN
        drawn = await office.ledger.job(early)
        assert drawn is not None and await office.jobs.cancel(drawn)
        await office.work.bring(early)

        late = await office.wish(2, "платье")
        async with asyncio.timeout(30):
            await at_the_door.wait()
        sending = await office.ledger.job(late)
        assert sending is not None and not await office.jobs.cancel(sending)
        open_door.set()
        assert (await office.end(late))[-1].state is State.DELIVERED
    assert office.courier.brought == [2]


class Porter(Doormat):
    """A courier that notes which jobs came, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[int] = []

    async def bring(self, job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
        self.jobs.append(job.id)
        return await super().bring(job, pictures)


async def test_what_is_drawn_together_comes_in_the_order_of_the_wishes(
    database: Database, tmp_path: Path
) -> None:
    office = Office(database, tmp_path, Painter(pause=0.01))
    office.work._courier = courier = Porter()
    first, second = [await office.wish(1, text, submit=False) for text in ("джинсы", "пиджак")]
    await asyncio.gather(office.work.draw(first), office.work.draw(second))
    later = asyncio.create_task(office.work.bring(second))
    await asyncio.sleep(0.3)
    assert courier.jobs == []
    await office.work.bring(first)
    await later
    assert courier.jobs == [first, second]


async def test_pictures_wait_for_earlier_ones_that_are_nearly_drawn(
    database: Database, tmp_path: Path
) -> None:
    painter = Painter(pause=0.01)
    painter.held = lambda: True
    office = Office(database, tmp_path, painter)
    office.work._courier = courier = Porter()
    first, second = [await office.wish(1, text, submit=False) for text in ("джинсы", "пиджак")]
    drawing = asyncio.create_task(office.work.draw(first))
    async with asyncio.timeout(30):
        while (progress := office.jobs.progress(first)) is None or progress.share < 0.5:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    painter.held = lambda: False
    put = office.work._pictures.put

    async def slowly(picture: bytes) -> str:  # what is being kept is as good as drawn
        await asyncio.sleep(0.5)
        return await put(picture)

    office.work._pictures.put = slowly  # type: ignore[method-assign]
    await office.ledger.start_drawing(second)
    picture = (await painter.draw(Request("пиджак", seed=7)))[0]
    await office.ledger.keep_pictures(second, [(await put(picture.png), picture)])
    later = asyncio.create_task(office.work.bring(second))
    await drawing
    assert courier.jobs == []
    await office.work.bring(first)
    await later
    assert courier.jobs == [first, second]


async def test_what_has_just_begun_or_is_anothers_keeps_nobody_waiting(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "IN_TURN_SECONDS", 300.0)
    office = Office(database, tmp_path, Painter(pause=0.01))
    office.work._courier = courier = Porter()
    for user, chat in ((2, 1), (1, 7)):  # another's in this chat, and hers in a group
        await office.work.draw(
            await office.wish(user, "джинсы", chat=chat, submit=False)
        )  # and never brought
    waiting, mine, stuck, last = [await office.wish(1, text, submit=False) for text in ("a", "b", "c", "d")]
    await office.ledger.start_drawing(waiting)
    await office.work.draw(mine)
    async with asyncio.timeout(60):
        await office.work.bring(mine)
    for job_id in (stuck, last):
        await office.work.draw(job_id)
    monkeypatch.setattr(work, "IN_TURN_SECONDS", 0.5)
    await office.work.bring(last)  # not for ever
    assert courier.jobs == [mine, last]
