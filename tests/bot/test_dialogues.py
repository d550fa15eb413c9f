"""The same handlers before a second, independent judge of the Bot API's rules: teremok."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from aiogram.methods import SendMessage
from teremok import MockBot, MockMessagePhoto, MockMessageText, MockMessageVoice, MockUser

from bot.app import Memory
from bot.chat.board import Board
from bot.chat.courier import TelegramCourier
from bot.chat.eyes import Eyes
from bot.chat.routes import build_dispatcher
from bot.i18n import open_catalogues
from bot.jobs.desk import Desk
from bot.jobs.port import Job, Snapshot, State
from generation.request import Progress
from tests.bot.house import jpeg, settings
from tests.bot.painter import Painter


class Clipboard:
    """`Jobs` that only writes down what it is asked for."""

    def __init__(self) -> None:
        self.submitted: list[Job] = []
        self.cancelled: list[Job] = []

    at_once = 1

    async def submit(self, job: Job) -> None:
        self.submitted.append(job)

    async def cancel(self, job: Job) -> bool:
        self.cancelled.append(job)
        return True

    async def status(self, job_id: int) -> State | None:
        return State.QUEUED

    def progress(self, job_id: int) -> Progress | None:
        return None

    async def subscribe(self, job_id: int) -> AsyncIterator[Snapshot]:
        yield Snapshot(State.QUEUED)


async def test_a_dialogue_keeps_the_rules(tmp_path: Path) -> None:
    memory = Memory(settings(tmp_path))
    await memory.database.migrate()
    jobs = Clipboard()
    catalogues = open_catalogues()
    bot = MockBot()
    courier = TelegramCourier(bot, catalogues, memory.pictures, memory.journal)
    bot.dp = build_dispatcher(
        bot=bot,
        memory=memory,
        catalogues=catalogues,
        desk=Desk(memory.journal, memory.ledger, jobs),
        board=Board(bot, catalogues, memory.ledger, jobs),
        courier=courier,
        eyes=Eyes(bot, catalogues, Painter(), memory.photos),
    )
    bot.default.parse_mode = "HTML"
    bot.add_file("jacket", jpeg())
    anna = MockUser(7, first_name="<Анна> & Co", language_code="ru")
    boris = MockUser(8, first_name="Boris", language_code="en")
    try:
        for message in (
            MockMessageText("/start", anna),
            MockMessageText("/help", boris),
            MockMessageText("прямые <леопардовые> джинсы & всё", anna),
            MockMessagePhoto("jacket", "a blazer in the same style", boris),
            MockMessagePhoto("jacket", None, boris),
            MockMessageText("a striped dress", boris),
            MockMessageVoice(user=anna),
            MockMessageText("/cancel", boris),
            MockMessageText("/cancel", anna),
        ):
            assert (await bot.dispatch(message)).handled
    finally:
        await memory.database.close()
    said = [request.text for request in bot.requests.all if isinstance(request, SendMessage)]
    assert "&lt;Анна&gt; &amp; Co" in said[0]
    assert [job.prompt for job in jobs.submitted] == [
        "прямые <леопардовые> джинсы & всё",
        "a blazer in the same style",
        "a striped dress",
    ]
    assert [len(job.photos) for job in jobs.submitted] == [0, 1, 1]
    assert [job.language for job in jobs.submitted] == ["ru", "en", "en"]
    assert [job.user_id for job in jobs.cancelled] == [8, 8, 7]
    statuses = [request for request in bot.requests.all if getattr(request, "reply_parameters", None)]
    assert len(statuses) == 4
