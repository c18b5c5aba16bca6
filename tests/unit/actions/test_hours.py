"""Opening hours: how long it is until somebody is there, whatever the clocks do, and what shoppers are told then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.hours import Hours, minutes_until_open
from actions.policy import Policy
from actions.policy_file import POLICY_FILE, read_policy
from bot.errors import SettingsError
from bot.handoff.notices import duration
from tests.doubles.counter import LANGUAGES, Chat
from tests.doubles.shipped import the_policy

LONDON = ZoneInfo("Europe/London")
OFFICE: dict[str, Any] = {
    **dict.fromkeys(("mon", "tue", "wed", "fri"), "09:00-18:00"),
    "thu": "09:00-13:00, 16:00-20:00",
    "sat": "10:00-14:00",
    "sun": "closed",
}


def the_hours(zone: str = "Europe/London", holidays: tuple[str, ...] = (), **days: str) -> Hours:
    return Hours.model_validate({"zone": zone, "open": OFFICE | days, "holidays": list(holidays)})


def at(day: int, hour: int, minute: int = 0, *, month: int = 11, second: int = 0) -> datetime:
    """A moment in London in 2026; 23 November is a Monday."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("now", "minutes"),
    [
        pytest.param(at(23, 9), 0, id="the first moment"),
        pytest.param(at(23, 17, 59), 0, id="the last minute"),
        pytest.param(at(23, 18), 15 * 60, id="just closed"),
        pytest.param(at(23, 8, 59, second=30), 1, id="a begun minute counts"),
        pytest.param(at(26, 14), 2 * 60, id="the break at noon"),
        pytest.param(at(28, 15), (24 - 15 + 24 + 9) * 60, id="over the weekend"),
        pytest.param(at(25, 12, month=12), (12 + 10) * 60, id="a holiday, and a Saturday after it"),
    ],
)
def test_it_is_known_how_long_the_shop_is_still_closed(now: datetime, minutes: int) -> None:
    assert minutes_until_open(the_hours(holidays=("2026-12-25",)), now) == minutes


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param(at(28, 20, month=3), 37 - 1, id="the night the clocks go forward"),
        pytest.param(at(24, 20, month=10), 37 + 1, id="the night they go back"),
    ],
)
def test_a_night_is_as_long_as_the_clocks_make_it(now: datetime, hours: int) -> None:
    assert minutes_until_open(the_hours(), now) == hours * 60


def test_a_shop_that_is_always_open_is_closed_on_its_holidays_only() -> None:
    always = Hours.model_validate({"zone": "Asia/Shanghai", "open": "always", "holidays": ["2026-10-01"]})
    china = ZoneInfo("Asia/Shanghai")

    assert minutes_until_open(always, datetime(2026, 9, 30, 23, 59, tzinfo=china)) == 0
    assert minutes_until_open(always, datetime(2026, 10, 1, 6, 0, tzinfo=china)) == 18 * 60


