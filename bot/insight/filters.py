"""Which conversations a page of figures is about, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bot.domain.figures import UNKNOWN_LANGUAGE, Selection

PRESETS: Final = (7, 30, 90)
LANGUAGES: Final = ("en", "ru", "zh", "el", UNKNOWN_LANGUAGE)
CHANNELS: Final = ("telegram", "whatsapp", "web")
_USUAL: Final = 30
_LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Filters:
    """Days by the shop's clock, the last included, a language and a channel. `preset` is the number of days up to today."""

    first: date
    last: date
    zone: ZoneInfo
    preset: int | None = None
    language: str | None = None
    channel: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Filters:
        """Read an address's query: `days`, else `from` and `to`. What makes no sense is left out; at most a year, up to today."""
        today = now.astimezone(zone).date()
        language, channel = query.get("language"), query.get("channel")
        whole = cls(
            today - timedelta(days=_USUAL - 1), today, zone, _USUAL,
            language if language in LANGUAGES else None,
            channel if channel in CHANNELS else None,
        )  # fmt: skip
        days = query.get("days", "")
        if days in map(str, PRESETS):
            return replace(whole, first=today - timedelta(days=int(days) - 1), preset=int(days))
        first, last = _day(query.get("from")), _day(query.get("to"))
        if first is None or last is None:
            return whole
        first, last = (min(day, today) for day in sorted((first, last)))
        return replace(whole, first=max(first, last - _LONGEST), last=last, preset=None)

    def on(self, day: date) -> Filters:
        """Return the same of one day."""
        return replace(self, first=day, last=day, preset=None)

    @property
    def days(self) -> list[date]:
        """Every day, oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def selection(self) -> Selection:
        """What the store counts over."""
        start = datetime.combine(self.first, time(), self.zone).astimezone(UTC)
        end = datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)
        return Selection(start, end, self.zone.key, self.language, self.channel)

    @property
    def query(self) -> dict[str, str]:
        """Return what `from_query` reads."""
        days = {"days": str(self.preset)} if self.preset else {"from": f"{self.first}", "to": f"{self.last}"}
        rest = {"language": self.language, "channel": self.channel}
        return days | {name: value for name, value in rest.items() if value}

    def address(self, path: str, **more: str) -> str:
        """Return the address of a page about the same."""
        return f"{path}?{urlencode(self.query | {name: value for name, value in more.items() if value})}"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
