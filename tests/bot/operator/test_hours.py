"""What operators mean by a time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.operator.hours import Hours, NotATime

MOSCOW = Hours(ZoneInfo("Europe/Moscow"))
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("28.11 12:00", datetime(2026, 11, 28, 9, 0, tzinfo=UTC)),
        ("2026-12-01 08:30", datetime(2026, 12, 1, 5, 30, tzinfo=UTC)),
        ("18:00", datetime(2026, 11, 27, 15, 0, tzinfo=UTC)),
        ("9:00", datetime(2026, 11, 28, 6, 0, tzinfo=UTC)),
        ("12:00 Asia/Almaty", datetime(2026, 11, 28, 7, 0, tzinfo=UTC)),
        ("5.1 10:00", datetime(2027, 1, 5, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_read(words: str, moment: datetime) -> None:
    assert MOSCOW.read(words, NOW)[0] == moment


@pytest.mark.parametrize(
    "words", ["", "soon", "26.11 12:00", "31.2 12:00", "25:00", "12:00 Mars/Base", "1.1.2020 1:00"]
)
def test_no_time_to_come(words: str) -> None:
    with pytest.raises(NotATime):
        MOSCOW.read(words, NOW)


def test_quiet_hours_are_those_of_the_zone() -> None:
    assert MOSCOW.is_quiet(datetime(2026, 11, 27, 19, 0, tzinfo=UTC))
    assert not MOSCOW.is_quiet(NOW)
    assert MOSCOW.quiet_until(datetime(2026, 11, 27, 20, 0, tzinfo=UTC)) == datetime(
        2026, 11, 28, 6, tzinfo=UTC
    )
    assert not Hours(ZoneInfo("UTC"), (0, 0)).is_quiet(NOW)
    assert MOSCOW.day(datetime(2026, 11, 27, 22, 0, tzinfo=UTC)) == datetime(2026, 11, 27, 21, tzinfo=UTC)
