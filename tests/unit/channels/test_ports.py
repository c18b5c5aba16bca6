"""What a channel says of its window, beside `can_reply`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.ports import Capabilities
from bot.domain.conversation import Holder
from bot.domain.people import Conversation

WROTE = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
CLOSES = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
ALWAYS = Capabilities(max_text=200, max_buttons=8, max_button_title=20)
A_DAY = replace(ALWAYS, reply_window=timedelta(hours=24))


def conversation(last_inbound_at: datetime | None) -> Conversation:
    return Conversation(
        id="c",
        channel="whatsapp",
        address="+79000000101",
        shopper_name=None,
        language=None,
        holder=Holder.BOT,
        operator_id=None,
        severity=1,
        waiting_since=None,
        last_inbound_at=last_inbound_at,
        unreachable_since=None,
        created_at=WROTE,
    )


@pytest.mark.parametrize(
    ("capabilities", "wrote", "closes"),
    [
        pytest.param(A_DAY, WROTE, CLOSES, id="a day after the last word"),
        pytest.param(A_DAY, None, None, id="never opened"),
        pytest.param(ALWAYS, WROTE, None, id="no window"),
    ],
)
def test_the_moment_the_window_closes(
    capabilities: Capabilities, wrote: datetime | None, closes: datetime | None
) -> None:
    assert capabilities.closes_at(conversation(wrote)) == closes


@pytest.mark.parametrize(("moment", "open_still"), [(CLOSES - timedelta(seconds=1), True), (CLOSES, False)])
def test_a_reply_is_carried_until_that_moment(moment: datetime, open_still: bool) -> None:
    assert A_DAY.can_reply(conversation(WROTE), moment) is open_still


def test_another_word_moves_it() -> None:
    later = conversation(WROTE + timedelta(hours=3))

    assert A_DAY.closes_at(later) == CLOSES + timedelta(hours=3)
