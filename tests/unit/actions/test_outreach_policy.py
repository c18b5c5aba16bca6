"""What may be written first: a mistake in the policy is named by file, line and key."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from actions.outreach_policy import QuietHours
from actions.policy_file import POLICY_FILE, read_policy
from bot.domain.promise import PromiseKind
from bot.errors import SettingsError
from tests.doubles.shipped import the_policy

TEXT = POLICY_FILE.read_text()


def with_change(folder: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = folder / "deescalation.yml"
    path.write_text(TEXT.replace(old, new, 1))
    return path


def test_the_waits_are_times() -> None:
    rules = the_policy().outreach

    assert rules.quiet_hours == QuietHours(start=time(21), end=time(9))
    assert (rules.csat.after, rules.csat.pause) == (timedelta(minutes=5), timedelta(days=7))
    assert rules.follow_up.after == {PromiseKind.RESHIP: timedelta(days=5), PromiseKind.REFUND: timedelta(days=7)}


@pytest.mark.parametrize(
    "hours", ["never", "21:30-08:00", "12:00 - 14:00"], ids=["none", "past midnight", "within a day"]
)
def test_quiet_hours_are_a_span_of_the_day_or_never(tmp_path: Path, hours: str) -> None:
    read = read_policy(with_change(tmp_path, '"21:00-09:00"', hours)).outreach.quiet_hours

    assert (read is None) == (hours == "never")


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        pytest.param('"21:00-09:00"', "21", "quiet_hours", 'such as "21:00-09:00"', id="an hour alone"),
        pytest.param('"21:00-09:00"', "25:00-09:00", "quiet_hours", 'such as "21:00-09:00"', id="no such hour"),
        pytest.param('"21:00-09:00"', "21:00-21:00", "quiet_hours", "write never", id="ends when it begins"),
        pytest.param("after_minutes: 5", "after_minutes: -5", "csat.after_minutes", "greater", id="before it is over"),
        pytest.param("up_to_days: 14", "up_to_days: 0", "late_orders.up_to_days", "greater", id="no day"),
        pytest.param("from_days: 1", "from_days: 20", "late_orders", "up_to_days is less", id="the wrong way round"),
        pytest.param("refund: 7}", "voucher: 7}", "follow_up", "no question about voucher", id="no such question"),
    ],
)
def test_a_mistake_in_what_is_written_first_is_named(tmp_path: Path, old: str, new: str, key: str, said: str) -> None:
    with pytest.raises(SettingsError, match=rf"deescalation\.yml, line \d+: outreach\.{key}: ") as caught:
        read_policy(with_change(tmp_path, old, new))

    assert said in str(caught.value)
