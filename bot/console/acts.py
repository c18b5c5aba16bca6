"""What an operator may do with a chat, and what each act asks before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.console.dialog import Answer, Dialog, choice, words_field
from bot.console.elements import tag
from bot.console.texts import Words
from bot.domain.conversation import Holder
from bot.domain.handoff import MAX_BECAUSE, RESOLVED, Outcome
from bot.domain.people import Conversation, Handoff, User
from bot.domain.permissions import Permission, may
from bot.handoff.desk import Desk
from bot.handoff.duty import is_snoozed


class Act(StrEnum):
    """What an operator does with a conversation."""

    CLAIM = "claim"
    RELEASE = "release"
    RETURN = "return"
    TAKE_OVER = "take_over"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PAUSE = "pause"
    WAKE = "wake"
    BLOCK = "block"
    UNBLOCK = "unblock"
    TRANSFER = "transfer"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"


SIGNS: Final = {
    Act.CLAIM: "front_hand", Act.RELEASE: "undo", Act.RETURN: "smart_toy", Act.TAKE_OVER: "pan_tool",
    Act.RESOLVE: "task_alt", Act.REOPEN: "replay", Act.PAUSE: "snooze", Act.WAKE: "alarm_on", Act.BLOCK: "block",
    Act.UNBLOCK: "lock_open", Act.TRANSFER: "forward", Act.FOLLOW: "visibility", Act.UNFOLLOW: "visibility_off",
}  # fmt: skip
KEYS: Final = {
    Act.CLAIM: "C", Act.RELEASE: "L", Act.RETURN: "B", Act.TAKE_OVER: "T", Act.RESOLVE: "E", Act.REOPEN: "O",
    Act.PAUSE: "P", Act.WAKE: "P", Act.BLOCK: "X", Act.UNBLOCK: "X", Act.TRANSFER: "A",
    Act.FOLLOW: "W", Act.UNFOLLOW: "W",
}  # fmt: skip
# What changes nothing for the shopper is never offered as what to do first.
ASIDE: Final = frozenset({Act.FOLLOW, Act.UNFOLLOW})
GRAVE: Final = frozenset({Act.BLOCK})
# So long a chat that people gave back is still the same matter.
_SAME_MATTER: Final = timedelta(days=7)
_MAX_LINE: Final = 2000
_MORNING: Final = 9
_LONGEST: Final = timedelta(days=90)


def acts_for(
    conversation: Conversation,
    user: User,
    handoffs: Sequence[Handoff] = (),
    now: datetime | None = None,
    *,
    followed: bool = False,
) -> tuple[Act, ...]:
    """Return what this operator, who follows a conversation or does not, may do with it now, the most likely first."""
    now = now or datetime.now(UTC)
    follow, no_more = Act.UNFOLLOW if followed else Act.FOLLOW, (Act.UNFOLLOW,) if followed else ()
    match conversation.holder:
        case Holder.QUEUE:
            return (Act.CLAIM, Act.TRANSFER, *no_more)
        case Holder.BOT if conversation.blocked_at is not None:
            return (Act.UNBLOCK, *no_more)
        case Holder.BOT:
            closed = handoffs[0].closed_at if handoffs else None
            fresh = closed is not None and handoffs[0].operator_id is not None and now < closed + _SAME_MATTER
            return (Act.REOPEN, Act.TAKE_OVER, follow) if fresh else (Act.TAKE_OVER, follow)
        case Holder.OPERATOR if conversation.operator_id == user.id:
            rest = Act.WAKE if is_snoozed(conversation, now) else Act.PAUSE
            return (Act.RESOLVE, Act.RETURN, Act.RELEASE, Act.TRANSFER, rest, Act.BLOCK)
        case Holder.OPERATOR if may(user, Permission.DUTY):
            return (Act.TRANSFER, follow)
        case _:
            return (follow,)


def wake_times(words: Words, now: datetime) -> dict[str, datetime]:
    """Return what a pause is offered until: by name, in the operator's time zone, each later than the one before."""
    here = now.astimezone(words.zone)
    morning = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    tomorrow = morning + timedelta(days=1)
    monday = morning + timedelta(days=7 - here.weekday())
    offered = {"hour": now + timedelta(hours=1), "three_hours": now + timedelta(hours=3), "tomorrow": tomorrow}
    return offered if monday == tomorrow else offered | {"monday": monday}


