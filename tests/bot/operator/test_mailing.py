"""When a broadcast goes out: at its time, in its zone, and never in quiet hours."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.i18n import open_catalogues
from bot.operator.card import Card
from bot.operator.hours import Hours
from bot.operator.mailing import Mailing
from bot.playground.server import TOKEN, TelegramServer
from bot.store.campaigns import Campaigns, Stage
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.people import People
from bot.telegram import open_bot

TEXT = "Деним!"


async def test_it_waits_for_its_time_and_for_the_end_of_quiet_hours(database: Database) -> None:
    hours = Hours(ZoneInfo("Europe/Moscow"), (22, 9))
    moment = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)  # 15:00 in Moscow, 22:00 in Vladivostok
    campaigns, people = Campaigns(database), People(database)
    async with TelegramServer() as telegram, open_bot(TOKEN, telegram.url, rate=0) as bot:
        readers = [telegram.world.person(number) for number in (1, 2)]
        for reader in readers:
            await Journal(database).meet(reader.id, "N", None, "ru")
        start, zone = hours.read("23:30 Asia/Vladivostok", moment)
        broadcast = await campaigns.draft(1)
        await campaigns.write(broadcast.id, texts={"ru": TEXT}, start_at=start, zone=zone)
        assert await campaigns.advance(broadcast.id, [Stage.DRAFT], Stage.SCHEDULED)
        card = Card(bot, open_catalogues("ru"), campaigns, people, hours)
        mailing = Mailing(campaigns, Ledger(database), card, hours, clock=lambda: moment)

        async def state() -> tuple[Stage, int]:
            mailing.stir()
            await asyncio.sleep(1.5)
            found = await campaigns.find(broadcast.id)
            assert found is not None
            return found.state, sum(reader.texts.count(TEXT) for reader in readers)

        mailing.start()
        try:
            assert await state() == (Stage.SCHEDULED, 0)
            moment = datetime(2027, 3, 1, 19, 30, tzinfo=UTC)  # its time has come, but it is 22:30 in Moscow
            assert await state() == (Stage.SCHEDULED, 0)
            moment = datetime(2027, 3, 2, 6, 0, tzinfo=UTC)  # nine o'clock
            assert await state() == (Stage.DONE, 2)
        finally:
            await mailing.stop()
