"""What is due to be done about chats in people's hands: plain functions of the chat, the rules and the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from actions.duty_policy import DutyRules, Waiting
from actions.hours import Hours, minutes_until_open, open_time
from bot.domain.duty import HeldChat, Step, WaitingChat
from bot.domain.people import Conversation

_MINUTE: Final = timedelta(minutes=1)


class Due(StrEnum):
    """What is due about a chat that an operator holds."""

    NOTHING = "nothing"
    REMIND = "remind"
    GONE = "gone"
    SILENT = "silent"
    FINISHED = "finished"


def due_for_held(chat: HeldChat, rules: DutyRules, now: datetime) -> Due:
    """Return what is due; the strongest where several are."""
    if is_snoozed(chat.conversation, now):
        return Due.NOTHING
    if rules.gone.on and now - last_sign_of(chat) >= rules.gone.after:
        return Due.GONE
    if chat.owed_since is None:
        last = max(chat.answered_at or chat.held_since, chat.held_since)
        return Due.FINISHED if rules.finished.on and now - last >= rules.finished.after else Due.NOTHING
    owed = now - max(chat.owed_since, chat.held_since)
    if not rules.silent.on or owed < rules.silent.remind_after:
        return Due.NOTHING
    if owed >= rules.silent.return_after:
        return Due.SILENT
    return Due.NOTHING if reminder_of(chat) in chat.steps else Due.REMIND


def is_snoozed(conversation: Conversation, now: datetime) -> bool:
    """True while nothing is due from anybody."""
    return conversation.snoozed_until is not None and now < conversation.snoozed_until


def last_sign_of(chat: HeldChat) -> datetime:
    """Return when the operator was last there: their console, their taking the chat, their last words."""
    return max(moment for moment in (chat.seen_at, chat.held_since, chat.answered_at) if moment is not None)


def reminder_of(chat: HeldChat) -> str:
    """Return the name of the reminder about a message without an answer: one a message and operator."""
    return f"owed {chat.owed_id} {chat.operator.id}"


def due_for_waiting(chat: WaitingChat, rules: Waiting, hours: Hours, now: datetime) -> Step | None:
    """Return the next step about a chat that nobody takes; None while there is none, and in hours that are closed."""
    if not rules.on or is_snoozed(chat.conversation, now) or minutes_until_open(hours, now):
        return None
    waited = open_time(hours, chat.since, now)
    after = {
        Step.REMIND: rules.remind_after_minutes,
        Step.WIDEN: rules.widen_after_minutes,
        Step.TELL: rules.tell_after_minutes,
    }
    return next((step for step in Step if step not in chat.steps and waited >= after[step] * _MINUTE), None)