def test_holidays_on_its_only_open_days_do_not_lose_a_shop() -> None:
    mondays = tuple(str(date(2026, 11, 23) + timedelta(weeks=n)) for n in range(10))
    rare = the_hours(holidays=mondays, **dict.fromkeys(("tue", "wed", "thu", "fri", "sat"), "closed"))

    assert minutes_until_open(rare, at(23, 12)) == (10 * 7 * 24 - 3) * 60


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/London", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu"]),
)
@example(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/London")
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/London")
@example(datetime(2026, 9, 6, 3, 59, tzinfo=UTC), "America/Santiago")
def test_all_year_the_shop_opens_when_it_was_said_and_not_before(now: datetime, zone: str) -> None:
    hours = the_hours(zone, ("2026-05-01",), sun="12:00-24:00", mon="00:00-02:30, 09:00-18:00")

    minutes = minutes_until_open(hours, now)

    assert the_wall_says_open(hours, now + timedelta(minutes=minutes))
    assert not any(the_wall_says_open(hours, now + timedelta(minutes=n)) for n in range(minutes))


def the_wall_says_open(hours: Hours, moment: datetime) -> bool:
    """What somebody sees who looks at the clock in the shop."""
    wall = moment.astimezone(hours.zone)
    minute = wall.hour * 60 + wall.minute
    spans = () if wall.date() in hours.holidays else hours.open.of(wall.weekday())
    return any(span.start <= minute < span.end for span in spans)


@pytest.mark.parametrize(
    ("now", "minutes"),
    [
        pytest.param(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 8 * 60 + 30, id="in the hour that spring leaves out"),
        pytest.param(datetime(2026, 10, 25, 1, 15, tzinfo=UTC), 0, id="between the two times autumn shows an hour"),
    ],
)
def test_hours_in_the_night_the_clocks_change_are_real_ones(now: datetime, minutes: int) -> None:
    spring = now.month == 3
    hours = the_hours(sun="01:30-02:00, 10:00-12:00" if spring else "01:30-03:00")

    assert minutes_until_open(hours, now) == minutes


@pytest.mark.parametrize(
    ("hours", "key", "said"),
    [
        pytest.param("{zone: Mars/Base, open: always}", "hours.zone", "Mars/Base", id="no such place"),
        pytest.param("{open: always}", "hours.zone", "Field required", id="no place"),
        pytest.param("{zone: UTC, open: never}", "hours.open", "is not `always`", id="never"),
        pytest.param("{zone: UTC, open: always, holidays: [soon]}", "hours.holidays.soon", "valid date", id="no day"),
        pytest.param("{zone: UTC, open: always, closed: [sun]}", "hours.closed", "not permitted", id="unknown key"),
        pytest.param("{zone: UTC, open: {mon: closed}}", "hours.open.tue", "Field required", id="a day is missing"),
    ],
)
def test_wrong_hours_are_named_by_file_line_and_key(tmp_path: Path, hours: str, key: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_policy(a_policy(tmp_path, hours))

    assert f"deescalation.yml, line 1: {key}: " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("9-18", "is not hours such as"),
        ("09:00-25:00", "is not hours such as"),
        ("09:00-24:30", "a day ends at 24:00"),
        ("18:00-02:00", "what goes past midnight belongs to two days"),
        ("09:00-13:00, 12:00-18:00", "begins before the hours in front of it end"),
        (9, 'is not "09:00-18:00"'),
    ],
)
def test_the_wrong_hours_of_a_day_are_named(tmp_path: Path, day: object, said: str) -> None:
    lines = "".join(f"    {name}: {day if name == 'wed' else 'closed'}\n" for name in OFFICE)
    path = a_policy(tmp_path, f"\n  zone: UTC\n  open:\n{lines}")

    with pytest.raises(SettingsError) as caught:
        read_policy(path)

    line = path.read_text().splitlines().index(f"    wed: {day}") + 1
    assert f"deescalation.yml, line {line}: hours.open.wed: " in str(caught.value)
    assert said in str(caught.value)


def test_a_shop_that_never_opens_is_refused(tmp_path: Path) -> None:
    never = ", ".join(f"{day}: closed" for day in OFFICE)

    with pytest.raises(SettingsError, match=r"hours\.open: is closed on every day"):
        read_policy(a_policy(tmp_path, f"{{zone: UTC, open: {{{never}}}}}"))


def test_the_shipped_policy_is_always_open() -> None:
    assert the_policy().told_minutes(5, at(29, 3)) == the_policy().answer_within_minutes[5]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_at_night_the_shopper_is_told_the_time_until_the_morning_too(language: str) -> None:
    chat = Chat(language=language, policy=closed_now())
    opens = minutes_until_open(closed_now().hours, chat.now())

    told = await chat.says("a person please", "ask_human")

    [command] = told.commands
    assert opens > 0
    assert command["within_minutes"] == opens + the_policy().answer_within_minutes[command["severity"]]
    assert duration(command["within_minutes"], language) in told.text


async def test_a_fault_at_night_tells_the_time_until_the_morning_too() -> None:
    chat = Chat(policy=closed_now())
    chat.ledger.broken = True

    told = await chat.says("where is it", "ask_order_status")

    opens = minutes_until_open(closed_now().hours, chat.now())
    assert {command["within_minutes"] for command in told.commands} == {opens + the_policy().answer_within_minutes[3]}


def closed_now() -> Policy:
    """The shipped policy with office hours, on a day off."""
    now = Chat().now()
    return the_policy().model_copy(update={"hours": the_hours(holidays=(str(now.date()),))})


def a_policy(folder: Path, hours: str) -> Path:
    """A whole policy whose first lines are its hours."""
    text = POLICY_FILE.read_text()
    before, _, rest = text.partition("\nhours:\n")
    _, _, after = rest.partition("holidays: []\n")
    path = folder / "deescalation.yml"
    path.write_text(f"hours: {hours}\n{before}\n{after}")
    return path
