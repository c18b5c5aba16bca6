"""What may be done with a chat, and until when it may rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.console.acts import KEYS, SIGNS, Act, acts_for, until, wake_times
from bot.domain.conversation import Holder
from bot.domain.handoff import Outcome, Reason
from bot.domain.people import Handoff
from tests.doubles.shipped import the_texts
from tests.unit.console.test_case import A_CONVERSATION, ANA

NOW = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)  # a Thursday; 23:30 in Athens
ATHENS = ZoneInfo("Europe/Athens")
WORDS = the_texts().words("en", ATHENS)
MINE = replace(A_CONVERSATION, holder=Holder.OPERATOR, operator_id=ANA.id)
ENDED = Handoff(
    1, A_CONVERSATION.id, None, Reason.ASKED, 2, "", NOW - timedelta(days=2), None, ANA.id, NOW - timedelta(days=2),
    NOW - timedelta(days=1), Outcome.SOLVED.value,
)  # fmt: skip


@pytest.mark.parametrize(
    ("handoffs", "acts"),
    [
        pytest.param((), (Act.TAKE_OVER, Act.FOLLOW), id="nobody had it"),
        pytest.param((ENDED,), (Act.REOPEN, Act.TAKE_OVER, Act.FOLLOW), id="given back yesterday"),
        pytest.param(
            (replace(ENDED, closed_at=NOW - timedelta(days=8)),), (Act.TAKE_OVER, Act.FOLLOW), id="given back long ago"
        ),
        pytest.param(
            (replace(ENDED, operator_id=None),), (Act.TAKE_OVER, Act.FOLLOW), id="left the queue by themselves"
        ),
    ],
)
def test_what_people_gave_back_lately_can_be_taken_again(handoffs: tuple[Handoff, ...], acts: tuple[Act, ...]) -> None:
    assert acts_for(A_CONVERSATION, ANA, handoffs, NOW) == acts


def test_a_blocked_shopper_can_be_unblocked_and_nothing_else() -> None:
    assert acts_for(replace(A_CONVERSATION, blocked_at=NOW), ANA, (ENDED,), NOW) == (Act.UNBLOCK,)


@pytest.mark.parametrize("holder", [Holder.QUEUE, Holder.BOT, Holder.OPERATOR])
def test_what_is_followed_can_be_left_alone_again_whoever_holds_it(holder: Holder) -> None:
    others = replace(A_CONVERSATION, holder=holder, operator_id=2 if holder is Holder.OPERATOR else None)

    assert Act.UNFOLLOW in acts_for(others, ANA, (), NOW, followed=True)
    assert Act.UNFOLLOW in acts_for(replace(A_CONVERSATION, blocked_at=NOW), ANA, (), NOW, followed=True)
    assert Act.UNFOLLOW not in acts_for(MINE, ANA, (), NOW, followed=True)


@pytest.mark.parametrize(("minutes", "act"), [(1, Act.WAKE), (-1, Act.PAUSE)])
def test_a_pause_ends_by_itself(minutes: int, act: Act) -> None:
    rests = replace(MINE, snoozed_until=NOW + timedelta(minutes=minutes))

    assert act in acts_for(rests, ANA, (), NOW)


def test_every_act_has_a_sign_and_a_key() -> None:
    assert set(SIGNS) == set(KEYS) == set(Act)


def test_pauses_are_offered_by_the_operators_clock_in_order() -> None:
    offered = wake_times(WORDS, NOW)

    assert offered["tomorrow"] == datetime(2026, 11, 27, 9, 0, tzinfo=ATHENS)
    assert offered["monday"] == datetime(2026, 11, 30, 9, 0, tzinfo=ATHENS)
    assert list(offered.values()) == sorted(offered.values())


def test_on_a_sunday_the_next_monday_is_named_once() -> None:
    assert "monday" not in wake_times(WORDS, datetime(2026, 11, 29, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("answer", "moment"),
    [
        ({"until": "hour"}, NOW + timedelta(hours=1)),
        ({"until": "own", "at": "2026-11-28T14:30"}, datetime(2026, 11, 28, 14, 30, tzinfo=ATHENS)),
        ({"until": "own", "at": "2026-11-26T23:00"}, None),
        ({"until": "own", "at": "2027-11-26T23:00"}, None),
        ({"until": "own", "at": ""}, None),
        ({"until": "own", "at": "soon"}, None),
        ({"until": "own"}, None),
        ({"until": "never"}, None),
        ({}, None),
    ],
)
def test_a_pause_ends_when_it_was_said_to(answer: dict[str, str], moment: datetime | None) -> None:
    assert until(answer, WORDS, NOW) == moment
