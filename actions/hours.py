"""The part of deescalation.yml about when somebody is there: its schema, and how long it is until then."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from actions.rules import Rules

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]|24):([0-5]\d)")
_MIDNIGHT: Final = 24 * 60
# Days that are looked through for an end of a time of at most a week, in the shortest of weeks and with many holidays.
_FAR: Final = 40_000

ALWAYS: Final = "always"
CLOSED: Final = "closed"


class Span(Rules):
    """One stretch of a day in minutes since its midnight, the end not included."""

    start: int
    end: int


def _spans(value: Any) -> Any:
    """Read `09:00-18:00`, several of them separated by commas, or `closed`; raises ValueError that says which is wrong."""
    if value == CLOSED:
        return ()
    if not isinstance(value, str):
        raise ValueError('is not "09:00-18:00", "09:00-13:00, 16:00-20:00" or closed')  # noqa: TRY004  pydantic reports ValueError
    spans: list[Span] = []
    for part in value.split(","):
        if not (found := _SPAN.fullmatch(part.strip())):
            raise ValueError(f'"{part.strip()}" is not hours such as "09:00-18:00" or closed')
        from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
        span = Span(start=from_hour * 60 + from_minute, end=to_hour * 60 + to_minute)
        if span.end > _MIDNIGHT:
            raise ValueError(f'"{part.strip()}": a day ends at 24:00')
        if span.end <= span.start:
            raise ValueError(f'"{part.strip()}" ends before it begins; what goes past midnight belongs to two days')
        if spans and span.start < spans[-1].end:
            raise ValueError(f'"{part.strip()}" begins before the hours in front of it end')
        spans.append(span)
    return tuple(spans)


Day = Annotated[tuple[Span, ...], BeforeValidator(_spans)]


class Week(Rules):
    """The hours of each day of a week; empty where it is closed."""

    mon: Day
    tue: Day
    wed: Day
    thu: Day
    fri: Day
    sat: Day
    sun: Day

    @model_validator(mode="before")
    @classmethod
    def _always(cls, value: Any) -> Any:
        if value == ALWAYS:
            return dict.fromkeys(_DAYS, "00:00-24:00")
        if isinstance(value, str):
            raise ValueError("is not `always`, nor has it the hours of each day")  # noqa: TRY004  pydantic reports ValueError
        return value

    @model_validator(mode="after")
    def _open_at_all(self) -> Self:
        if not any(self.of(day) for day in range(len(_DAYS))):
            raise ValueError("is closed on every day; somebody has to be there at some time")
        return self

    def of(self, weekday: int) -> tuple[Span, ...]:
        """Return the hours of a day, Monday 0."""
        spans: tuple[Span, ...] = getattr(self, _DAYS[weekday])
        return spans


def _named(value: Any) -> Any:
    """Read holidays as a list of days, or as days with names."""
    return dict.fromkeys(value, "") if isinstance(value, list) else value


class Hours(Rules):
    """When somebody is there to answer: a clock, a week, and days on which nobody is, with their names where they have any."""

    zone: ZoneInfo
    open: Week
    holidays: Annotated[dict[date, str], BeforeValidator(_named)] = Field(default_factory=dict)

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield from when to when the shop is open on a day, in UTC: clocks may be put forward or back in between."""
        if day in self.holidays:
            return
        for span in self.open.of(day.weekday()):
            start, end = self._moment(day, span.start), self._moment(day, span.end)
            if start < end:  # not where all of it is in the hour that spring leaves out
                yield start, end

    def _moment(self, day: date, minute: int) -> datetime:
        ahead, rest = divmod(minute, _MIDNIGHT)
        local = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=self.zone)
        if ahead:
            next_day = day + timedelta(days=1)
            local = local.replace(year=next_day.year, month=next_day.month, day=next_day.day)
        return local.astimezone(UTC)


def minutes_until_open(hours: Hours, now: datetime) -> int:
    """Return how many minutes it takes until somebody is there, begun ones counted; 0 when somebody is."""
    today = now.astimezone(hours.zone).date()
    # Even if every holiday fell on the one open day of its week, today's hours are over, and another week is to come.
    for ahead in range((len(hours.holidays) + 3) * len(_DAYS)):
        for start, end in hours.on(today + timedelta(days=ahead)):
            if now < end:
                return max(0, math.ceil((start - now) / timedelta(minutes=1)))
    raise AssertionError("a week has an open day")


def open_time(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """Return for how long somebody was there between two moments."""
    total = timedelta(0)
    day, last = since.astimezone(hours.zone).date(), until.astimezone(hours.zone).date()
    while day <= last:
        for start, end in hours.on(day):
            total += max(timedelta(0), min(end, until) - max(start, since))
        day += timedelta(days=1)
    return total


def after_open_time(hours: Hours, start: datetime, span: timedelta) -> datetime:
    """Return when somebody will have been there for `span` since a moment."""
    day, left = start.astimezone(hours.zone).date(), span
    for _ in range(_FAR):
        for opens, closes in hours.on(day):
            begins = max(opens, start)
            if begins < closes:
                if begins + left <= closes:
                    return (begins + left).astimezone(UTC)
                left -= closes - begins
        day += timedelta(days=1)
    raise AssertionError("a week has an open day")
