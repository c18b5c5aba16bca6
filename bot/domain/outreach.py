"""What the bot writes without being asked, and what shoppers answer by its buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from bot.domain.order import Order

# The answer of every button that says "no more such messages".
STOP: Final = "stop"
WELL: Final = "well"
NOT_WELL: Final = "not_well"
SCORES: Final = ("1", "2", "3", "4", "5")
LOW_SCORES: Final = frozenset({"1", "2"})
# How likely somebody is to recommend the shop: up to 6 they would not, from 9 on they would.
LIKELIHOODS: Final = tuple(map(str, range(11)))
DETRACTORS: Final = frozenset(LIKELIHOODS[:7])
PROMOTERS: Final = frozenset(LIKELIHOODS[9:])

_PAYLOAD: Final = re.compile(r'/outreach\{"id": (\d{1,18}), "answer": "([a-z0-9_]{1,16})"\}')


class OutreachKind(StrEnum):
    """What the bot writes first about."""

    CSAT = "csat"
    FOLLOW_UP = "follow_up"
    LATE_ORDER = "late_order"
    NPS = "nps"


ANSWERS: Final = {
    OutreachKind.CSAT: frozenset({*SCORES}),
    OutreachKind.FOLLOW_UP: frozenset({WELL, NOT_WELL, STOP}),
    OutreachKind.LATE_ORDER: frozenset({STOP}),
    OutreachKind.NPS: frozenset({*LIKELIHOODS, STOP}),
}


@dataclass(frozen=True)
class Outreach:
    """One time that the bot wrote first. `about` says about what: nothing is ever written twice about the same.

    Where nothing could be sent, `skipped` says why and `message_id` is None.
    """

    id: int
    conversation_id: str
    kind: OutreachKind
    about: str
    created_at: datetime
    message_id: int | None
    skipped: str | None
    answered_at: datetime | None
    answer: str | None


@dataclass(frozen=True)
class Pressed:
    """What a button under an outreach says."""

    outreach_id: int
    answer: str

    @property
    def payload(self) -> str:
        """What the button stands for; short enough for Telegram's 64 bytes."""
        return f'/outreach{{"id": {self.outreach_id}, "answer": "{self.answer}"}}'

    @classmethod
    def from_payload(cls, payload: str | None) -> Pressed | None:
        """Read a payload, or return None where it is none of ours. It is untrusted: look whose outreach it is."""
        found = _PAYLOAD.fullmatch(payload or "")
        return cls(int(found[1]), found[2]) if found else None


def lateness(order: Order) -> str:
    """Return what tells one lateness from another: late again after a new promised day is a new one."""
    return f"{order.number} {order.promised_at.astimezone(UTC):%Y-%m-%d}" if order.promised_at else order.number
