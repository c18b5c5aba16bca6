"""Telegram's speed limits, kept on our side: https://core.telegram.org/bots/faq#broadcasting-to-users."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from telegram.error import InvalidToken, RetryAfter

from bot.channels.pace import Pace

PER_CHAT = 1.0  # seconds between two messages in one chat
OVERALL = 1 / 30  # seconds between any two messages of the bot
LONGEST_PAUSE = 60.0  # seconds


def telegrams_pace(**how: Any) -> Pace:
    """Return Telegram's limits as a pace; `how` is its clock and sleep."""
    return Pace(PER_CHAT, OVERALL, **how)


def asked_to_wait(exc: RetryAfter) -> float:
    """Return the seconds Telegram wants us to wait."""
    wait = exc.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def pause(exc: Exception, failures: int) -> float:
    """Return the seconds to wait after a failure: what Telegram asks for, else doubling from one with chance in it."""
    if isinstance(exc, RetryAfter):
        return asked_to_wait(exc)
    if isinstance(exc, InvalidToken):  # until somebody mends the settings
        return LONGEST_PAUSE
    return min(LONGEST_PAUSE, 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311  not a secret
