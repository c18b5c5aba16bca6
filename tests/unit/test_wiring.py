"""What the gateway does by itself when the assistant is down."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.hours import Hours
from bot.domain.handoff import Reason
from bot.wiring import handoff_when_down
from tests.doubles.shipped import the_policy

NIGHT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-18:00")


@pytest.mark.parametrize(
    ("open_", "minutes"),
    [
        pytest.param("always", 15, id="always open"),
        pytest.param(WEEKDAYS | {"sat": "closed", "sun": "closed"}, 14 * 60 + 15, id="at night"),
    ],
)
def test_who_writes_while_the_assistant_is_down_is_told_when_somebody_is_there(open_: object, minutes: int) -> None:
    hours = Hours.model_validate({"zone": "UTC", "open": open_})

    request = handoff_when_down(the_policy().model_copy(update={"hours": hours}), NIGHT)

    assert (request.reason, request.within_minutes) == (Reason.ERROR, minutes)
