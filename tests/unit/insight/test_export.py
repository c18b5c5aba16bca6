"""Conversations as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.figures import ChatFacts
from bot.insight.export import COLUMNS, csv_of

MOMENT: Final = datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)
CHAT: Final = ChatFacts(
    id="c1", channel="web", language="ru", first_at=MOMENT, last_at=MOMENT, by_shopper=3, by_bot=2, by_operator=1,
    first_emotion="anger", last_emotion=None, first_upset=True, last_upset=None, ever_upset=True, misunderstood=0,
    handoffs=2, reasons=("anger", "asked"), severity=5, outcomes=("returned",), first_reply=61.6, longest=None,
    scores=("4",), promises=("voucher:kept",), sums=("EUR 5.000",), complaints=2, repeated=1, outreach=("csat",),
    shopper_name="=cmd()",
)  # fmt: skip


def read(*chats: ChatFacts) -> list[dict[str, str]]:
    text = "".join(csv_of(chats, ZoneInfo("Europe/Athens")))
    return list(csv.DictReader(io.StringIO(text)))


def test_a_conversation_is_one_row_with_the_shops_times_and_whole_seconds() -> None:
    [row] = read(CHAT)

    assert row["first_message"] == "2026-11-20T14:00:00+02:00"
    assert (row["reasons"], row["first_reply_seconds"], row["longest_handoff_seconds"]) == ("anger;asked", "62", "")
    assert (row["was_upset"], row["last_emotion"], row["promised"]) == ("yes", "", "EUR 5.000")


def test_no_name_and_nothing_written_is_in_the_file() -> None:
    assert "cmd" not in "".join(csv_of([CHAT], ZoneInfo("UTC")))
    assert len(COLUMNS) == len(fields(ChatFacts)) - len({"shopper_name", "first_upset", "last_upset"})


def test_without_conversations_there_is_the_head_alone() -> None:
    assert list(csv_of([], ZoneInfo("UTC"))) == [",".join(COLUMNS) + "\r\n"]
