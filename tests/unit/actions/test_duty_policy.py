"""People on duty in the policy: a mistake is named by file, line and key; times are counted in the shop's hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.hours import Hours, after_open_time, open_time
from actions.policy_file import POLICY_FILE, read_policy
from bot.errors import SettingsError
from tests.doubles.counter import LANGUAGES, Chat
from tests.doubles.shipped import the_policy

TEXT = POLICY_FILE.read_text()
OFFICE: dict[str, Any] = {
    **dict.fromkeys(("mon", "tue", "wed", "fri"), "09:00-18:00"),
    "thu": "09:00-13:00, 16:00-20:00",
    "sat": "10:00-14:00",
    "sun": "closed",
}
HOURS = Hours.model_validate({"zone": "Europe/London", "open": OFFICE, "holidays": {"2026-11-24": "A day off"}})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in London in November 2026; the 23rd is a Monday, the 24th a holiday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        pytest.param("offline_after_minutes: 2", "offline_after_minutes: 0", "duty.offline_after_minutes", "greater", id="at once"),
        pytest.param("  capacity: 5", "  capacity: no", "duty.capacity", "integer", id="no number"),
        pytest.param("    after_minutes: 10\n", "    after_minutes: 1\n", "duty", "less than offline", id="gone before offline"),
        pytest.param("return_after_minutes: 30", "return_after_minutes: 10", "duty.silent", "not more", id="no reminder"),
        pytest.param("widen_after_minutes: 10", "widen_after_minutes: 4", "duty.waiting", "one after the other", id="order"),
        pytest.param("after_hours: 24\n", "after_hours: 0\n", "duty.finished.after_hours", "greater", id="never quiet"),
        pytest.param("first_reply: {5: 5,", "first_reply: {5: 50,", "sla", "higher severity", id="burning waits"),
        pytest.param("next_reply: {5: 5, 4", "next_reply: {4", "sla", "no line for 5", id="a level is missing"),
        pytest.param("resolution: {5", "resolution: {6", "sla.resolution.6", "less than or equal", id="no such level"),
        pytest.param("holidays: []", "holidays: {soon: Party}", "hours.holidays.soon", "valid date", id="no day"),
    ],
)  # fmt: skip
def test_a_mistake_about_people_on_duty_is_named(tmp_path: Path, old: str, new: str, key: str, said: str) -> None:
    assert TEXT.count(old) == 1, old
    path = tmp_path / "deescalation.yml"
    path.write_text(TEXT.replace(old, new))

    with pytest.raises(SettingsError, match=rf"deescalation\.yml, line \d+: {key}: ") as caught:
        read_policy(path)

    assert said in str(caught.value)


def test_holidays_have_names_or_none() -> None:
    bare = Hours.model_validate({"zone": "UTC", "open": "always", "holidays": ["2026-12-25"]})

    assert (HOURS.holidays, bare.holidays) == ({date(2026, 11, 24): "A day off"}, {date(2026, 12, 25): ""})


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        pytest.param(at(23, 10), at(23, 10, 30), 30, id="within a day"),
        pytest.param(at(23, 17, 50), at(25, 9, 10), 20, id="over a holiday"),
        pytest.param(at(26, 12, 50), at(26, 16, 5), 15, id="over the break at noon"),
        pytest.param(at(28, 20), at(29, 20), 0, id="a day that is closed"),
    ],
)
def test_time_is_counted_while_somebody_is_there(since: datetime, until: datetime, minutes: int) -> None:
    assert open_time(HOURS, since, until) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param(at(23, 10), 30, at(23, 10, 30), id="within a day"),
        pytest.param(at(23, 17, 50), 20, at(25, 9, 10), id="over a holiday"),
        pytest.param(at(23, 17, 30), 30, at(23, 18), id="to the last minute"),
        pytest.param(at(29, 3), 5, at(30, 9, 5), id="begun on a day that is closed"),
    ],
)
def test_what_is_due_is_due_in_open_hours(start: datetime, minutes: int, due: datetime) -> None:
    assert after_open_time(HOURS, start, timedelta(minutes=minutes)) == due


@given(st.integers(0, 350_000), st.integers(1, 10_080))
def test_until_it_is_due_so_much_open_time_goes_by(start: int, minutes: int) -> None:
    begun = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=start)
    span = timedelta(minutes=minutes)

    assert open_time(HOURS, begun, after_open_time(HOURS, begun, span)) == span


@pytest.mark.parametrize(("on_duty", "more"), [(None, 0), (1, 0), (0, 30)], ids=["not known", "somebody", "nobody"])
def test_with_nobody_there_a_longer_wait_is_told(on_duty: int | None, more: int) -> None:
    policy = the_policy()

    assert policy.told_minutes(2, at(23, 10), on_duty) == policy.answer_within_minutes[2] + more


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("there", "honest"), [(None, False), (2, False), (0, True)], ids=["not known", "two", "nobody"]
)
async def test_who_is_handed_over_with_nobody_there_hears_so(language: str, there: int | None, honest: bool) -> None:
    chat = Chat(language=language)
    chat.ledger.duty.there = there

    outcome = await chat.says("a person", "ask_human")

    policy = the_policy()
    assert ("utter_nobody_there" in outcome.responses) == honest
    assert outcome.commands[0]["within_minutes"] == policy.told_minutes(2, chat.now(), there)
