"""Telegram's limits hold in every second and minute, by a clock that flies."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.sender.turnstile import Rank, Turnstile


class FlyingLoop(asyncio.SelectorEventLoop):
    """Nobody waits: when there is nothing to do, its clock jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        select = self._selector.select

        def jump(timeout: float | None = None) -> Any:
            assert timeout is not None, "everybody waits for ever"
            self.now += timeout
            return select(0)

        self._selector.select = jump

    def time(self) -> float:
        return self.now


def fly(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=FlyingLoop) as runner:
        return runner.run(work)


def _pass(calls: list[tuple[int, int, Rank]]) -> list[tuple[float, int, int, Rank]]:
    """When each (chat, cost, rank) went through; all stand in line at once."""

    async def stand() -> list[tuple[float, int, int, Rank]]:
        turnstile = Turnstile()
        passed: list[tuple[float, int, int, Rank]] = []

        async def call(chat: int, cost: int, rank: Rank) -> None:
            await turnstile.enter(chat, cost, rank)
            passed.append((asyncio.get_running_loop().time(), chat, cost, rank))

        await asyncio.gather(*(call(*one) for one in calls))
        return passed

    return fly(stand())


def _most(passed: list[tuple[float, int]], seconds: float) -> int:
    """The most that went through within any span of so many seconds."""
    return max(sum(cost for at, cost in passed if start <= at < start + seconds) for start, _ in passed)


def test_thirty_a_second_are_never_exceeded_and_nearly_reached() -> None:
    passed = _pass([(number, 1, Rank.ANSWER) for number in range(300)])
    times = [(at, cost) for at, _, cost, _ in passed]
    assert _most(times, 0.999) <= 30
    assert 295 / 25 - 0.1 <= times[-1][0] <= 295 / 25 + 0.1


def test_a_chat_gets_one_a_second_after_a_short_burst() -> None:
    passed = _pass([(7, 1, Rank.ANSWER)] * 20 + [(8, 1, Rank.ANSWER)])
    assert next(place for place, one in enumerate(passed) if one[1] == 8) <= 5
    assert passed[-1][0] >= 14.9


def test_a_group_gets_twenty_a_minute() -> None:
    passed = _pass([(-100, 1, Rank.ANSWER)] * 45)
    assert _most([(at, cost) for at, _, cost, _ in passed], 59.99) <= 20


def test_an_album_counts_as_many_times_as_it_has_pictures() -> None:
    passed = _pass([(number, 5, Rank.ANSWER) for number in range(60)])
    assert passed[-1][0] >= (300 - 10) / 25


def test_answers_overtake_edits_and_edits_broadcasts() -> None:
    ranks = [Rank.BROADCAST] * 40 + [Rank.EDIT] * 40 + [Rank.ANSWER] * 40
    passed = _pass([(number, 1, rank) for number, rank in enumerate(ranks)])
    order = [rank for _, _, _, rank in passed]
    early = [rank for at, _, _, rank in passed if at == 0]
    assert early.count(Rank.BROADCAST) <= 3  # they came first, and left room
    later = order[len(early) :]
    assert later == sorted(later)


async def test_within_a_chat_it_is_first_come_first_served() -> None:
    turnstile = Turnstile(100.0)
    order: list[int] = []

    async def call(number: int) -> None:
        await turnstile.enter(1)
        order.append(number)

    await asyncio.gather(*(call(number) for number in range(30)))
    assert order == list(range(30))


async def test_a_pause_holds_for_all_and_whoever_leaves_the_line_holds_up_nobody() -> None:
    turnstile = Turnstile(0.001)
    await turnstile.enter(1, 5)
    impatient = [asyncio.ensure_future(turnstile.enter(1)) for _ in range(3)]
    await asyncio.sleep(0)
    assert turnstile.waiting[Rank.ANSWER] == 3
    for task in impatient[::-1]:
        task.cancel()
    await asyncio.gather(*impatient, return_exceptions=True)
    assert turnstile.waiting[Rank.ANSWER] == 0

    free = Turnstile(float("inf"))
    free.pause(0.2)
    began = asyncio.get_running_loop().time()
    await free.enter(None, 0)
    await free.enter(5)
    assert asyncio.get_running_loop().time() - began >= 0.199
