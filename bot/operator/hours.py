"""Time as an operator means it: «28.11 12:00», a zone, quiet hours, where a day begins. Knows no table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FORM = re.compile(
    r"(?:(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)|(?P<d>\d\d?)\.(?P<m>\d\d?)(?:\.(?P<y>\d{4}))?)\s+)?"
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?:\s+(?P<zone>[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*))?"
)


class NotATime(ValueError):
    """The words name no moment that is still to come, or an unknown zone."""


@dataclass(frozen=True, slots=True)
class Hours:
    """zone: the operators'. quiet: from this hour to that one nothing is broadcast; the same twice: never."""

    zone: ZoneInfo
    quiet: tuple[int, int] = (22, 9)

    def is_quiet(self, now: datetime) -> bool:
        begin, end = self.quiet
        hour = now.astimezone(self.zone).hour
        return begin <= hour < end if begin <= end else hour >= begin or hour < end

    def day(self, now: datetime) -> datetime:
        """When the day of `now` began."""
        return now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def quiet_until(self, now: datetime) -> datetime:
        """When the quiet hours that hold at `now` end."""
        end = now.astimezone(self.zone).replace(hour=self.quiet[1], minute=0, second=0, microsecond=0)
        return end if end > now else end + timedelta(days=1)

    def read(self, words: str, now: datetime) -> tuple[datetime, str]:
        """The moment and its zone; without a date the next such time of day. Raises NotATime."""
        found = _FORM.fullmatch(words.strip())
        if found is None:
            raise NotATime
        part = found.groupdict()
        try:
            zone = ZoneInfo(part["zone"]) if part["zone"] else self.zone
            here = now.astimezone(zone)
            dated = part["day"] or part["d"]
            moment = datetime(
                int(part["year"] or part["y"] or here.year),
                int(part["month"] or part["m"] or here.month),
                int(dated or here.day),
                int(part["hour"]),
                int(part["minute"]),
                tzinfo=zone,
            )
            if moment <= now and not dated:
                moment += timedelta(days=1)
            elif moment <= now and part["d"] and not part["y"] and now - moment > timedelta(days=180):
                moment = moment.replace(year=here.year + 1)
        except (ValueError, ZoneInfoNotFoundError):
            raise NotATime from None
        if moment <= now:
            raise NotATime
        return moment.astimezone(UTC), str(zone)
