"""Recipients are fixed when a broadcast begins, claimed one by one, and taken up again after a crash."""

from __future__ import annotations

from datetime import timedelta

from bot.store.archive import Archive
from bot.store.campaigns import MAX_ATTEMPTS, Campaigns, Fate, Stage
from bot.store.database import Database
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.tables import now


async def test_from_frozen_to_done(database: Database) -> None:
    campaigns, journal = Campaigns(database), Journal(database)
    for user in range(1, 7):
        await journal.meet(user, "N", None, "ru" if user % 2 else "en")
    await Ledger(database).user_blocked(2)
    one = await campaigns.draft(1)
    assert (await campaigns.draft(1)).id == one.id
    await campaigns.opt(one.id, 3, True)
    assert await campaigns.audience() == {"ru": 2, "en": 2}
    assert not await campaigns.launch(one.id)
    assert await campaigns.advance(one.id, [Stage.DRAFT], Stage.SCHEDULED)
    assert await campaigns.launch(one.id)
    assert not await campaigns.launch(one.id)
    await journal.meet(7, "late", None, "ru")
    assert (await campaigns.count(one.id)).fates == {Fate.PENDING: 4}

    day = now() - timedelta(hours=1)
    first = await campaigns.next(one.id, day)
    assert first is not None and (first.user_id, first.language, first.attempts) == (1, "ru", 1)
    await campaigns.recover()  # the process died with it on its way
    again = await campaigns.next(one.id, day)
    assert again is not None and (again.user_id, again.attempts) == (1, 2)
    await campaigns.opt(one.id, 4, True)  # said no after the list was fixed
    fifth = await campaigns.next(one.id, day, (again, Fate.SENT, 77))
    assert fifth is not None and fifth.user_id == 5

    exported = await Archive(database).export(1)
    assert [row["state"] for row in exported["trends"]] == ["sent"]
    await Archive(database).forget(6)  # whoever is forgotten is no recipient either
    assert await campaigns.advance(one.id, [Stage.RUNNING], Stage.PAUSED)
    assert await campaigns.next(one.id, day, (fifth, Fate.SENT, 78)) is None
    assert (await campaigns.count(one.id)).fates == {Fate.SENT: 2, Fate.SKIPPED: 1}


async def test_what_never_arrives_is_given_up(database: Database) -> None:
    campaigns = Campaigns(database)
    await Journal(database).meet(1, "N", None, "ru")
    one = await campaigns.draft(1)
    await campaigns.advance(one.id, [Stage.DRAFT], Stage.SCHEDULED)
    await campaigns.launch(one.id)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = await campaigns.next(one.id, now())
        assert claimed is not None and claimed.attempts == attempt
        await campaigns.recover()
    assert await campaigns.next(one.id, now()) is None
    assert (await campaigns.count(one.id)).fates == {Fate.FAILED: 1}
