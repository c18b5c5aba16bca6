"""What the gateway says itself: how long something takes, told in four languages and never as less than it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.notices import Notices, duration
from tests.doubles.shipped import the_book


@pytest.mark.parametrize(
    ("minutes", "english", "russian", "chinese", "greek"),
    [
        (1, "1 minute", "1 минута", "1分钟", "1 λεπτό"),
        (20, "20 minutes", "20 минут", "20分钟", "20 λεπτά"),
        (21, "25 minutes", "25 минут", "25分钟", "25 λεπτά"),
        (60, "1 hour", "1 час", "1小时", "1 ώρα"),
        (61, "65 minutes", "65 минут", "65分钟", "65 λεπτά"),
        (90, "90 minutes", "90 минут", "90分钟", "90 λεπτά"),
        (91, "2 hours", "2 часа", "2小时", "2 ώρες"),
        (121, "3 hours", "3 часа", "3小时", "3 ώρες"),
        (13 * 60 + 20, "14 hours", "14 часов", "14小时", "14 ώρες"),
        (24 * 60, "24 hours", "24 часа", "24小时", "24 ώρες"),
        (48 * 60, "48 hours", "48 часов", "48小时", "48 ώρες"),
        (48 * 60 + 1, "3 days", "3 дня", "3天", "3 ημέρες"),
        (8 * 24 * 60, "8 days", "8 дней", "8天", "8 ημέρες"),
    ],
)
def test_a_time_is_told_in_every_language(minutes: int, english: str, russian: str, chinese: str, greek: str) -> None:
    told = [duration(minutes, language) for language in ("en", "ru", "zh", "el")]

    assert told == [english, russian, chinese, greek]


@given(st.integers(1, 60 * 24 * 60))
def test_a_time_is_never_told_as_less_than_it_is(minutes: int) -> None:
    count, unit = duration(minutes, "en").split()

    assert int(count) * {"minute": 1, "hour": 60, "day": 24 * 60}[unit.rstrip("s")] >= minutes


@pytest.mark.parametrize(
    ("language", "words", "files"),
    [
        ("en", "365 days", "90 days"),
        ("ru", "365 дней", "90 дней"),
        ("zh", "365天", "90天"),
        ("el", "365 ημέρες", "90 ημέρες"),
    ],
)
def test_what_is_kept_is_told_with_the_time_after_which_words_and_files_go(
    language: str, words: str, files: str
) -> None:
    notices = Notices(the_book(), "en", word_days=365, file_days=90)

    told = [notices.privacy(language).text for _ in range(12)]

    assert all(words in text and files in text for text in told)


@pytest.mark.parametrize("language", ["en", "ru", "zh", "el"])
def test_what_is_never_deleted_by_itself_is_said_to_stay_until_it_is_asked_for(language: str) -> None:
    book = the_book()
    until = book.word(language, "until_you_ask")

    told = [Notices(book, "en", word_days=0, file_days=days).privacy(language).text for days in (0, 90) * 6]

    assert {text.count(until) for text in told[::2]} == {2}
    assert {text.count(until) for text in told[1::2]} == {1}
