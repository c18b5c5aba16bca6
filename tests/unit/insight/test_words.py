"""Everything the pages of figures name has its words in each language."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

import bot.insight
from actions.curves import DIALS
from bot.console.texts import Words
from bot.domain.figures import Pick
from bot.domain.outreach import OutreachKind
from bot.domain.promise import PromiseState
from bot.insight.elements import duration
from bot.insight.filters import Filters
from bot.insight.naming import named, opens, title_of
from tests.doubles.shipped import the_texts

TEXTS: Final = the_texts()
FILTERS: Final = Filters(date(2026, 11, 1), date(2026, 11, 2), ZoneInfo("UTC"), language="ru")


@pytest.fixture
def words() -> Words:
    return TEXTS.words("en")


def test_every_text_the_pages_name_exists(words: Words) -> None:
    folder = Path(bot.insight.__file__).parent
    named_in = re.findall(
        r"words\(\s*['\"]([a-z_.0-9]+)['\"]", "\n".join(f.read_text("utf-8") for f in folder.glob("*.py"))
    )

    assert named_in
    assert sorted({key for key in named_in if not words.has(key)}) == []


@pytest.mark.parametrize("key", [
    *(f"insight.pick.{pick.value}" for pick in Pick),
    *(f"insight.dial.{dial.name.replace('.', '_')}" for dial in DIALS),
    *(f"insight.state.{state.value}" for state in PromiseState),
    *(f"insight.outreach.{kind.value}" for kind in OutreachKind),
    *(f"insight.outcome.{outcome}" for outcome in ("returned", "left_queue", "open")),
    *(f"insight.mood.{mood}" for mood in ("upset_calm", "upset_upset", "calm_upset", "calm_calm")),
])  # fmt: skip
def test_everything_that_is_counted_has_a_name(words: Words, key: str) -> None:
    assert words.has(key)


@pytest.mark.parametrize(
    ("pick", "value", "title"),
    [
        pytest.param(Pick.HANDED, "", "Handed over", id="without a value"),
        pytest.param(Pick.REASON, "anger", "Handed over: Anger", id="a reason"),
        pytest.param(Pick.SCORE, "5", "Score given: 5", id="a score"),
        pytest.param(Pick.PROMISE, "voucher:kept", "Promised: Voucher, Kept", id="a promise"),
        pytest.param(Pick.REASON, "<b>", "Handed over: <b>", id="one that there is not"),
    ],
)
def test_a_list_says_what_it_lists(words: Words, pick: Pick, value: str, title: str) -> None:
    assert title_of(words, pick, value) == title


def test_what_has_no_words_is_called_by_its_own_name(words: Words) -> None:
    assert named(words, "insight.outcome", "lost_in_space") == "lost_in_space"


def test_a_figure_opens_its_conversations_with_the_same_filters() -> None:
    address = opens(FILTERS, Pick.REASON, "anger")

    assert address == "/insight/chats?from=2026-11-01&to=2026-11-02&language=ru&pick=reason&value=anger"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        pytest.param(None, "–", id="never"),
        pytest.param(59, "59 sec", id="under a minute"),
        pytest.param(60, "1 min", id="a minute"),
        pytest.param(7199, "120 min", id="under two hours"),
        pytest.param(7200, "2 hr", id="two hours"),
        pytest.param(172_800, "2 days", id="two days"),
    ],
)
def test_a_time_is_told_in_a_unit_that_fits(words: Words, seconds: float | None, told: str) -> None:
    assert duration(words, seconds) == told
