"""What an address says about which conversations are meant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.insight.filters import Filters

ATHENS: Final = ZoneInfo("Europe/Athens")
# already the 21st in Athens
NOW: Final = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)


def filters(**query: str) -> Filters:
    return Filters.from_query(query, ATHENS, NOW)


def test_without_a_choice_it_is_the_last_thirty_days_of_everybody() -> None:
    found = filters()

    assert (found.first, found.last, found.preset) == (date(2026, 10, 23), date(2026, 11, 21), 30)
    assert (found.language, found.channel) == (None, None)


def test_seven_days_are_today_and_six_before() -> None:
    found = filters(days="7")

    assert (found.first, found.last, len(found.days)) == (date(2026, 11, 15), date(2026, 11, 21), 7)


def test_own_days_are_whole_days_by_the_shops_clock_in_summer_and_winter() -> None:
    found = filters(**{"from": "2026-10-24", "to": "2026-10-25"}).selection

    assert found.since == datetime(2026, 10, 23, 21, 0, tzinfo=UTC)
    assert found.until == datetime(2026, 10, 25, 22, 0, tzinfo=UTC)
    assert found.zone == "Europe/Athens"


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        pytest.param({"from": "2026-11-10", "to": "2026-11-01"}, date(2026, 11, 1), date(2026, 11, 10), id="turned"),
        pytest.param({"from": "2026-11-20", "to": "2027-01-01"}, date(2026, 11, 20), date(2026, 11, 21), id="to come"),
        pytest.param({"from": "2020-01-01", "to": "2026-11-21"}, date(2025, 11, 20), date(2026, 11, 21), id="years"),
        pytest.param({"from": "yesterday", "to": "2026-11-21"}, date(2026, 10, 23), date(2026, 11, 21), id="no day"),
        pytest.param({"from": "2026-11-20"}, date(2026, 10, 23), date(2026, 11, 21), id="no end"),
        pytest.param({"days": "8"}, date(2026, 10, 23), date(2026, 11, 21), id="no such choice"),
        pytest.param(
            {"days": "7", "from": "2026-11-01", "to": "2026-11-02"}, date(2026, 11, 15), date(2026, 11, 21), id="both"
        ),
    ],
)
def test_what_makes_no_sense_is_put_right(query: dict[str, str], first: date, last: date) -> None:
    found = filters(**query)

    assert (found.first, found.last) == (first, last)


def test_an_unknown_language_or_channel_is_left_out() -> None:
    found = filters(language="fr", channel="fax")

    assert (found.language, found.channel) == (None, None)


@given(
    st.dictionaries(
        st.sampled_from(["days", "from", "to", "language", "channel"]),
        st.sampled_from(["7", "90", "2026-11-01", "2026-12-31", "ru", "und", "web", "", "x"]),
    )
)
def test_an_address_says_the_same_when_it_is_read_again(query: dict[str, str]) -> None:
    found = filters(**query)

    again = filters(**dict(parse_qsl(urlsplit(found.address("/insight")).query)))

    assert again == found


@given(st.dictionaries(st.sampled_from(["days", "from", "to", "language", "channel"]), st.text(max_size=12)))
def test_no_query_is_too_strange(query: dict[str, str]) -> None:
    found = filters(**query)

    assert found.first <= found.last
    assert found.selection.since < found.selection.until
