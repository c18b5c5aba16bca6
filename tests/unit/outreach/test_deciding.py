"""Whether to write first, on both sides of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.outreach_policy import Csat, QuietHours
from bot.channels.ports import Capabilities
from bot.domain.conversation import Holder
from bot.domain.handoff import Reason
from bot.domain.outreach import Outreach, OutreachKind, Pressed
from bot.domain.people import Conversation, Handoff
from bot.outreach.deciding import Verdict, ask_for_score, is_quiet, quiet_until, tell_first, where_to_tell, why_skipped

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NIGHT = QuietHours(start=time(21), end=time(9))
OPEN = Capabilities(max_text=200, max_buttons=8, max_button_title=20)
WINDOW = replace(OPEN, reply_window=timedelta(hours=24))
RULES = Csat(on=True, after_minutes=5, every_days=7)


def ago(**time_: float) -> datetime:
    return NOW - timedelta(**time_)


def a_conversation(**changes: Any) -> Conversation:
    conversation = Conversation(
        id="c", channel="web", address="a", shopper_name=None, language="en", holder=Holder.BOT, operator_id=None,
        severity=0, waiting_since=None, last_inbound_at=ago(hours=1), unreachable_since=None, created_at=ago(days=9),
    )  # fmt: skip
    return replace(conversation, **changes)


def a_handoff(**changes: Any) -> Handoff:
    handoff = Handoff(
        id=7, conversation_id="c", message_id=None, reason=Reason.ASKED, severity=2, words="", opened_at=ago(hours=1),
        due_at=None, operator_id=1, claimed_at=ago(minutes=50), closed_at=ago(minutes=10), outcome="returned",
    )  # fmt: skip
    return replace(handoff, **changes)


def a_score(at: datetime, **changes: Any) -> Outreach:
    return replace(Outreach(1, "c", OutreachKind.CSAT, "6", at, 1, None, None, None), **changes)


def asked(*earlier: Outreach, handoff: Handoff | None = None, capabilities: Capabilities = OPEN, **changes: Any) -> str:
    return ask_for_score(handoff or a_handoff(), a_conversation(**changes), earlier, capabilities, RULES, NOW)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("08:59", True), ("09:00", False)],
)
def test_the_night_goes_past_midnight(clock: str, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-26T{clock}+00:00")

    assert is_quiet(NIGHT, ZoneInfo("UTC"), at) is quiet


def test_quiet_hours_within_a_day_end_on_it() -> None:
    noon = QuietHours(start=time(12), end=time(14))

    assert [noon.hold(time(hour)) for hour in (11, 12, 13, 14)] == [False, True, True, False]


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert not is_quiet(None, ZoneInfo("UTC"), datetime(2026, 11, 26, 3, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        pytest.param("2026-10-24T05:59+00:00", True, id="summer: 08:59"),
        pytest.param("2026-10-24T06:00+00:00", False, id="summer: 09:00"),
        pytest.param("2026-10-25T06:00+00:00", True, id="the clocks went back that night: 08:00"),
        pytest.param("2026-10-25T07:00+00:00", False, id="winter: 09:00"),
        pytest.param("2027-03-28T06:00+00:00", False, id="the clocks went forward that night: 09:00"),
        pytest.param("2027-03-27T06:00+00:00", True, id="the day before: 08:00"),
    ],
)
def test_quiet_hours_keep_to_the_clock_on_the_wall(moment: str, quiet: bool) -> None:
    assert is_quiet(NIGHT, ZoneInfo("Europe/Athens"), datetime.fromisoformat(moment)) is quiet


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-26T18:59+00:00", None),
        ("2026-11-26T19:00+00:00", "2026-11-27T07:00+00:00"),
        ("2026-11-27T06:59+00:00", "2026-11-27T07:00+00:00"),
        ("2026-11-27T07:00+00:00", None),
        pytest.param("2026-10-24T20:00+00:00", "2026-10-25T07:00+00:00", id="the clocks go back in that night"),
    ],
)
def test_what_waits_for_the_end_of_quiet_hours_goes_out_in_the_morning(moment: str, until: str | None) -> None:
    found = quiet_until(NIGHT, ZoneInfo("Europe/Athens"), datetime.fromisoformat(moment))

    assert found == (datetime.fromisoformat(until) if until else None)
    assert quiet_until(None, ZoneInfo("Europe/Athens"), datetime.fromisoformat(moment)) is None


def test_a_shopper_is_asked_how_it_was() -> None:
    assert asked() is Verdict.WRITE


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"holder": Holder.QUEUE}, id="waits for people again"),
        pytest.param({"holder": Holder.OPERATOR}, id="is with people again"),
        pytest.param({"no_outreach": True}, id="wants no such messages"),
        pytest.param({"last_inbound_at": ago(minutes=9)}, id="wrote since"),
    ],
)
def test_a_shopper_is_not_asked_when_it(changes: dict[str, Any]) -> None:
    assert asked(**changes) is Verdict.WAIT


@pytest.mark.parametrize(("minutes", "verdict"), [(4, Verdict.WAIT), (5, Verdict.WRITE)])
def test_the_chat_is_with_the_bot_for_a_while_first(minutes: int, verdict: Verdict) -> None:
    assert asked(handoff=a_handoff(closed_at=ago(minutes=minutes))) is verdict


def test_nobody_is_asked_about_what_was_not_given_back() -> None:
    assert asked(handoff=a_handoff(outcome="abandoned")) is Verdict.WAIT


@pytest.mark.parametrize(("days", "verdict"), [(6.9, Verdict.WAIT), (7, Verdict.WRITE)])
def test_nobody_is_asked_twice_within_a_week(days: float, verdict: Verdict) -> None:
    assert asked(a_score(ago(days=days))) is verdict


def test_what_was_not_sent_is_no_question() -> None:
    assert asked(a_score(ago(days=1), skipped="window")) is Verdict.WRITE
    assert asked(a_score(ago(days=1), kind=OutreachKind.LATE_ORDER)) is Verdict.WRITE


@pytest.mark.parametrize(("hours", "verdict"), [(23.9, Verdict.WRITE), (24, Verdict.SKIP)])
def test_nothing_is_sent_outside_the_channels_window(hours: float, verdict: Verdict) -> None:
    conversation = a_conversation(last_inbound_at=ago(hours=hours))

    assert tell_first(conversation, WINDOW, NOW) is verdict
    assert tell_first(conversation, OPEN, NOW) is Verdict.WRITE


@pytest.mark.parametrize(
    ("changes", "template", "verdict"),
    [
        pytest.param({}, ("late_order", "en"), Verdict.WRITE, id="approved"),
        pytest.param({}, ("late_order", "ru"), Verdict.SKIP, id="another language"),
        pytest.param({}, None, Verdict.SKIP, id="nothing approved says it"),
        pytest.param({"unreachable_since": ago(days=1)}, ("late_order", "en"), Verdict.SKIP, id="blocked us"),
        pytest.param({"no_outreach": True}, ("late_order", "en"), Verdict.WAIT, id="wants none"),
    ],
)
def test_outside_the_window_news_go_by_template(
    changes: dict[str, Any], template: tuple[str, str] | None, verdict: Verdict
) -> None:
    conversation = a_conversation(last_inbound_at=ago(days=3), **changes)
    channel = replace(WINDOW, templates=frozenset({("late_order", "en")}))

    assert tell_first(conversation, channel, NOW, template) is verdict


def test_a_window_that_was_never_opened_is_closed() -> None:
    assert not WINDOW.can_reply(a_conversation(last_inbound_at=None), NOW)
    assert OPEN.can_reply(a_conversation(last_inbound_at=None), NOW)


def test_a_shopper_who_blocked_us_is_not_written_to() -> None:
    assert not OPEN.can_reply(a_conversation(unreachable_since=ago(days=1)), NOW)


@pytest.mark.parametrize(("minutes", "verdict"), [(29, Verdict.WAIT), (30, Verdict.WRITE)])
def test_news_do_not_break_into_a_talk(minutes: int, verdict: Verdict) -> None:
    assert tell_first(a_conversation(last_inbound_at=ago(minutes=minutes)), OPEN, NOW) is verdict


@pytest.mark.parametrize("changes", [{"holder": Holder.QUEUE}, {"no_outreach": True}])
def test_news_wait_for_those_who_may_not_be_written_to(changes: dict[str, Any]) -> None:
    assert tell_first(a_conversation(**changes), OPEN, NOW) is Verdict.WAIT


def test_of_two_conversations_the_one_that_can_be_written_to_is_told() -> None:
    newest, older = a_conversation(id="newest"), a_conversation(id="older")

    assert where_to_tell([newest, older], [Verdict.WRITE, Verdict.WRITE]) == (newest, Verdict.WRITE)
    assert where_to_tell([newest, older], [Verdict.SKIP, Verdict.WRITE]) == (older, Verdict.WRITE)
    assert where_to_tell([newest, older], [Verdict.SKIP, Verdict.SKIP]) == (newest, Verdict.SKIP)


@pytest.mark.parametrize("verdicts", [(Verdict.WAIT, Verdict.WRITE), (Verdict.WRITE, Verdict.WAIT)])
def test_what_has_to_wait_in_one_conversation_waits_in_the_others(verdicts: tuple[Verdict, Verdict]) -> None:
    assert where_to_tell([a_conversation(), a_conversation(id="other")], verdicts) is None
    assert where_to_tell([], []) is None


@pytest.mark.parametrize(
    ("changes", "capabilities", "why"),
    [
        pytest.param({}, None, "channel_off", id="channel off"),
        pytest.param({"unreachable_since": NOW}, OPEN, "unreachable", id="blocked"),
        pytest.param({}, WINDOW, "window", id="window"),
    ],
)
def test_why_nothing_was_sent_is_kept(changes: dict[str, Any], capabilities: Capabilities | None, why: str) -> None:
    assert why_skipped(a_conversation(**changes), capabilities) == why


def test_a_payload_says_what_was_pressed_and_fits_telegram() -> None:
    longest = Pressed(10**12, "not_well")

    assert Pressed.from_payload(longest.payload) == longest
    assert len(longest.payload.encode()) <= 64


@pytest.mark.parametrize("payload", [None, "", "/affirm", "/outreach", '/outreach{"id": -1, "answer": "1"}', "x"])
def test_other_payloads_are_none_of_ours(payload: str | None) -> None:
    assert Pressed.from_payload(payload) is None
