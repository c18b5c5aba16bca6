"""What the gateway itself says to shoppers, in their language; the words live in `responses/`."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from babel import Locale
from babel.dates import format_timedelta

from bot.domain.command import Asked, Command
from bot.domain.messages import Button, Reply
from bot.domain.people import Conversation
from responses.book import ResponseBook
from responses.traditional import page_for

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


def _days(count: int, language: str) -> str:
    return format_timedelta(timedelta(days=count), granularity="day", threshold=count + 1, locale=language)


class Notices:
    """Lines that need no understanding. `word_days` and `file_days`: after how many days each are deleted, 0 for never."""

    def __init__(self, book: ResponseBook, default_language: str, *, word_days: int = 0, file_days: int = 0) -> None:
        self._book = book
        self._default = default_language
        self._kept_days = {"word": word_days, "file": file_days}

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

    def page(self, conversation: Conversation) -> str:
        """Return the page of the book that a shopper reads: their language, in their characters."""
        return page_for(self.language(conversation.language), traditional=conversation.traditional)

    def assistant_down(self, language: str, *, within_minutes: int) -> Reply:
        """The honest line when Rasa does not answer."""
        return self._say("utter_assistant_down", language, within=duration(within_minutes, language))

    def operator_joined(self, language: str, operator: str) -> Reply:
        """Somebody with a name is here."""
        return self._say("utter_operator_joined", language, operator=operator)

    def returned_to_bot(self, language: str) -> Reply:
        """The colleague has left, the bot is back."""
        return self._say("utter_returned_to_bot", language)

    def back_in_queue(self, language: str) -> Reply:
        """The colleague cannot go on; the chat waits for the next one, with the place it had."""
        return self._say("utter_back_in_queue", language)

    def passed_on(self, language: str) -> Reply:
        """The colleague passes the chat to others who know more."""
        return self._say("utter_passed_on", language)

    def returned_by_itself(self, language: str) -> Reply:
        """Nothing was written for long: the bot answers again."""
        return self._say("utter_returned_by_itself", language)

    def nobody_came(self, language: str) -> Reply:
        """Nobody took the chat in time: say so, with a choice."""
        return self._say("utter_nobody_came", language)

    def window_closing(self, language: str) -> Reply:
        """The channel closes before the answer that is owed: a word keeps it open."""
        return self._say("utter_window_closing", language)

    def keeps_waiting(self, language: str) -> Reply:
        """The shopper stays in line."""
        return self._say("utter_keeps_waiting", language)

    def callback_noted(self, language: str, *, code: str, due: str) -> Reply:
        """A call back is on record."""
        return self._say("utter_callback_noted", language, code=code, due=due)

    def alerts_here(self, language: str) -> Reply:
        """A colleague's alerts come to this chat from now on."""
        return self._say("utter_alerts_here", language)

    def link_is_over(self, language: str) -> Reply:
        """A colleague's link was used before, or is too old."""
        return self._say("utter_link_is_over", language)

    def written_later(self, language: str) -> Reply:
        """The chat stays in line, and the answer comes here."""
        return self._say("utter_written_later", language)

    def blocked(self, language: str) -> Reply:
        """Nobody answers here any more."""
        return self._say("utter_blocked", language)

    def word(self, language: str, name: str) -> str:
        """Return a word by its name, such as a command's description."""
        return self._book.word(language, name)

    def only_private(self, language: str | None) -> str:
        """A group wrote, or took us in."""
        return self._say("utter_only_private", self.language(language)).text

    def cannot_read(self, language: str) -> Reply:
        """Something came that has no words and that we know nothing of."""
        return self._say("utter_cannot_read", language)

    def file_received(self, language: str, *, for_complaint: bool) -> Reply:
        """A photo or file came without words; `for_complaint` when something damaged, wrong or missing is being talked of."""
        return self._say("utter_photo_attached" if for_complaint else "utter_file_received", language)

    def voice_received(self, language: str) -> Reply:
        """A voice message came, which only people can listen to."""
        return self._say("utter_voice_received", language)

    def location_received(self, language: str) -> Reply:
        """A place came."""
        return self._say("utter_location_received", language)

    def slow_down(self, language: str) -> Reply:
        """Everything is read, however fast it comes."""
        return self._say("utter_slow_down", language)

    def no_help(self, language: str) -> Reply:
        """An unhappy emoji was put on what the bot said."""
        return self._say("utter_no_help", language)

    def which_language(self, language: str) -> Reply:
        """Ask for a language, each in its own name."""
        asked = self._say("utter_which_language", language)
        choices = tuple(
            Button(str(Locale(code).get_display_name(code)).capitalize(), Asked(Command.LANGUAGE, code).payload)
            for code in self._book.languages
        )
        return replace(asked, buttons=choices)

    def language_set(self, language: str) -> Reply:
        """The chosen language is spoken from now on."""
        return self._say("utter_language_set", language)

    def privacy(self, language: str) -> Reply:
        """What is kept of a chat, for how long, and how it is deleted. What is never deleted by itself stays until it is asked for."""
        times = {f"{kind}_days": _days(days, language) for kind, days in self._kept_days.items() if days}
        until = self.word(language, "until_you_ask")
        always = {f"{kind}s_always": until for kind, days in self._kept_days.items() if not days}
        return self._say("utter_privacy", language, **times, **always)

    def stopped(self, language: str) -> Reply:
        """Nothing is written first any more."""
        return self._say("utter_stopped", language)

    def resumed(self, language: str) -> Reply:
        """News are written again."""
        return self._say("utter_resumed", language)

    def bot_is_here(self, language: str) -> Reply:
        """The bot was asked for and has the chat already."""
        return self._say("utter_bot_is_here", language)

    def left_queue(self, language: str) -> Reply:
        """The shopper would rather have the bot than wait."""
        return self._say("utter_left_queue", language)

    def operator_is_here(self, language: str) -> Reply:
        """The bot was asked for while an operator has the chat."""
        return self._say("utter_operator_is_here", language)

    def forget_with_people(self, language: str) -> Reply:
        """A colleague who has the chat sees the wish for deletion."""
        return self._say("utter_forget_with_people", language)

    def forgotten(self, language: str) -> Reply:
        """Everything is deleted."""
        return self._say("utter_forgotten", language)

    def place_in_queue(
        self, language: str, *, place: int, within_minutes: int | None, closed_minutes: int = 0, nobody: bool = False
    ) -> Reply:
        """Where the shopper stands, and when somebody comes; None where what they were told is over.

        Outside the shop's hours: when somebody is there again, in `closed_minutes`. `nobody` is there in hours that are open.
        """
        if closed_minutes:
            return self._say("utter_queue_closed", language, place=place, within=duration(closed_minutes, language))
        if nobody:
            return self._say("utter_queue_nobody", language, place=place)
        if within_minutes is None:
            return self._say("utter_queue_overdue", language, place=place)
        return self._say("utter_queue_place", language, place=place, within=duration(within_minutes, language))

    def _say(self, key: str, language: str, **facts: Any) -> Reply:
        line = self._book.say(key, language, **facts)
        return Reply(line.text, tuple(Button(b.title, b.payload) for b in line.buttons))