def until(answer: Answer, words: Words, now: datetime) -> datetime | None:
    """Return until when a chat rests by what was filled in; None where it says no time to come within three months."""
    if answer.get("until") != "own":
        return wake_times(words, now).get(answer.get("until", ""))
    try:
        own = datetime.fromisoformat(answer.get("at", "")).replace(tzinfo=words.zone)
    except ValueError:
        return None
    return own if now < own < now + _LONGEST else None


async def perform(act: Act, desk: Desk, conversation_id: str, user: User, answer: Answer, words: Words) -> None:
    """Do what was asked for; raises ValueError where the answer makes no sense."""
    plain = {
        Act.CLAIM: desk.claim,
        Act.RELEASE: desk.release,
        Act.TAKE_OVER: desk.take_over,
        Act.REOPEN: desk.reopen,
        Act.UNBLOCK: desk.unblock,
    }
    if act in plain:
        await plain[act](conversation_id, user)
        return
    now, line, because = datetime.now(UTC), answer.get("line", ""), answer.get("because", "")
    match act:
        case Act.RETURN:
            await desk.return_to_bot(conversation_id, user, line)
        case Act.RESOLVE:
            await desk.resolve(conversation_id, user, Outcome(answer.get("outcome", "")), because, line)
        case Act.PAUSE:
            moment = until(answer, words, now)
            if moment is None:
                raise ValueError("a pause needs a time to come")
            await desk.snooze(conversation_id, user, moment)
        case Act.WAKE:
            await desk.snooze(conversation_id, user, now)
        case Act.FOLLOW | Act.UNFOLLOW:
            await desk.follow(conversation_id, user, on=act is Act.FOLLOW)
        case Act.BLOCK:
            await desk.block(conversation_id, user, because)


async def asked(act: Act, dialog: Dialog, words: Words) -> Answer | None:
    """Return what an act needs to be told, asked for where it needs anything; None where the operator thought better of it."""
    title = words(f"action.{act.value}")
    match act:
        case Act.RETURN:
            return await dialog.ask(title, title, lambda: _line(words, first=True), hint=words("action.return_hint"))
        case Act.RESOLVE:
            return await dialog.ask(title, title, lambda: _resolving(words))
        case Act.PAUSE:
            return await dialog.ask(title, title, lambda: _pausing(words), hint=words("action.pause_hint"))
        case Act.BLOCK:
            hint = words("action.block_hint")
            return await dialog.ask(title, title, lambda: _because(words, first=True), hint=hint, grave=True)
        case _:
            return {}


def _resolving(words: Words) -> None:
    outcomes = {outcome.value: words(f"action.outcome.{outcome.value}") for outcome in RESOLVED}
    choice("outcome", outcomes, label=words("action.outcome_label"), chosen=Outcome.SOLVED.value)
    _because(words)
    _line(words)


def _pausing(words: Words) -> None:
    now = datetime.now(UTC)
    today = words.local_day(now)
    offered = {
        name: f"{words(f'action.until.{name}')} ({words.moment(moment, today=today)})"
        for name, moment in wake_times(words, now).items()
    }
    choice("until", {**offered, "own": words("action.until.own")}, label=words("action.until_label"), chosen="hour")
    with tag("label", css="field"):
        tag("span", words("action.until_own"))
        here = now.astimezone(words.zone).replace(tzinfo=None)
        own = tag("input", type="datetime-local", name="at", min=here.isoformat(timespec="minutes"), testid="ask-at",
                  max=(here + _LONGEST).isoformat(timespec="minutes"))  # fmt: skip
        own.on("input", js_handler="(e) => composer.choose(e.target.form, 'until', 'own')")


def _because(words: Words, *, first: bool = False) -> None:
    words_field("because", words("action.because"), limit=MAX_BECAUSE, first=first)


def _line(words: Words, *, first: bool = False) -> None:
    words_field("line", words("action.line"), limit=_MAX_LINE, first=first)
