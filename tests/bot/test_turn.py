"""Whose turn it is, by the numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from bot.jobs.port import EARLIER, LATER, State, turn
from bot.store.database import Database
from bot.store.journal import Full, Heard, Journal, Limits, Wish
from bot.store.ledger import Ledger
from bot.store.people import People

WISH = Wish(prompt="джинсы", photos=(), count=2, seed=7, language="ru")


def test_many_wishes_of_one_make_room_for_others_and_wait_not_for_ever() -> None:
    anna = [turn(number, number - 1, 0) for number in range(1, 51)]
    assert all(later - earlier == LATER + 1 for earlier, later in pairwise(anna))
    assert anna[0] < turn(51, 0, 0) < anna[1]
    assert anna[1] < turn(2 + LATER + 1, 0, 0)  # so many others have gone before her second


def test_priority_goes_before_whoever_came_not_much_earlier() -> None:
    assert turn(500, 0, 1) == 1
    assert turn(2_000, 0, 1) == 2_000 - EARLIER < turn(1_001, 0, 0)
    assert turn(2_000, 0, 1) > turn(2_000 - EARLIER - 1, 0, 0)


async def test_the_line_is_kept_in_turns_and_shown_so(database: Database) -> None:
    journal, ledger, people = Journal(database), Ledger(database), People(database)
    number = 0

    async def asks(user_id: int, limits: Limits = Limits()) -> int:  # noqa: B008
        nonlocal number
        number += 1
        await journal.meet(user_id, f"N{user_id}", None, "ru")
        heard = Heard(number, user_id, user_id, number, "text", "джинсы")
        return await journal.accept(heard, replace(WISH), limits)

    first, second, third = await asks(1), await asks(1), await asks(1)
    other = await asks(2)
    assert [await ledger.ahead(job) for job in (first, other, second, third)] == [0, 1, 2, 3]
    assert await ledger.start_drawing(second)  # out of its turn: what is drawn already comes before all
    assert [await ledger.ahead(job) for job in (second, first, other)] == [0, 1, 2]

    limits = Limits(queue=4)
    with pytest.raises(Full) as full:
        await asks(3, limits)
    assert full.value.waiting == 4
    assert await people.favour(3, True)
    paying = await asks(3, limits)
    job = await ledger.job(paying)
    assert job is not None and job.priority == 1
    assert await ledger.ahead(paying) <= 2
    assert await ledger.cancelled(first)
    assert (await ledger.job(await asks(4, limits))).state is State.QUEUED  # type: ignore[union-attr]
