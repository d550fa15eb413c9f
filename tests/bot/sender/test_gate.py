"""The gate over HTTP: repeats without duplicates, pauses for all, and an end where there is no use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNetworkError

from bot.playground.faults import Fault
from bot.playground.pace import Pace
from bot.playground.person import Person
from bot.playground.server import TOKEN, TelegramServer
from bot.sender import gate
from bot.sender.gate import Gone, broadcasting, gate_of
from bot.telegram import open_bot


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def bot(telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setattr(gate, "FIRST_PAUSE", 0.02)
    async with open_bot(TOKEN, telegram.url, rate=0) as opened:
        yield opened


@pytest.fixture
def anna(telegram: TelegramServer) -> Person:
    return telegram.world.person(1)


async def test_429_pauses_every_chat_and_is_repeated(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    telegram.world.person(2)
    telegram.fail("sendMessage", retry_after=1)
    first = asyncio.ensure_future(bot.send_message(1, "one"))
    await telegram.world.until(lambda: telegram.called("sendMessage"))
    await asyncio.sleep(0.2)
    await asyncio.gather(first, bot.send_message(2, "two"), bot.get_me())
    refused, *others = (call.at for call in telegram.world.calls)
    assert len(others) == 3
    assert min(others) - refused >= 0.99
    assert anna.texts == ["one"]


async def test_errors_of_the_server_are_repeated_and_nothing_comes_twice(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    telegram.faults.add(Fault(code=500, description="Internal Server Error", every=2))
    for number in range(10):
        await bot.send_message(1, f"message {number}")
    assert anna.texts == [f"message {number}" for number in range(10)]


async def test_a_lost_connection_repeats_an_edit_but_no_message(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    message = await bot.send_message(1, "one")
    telegram.faults.add(Fault("deleteMessage", offline=True, times=2))
    assert await bot.delete_message(1, message.message_id)
    assert len(telegram.called("deleteMessage")) == 3
    telegram.faults.add(Fault("sendMessage", offline=True, times=1))
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(1, "two")
    assert len(telegram.called("sendMessage")) == 2


async def test_a_message_is_repeated_when_telegram_was_never_reached(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FIRST_PAUSE", 0.2)
    async with open_bot(TOKEN, f"http://127.0.0.1:{unused_tcp_port}", rate=0) as bot:
        sending = asyncio.ensure_future(bot.send_message(1, "late"))
        await asyncio.sleep(0.1)
        async with TelegramServer(port=unused_tcp_port) as telegram:
            anna = telegram.world.person(1)
            await sending
            assert anna.texts == ["late"]


async def test_400_is_final_and_its_log_line_quotes_nobody(
    telegram: TelegramServer, bot: Bot, anna: Person
) -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(TelegramBadRequest):
        await bot.send_message(1, "<secret>words</secret>")
    assert len(telegram.called("sendMessage")) == 1
    [line] = lines
    assert "can't parse entities" in line["reason"]
    assert "secret" not in str(line)


async def test_403_marks_the_user_and_is_final(telegram: TelegramServer, bot: Bot, anna: Person) -> None:
    gone: list[int] = []

    async def mark(user_id: int) -> None:
        gone.append(user_id)

    bot.session.middleware(Gone(mark))
    anna.blocked = True
    group = telegram.world.group("Подруги", telegram.world.person(2))
    group.blocked = True
    for chat in (1, group.id):
        with pytest.raises(TelegramForbiddenError):
            await bot.send_message(chat, "hello")
    assert gone == [1]
    assert len(telegram.called("sendMessage")) == 2


async def test_a_strict_telegram_never_says_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the server's own limits (scaled): a broadcast, albums and a talkative chat at once."""
    factor = 40.0
    async with TelegramServer(pace=Pace(factor)) as telegram, open_bot(TOKEN, telegram.url, factor) as bot:
        ended: list[str] = []
        gate_of(bot).seen = lambda method, outcome: ended.append(outcome)
        people = [telegram.world.person(number) for number in range(1, 61)]
        group = telegram.world.group("Подруги", people[0])

        async def broadcast() -> None:
            with broadcasting():
                for person in people:
                    await bot.send_message(person.id, "trend")

        async def talk() -> None:
            for number in range(30):
                await bot.send_message(1, f"answer {number}")
                await bot.send_message(group.id, f"answer {number}")

        await asyncio.gather(broadcast(), talk())
        assert set(ended) == {"ok"}
        assert len(telegram.called("sendMessage")) == 120


async def test_an_answer_does_not_wait_for_a_broadcast(telegram: TelegramServer) -> None:
    async with open_bot(TOKEN, telegram.url, rate=0.2) as bot:  # five a second in all
        people = [telegram.world.person(number) for number in range(1, 31)]

        async def send(person: Person) -> None:
            with broadcasting():
                await bot.send_message(person.id, "trend")

        rest = [asyncio.ensure_future(send(person)) for person in people]
        await telegram.world.until(lambda: people[0].texts)
        await bot.send_message(30, "answer")
        assert sum("trend" in person.texts for person in people) <= 6
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def test_what_is_no_message_is_not_throttled(telegram: TelegramServer, anna: Person) -> None:
    async with open_bot(TOKEN, telegram.url, rate=0.0001) as bot:
        await bot.send_message(1, "one")
        async with asyncio.timeout(20):
            for _ in range(20):
                await bot.send_chat_action(1, "typing")
                await bot.get_me()
