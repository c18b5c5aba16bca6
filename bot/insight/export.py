"""Conversations of a figure as CSV: one row each, and not a word of what was written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.figures import ChatFacts

COLUMNS: Final = (
    "conversation", "channel", "language", "first_message", "last_message",
    "messages_shopper", "messages_bot", "messages_operator",
    "first_emotion", "last_emotion", "was_upset", "messages_not_understood",
    "handoffs", "reasons", "highest_severity", "outcomes", "first_reply_seconds", "longest_handoff_seconds",
    "scores", "promises", "promised", "complaints", "complaints_repeated", "written_first",
)  # fmt: skip


def csv_of(chats: Iterable[ChatFacts], zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of a CSV file, its head first; times are the shop's, several values are separated by `;`."""
    yield _line(COLUMNS)
    for chat in chats:
        yield _line(
            (
                chat.id, chat.channel, chat.language, _time(chat.first_at, zone), _time(chat.last_at, zone),
                chat.by_shopper, chat.by_bot, chat.by_operator,
                chat.first_emotion, chat.last_emotion, "yes" if chat.ever_upset else "no", chat.misunderstood,
                chat.handoffs, ";".join(chat.reasons), chat.severity, ";".join(chat.outcomes),
                _whole(chat.first_reply), _whole(chat.longest),
                ";".join(chat.scores), ";".join(chat.promises), ";".join(chat.sums),
                chat.complaints, chat.repeated, ";".join(chat.outreach),
            )
        )  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
