"""What operators read, in four languages: one YAML file each, checked against each other when they are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_percent

from bot.money import money

FOLDER = Path(__file__).parent / "texts"
DEFAULT = "en"
_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})


class TextsError(Exception):
    """A file of interface texts is wrong; the text names file and key."""


@dataclass(frozen=True)
class Words:
    """The interface in one language and time zone."""

    language: str
    locale: Locale
    texts: Mapping[str, str | Mapping[str, str]]
    zone: tzinfo

    def __call__(self, key: str, **facts: Any) -> str:
        """Return a text with its facts filled in; `n` chooses the plural form where the text has several."""
        text = self.texts[key]
        if isinstance(text, str):
            return text.format(**facts) if facts else text
        form = self.locale.plural_form(facts["n"])
        return text[form].format(**facts)

    def has(self, key: str) -> bool:
        """True when there is such a text."""
        return key in self.texts

    def clock(self, moment: datetime) -> str:
        """Return the time of day, as `14:05`."""
        return format_time(moment.astimezone(self.zone), "HH:mm", locale=self.locale)

    def local_day(self, moment: datetime) -> date:
        """Return the day a moment falls on here."""
        return moment.astimezone(self.zone).date()

    def day(self, day: date, *, today: date) -> str:
        """Return a day in words: today, yesterday or the date, with its year when it is another one."""
        if (ago := (today - day).days) in {0, 1}:
            return self("day.today" if ago == 0 else "day.yesterday")
        return self._date(day, today)

    def dated(self, day: date, *, today: date) -> str:
        """Return a date, with its year when it is another one."""
        return self._date(day, today)

    def moment(self, moment: datetime, *, today: date) -> str:
        """Return the time of day, with the date before it when it is not today's."""
        day = self.local_day(moment)
        return self.clock(moment) if day == today else f"{self._date(day, today)}, {self.clock(moment)}"

    def money(self, total: Decimal, currency: str) -> str:
        """Return an amount as this language writes it."""
        return money(total, currency, self.locale)

    def share(self, value: float) -> str:
        """Return 0..1 as a percentage."""
        return format_percent(value, locale=self.locale)

    def _date(self, day: date, today: date) -> str:
        this_year = "M月d日" if self.language == "zh" else "d MMM"
        return format_date(day, this_year if day.year == today.year else "medium", locale=self.locale)


class Texts:
    """All languages of the interface."""

    def __init__(self, pages: Mapping[str, Mapping[str, str | Mapping[str, str]]]) -> None:
        self._pages = pages
        self._locales = {language: Locale.parse(language) for language in pages}

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Texts:
        """Read every `<language>.yml`; raises TextsError when one lacks a text or a plural form another has."""
        pages = {
            file.stem: dict(_flat(yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)))
            for file in sorted(folder.glob("*.yml"))
        }
        if DEFAULT not in pages:
            raise TextsError(f"{folder} has no {DEFAULT}.yml")
        for language, page in pages.items():
            _check(language, page, pages[DEFAULT])
        return cls(pages)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there is a file for, the default first."""
        return (DEFAULT, *(language for language in self._pages if language != DEFAULT))

    def words(self, language: str, zone: tzinfo | None = None) -> Words:
        """Return the interface in a language, the default where it is not known."""
        language = language if language in self._pages else DEFAULT
        return Words(language, self._locales[language], self._pages[language], zone or ZoneInfo("UTC"))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str | Mapping[str, str]]]:
    found: list[tuple[str, str | Mapping[str, str]]] = []
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and not _FORMS.issuperset(value):
            found += _flat(value, f"{key}.")
        else:
            found.append((key, value if isinstance(value, Mapping) else str(value)))
    return found


def _check(language: str, page: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    for key in sorted(model.keys() ^ page.keys()):
        raise TextsError(f"{language}.yml: {key} is {'missing' if key in model else 'not in ' + DEFAULT + '.yml'}")
    forms = {*Locale.parse(language).plural_form.tags, "other"}
    for key, value in page.items():
        if isinstance(value, Mapping) and set(value) != forms:
            raise TextsError(f"{language}.yml: {key} needs the plural forms {', '.join(sorted(forms))}")
