"""What the gateway itself says to shoppers, in their language; the words live in `responses/`."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, Final

from babel.dates import format_timedelta

from bot.domain.messages import Button, Reply
from responses.book import ResponseBook

_EXACT: Final = 20
_MOST_MINUTES: Final = 90
_MOST_HOURS: Final = 48


def duration(minutes: int, language: str) -> str:
    """Return `10 minutes`, `10 минут`, `10分钟`, `10 λεπτά`: in minutes to 90, hours to 48, then days, and never less than it is."""
    if minutes > _EXACT:  # nobody counts on 47 minutes
        minutes = math.ceil(minutes / 5) * 5
    if minutes > _MOST_HOURS * 60:
        unit = timedelta(days=1)
    elif minutes > _MOST_MINUTES or minutes == 60:
        unit = timedelta(hours=1)
    else:
        unit = timedelta(minutes=1)
    count = math.ceil(timedelta(minutes=minutes) / unit)
    # Babel takes the largest unit there are at least `threshold` of; of ours there are as many.
    return format_timedelta(count * unit, locale=language, threshold=count)


class Notices:
    """Lines that need no understanding."""

    def __init__(self, book: ResponseBook, default_language: str) -> None:
        self._book = book
        self._default = default_language

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are words for."""
        return self._book.languages

    def language(self, *wishes: str | None) -> str:
        """Return the first wish there are words for (`pt-BR` is asked as `pt`), else the shop's default."""
        for wish in wishes:
            if wish and (short := wish.replace("_", "-").split("-")[0].lower()) in self._book.languages:
                return short
        return self._default

    def assistant_down(self, language: str, *, within_minutes: int) -> Reply:
        """The honest line when Rasa does not answer."""
        return self._say("utter_assistant_down", language, within=duration(within_minutes, language))

    def operator_joined(self, language: str, operator: str) -> Reply:
        """Somebody with a name is here."""
        return self._say("utter_operator_joined", language, operator=operator)

    def returned_to_bot(self, language: str) -> Reply:
        """The colleague has left, the bot is back."""
        return self._say("utter_returned_to_bot", language)

    def cannot_read(self, language: str) -> Reply:
        """A photo, voice message or file came without words."""
        return self._say("utter_cannot_read", language)

    def _say(self, key: str, language: str, **facts: Any) -> Reply:
        line = self._book.say(key, language, **facts)
        return Reply(line.text, tuple(Button(b.title, b.payload) for b in line.buttons))
