"""What is known of a shopper from before: over all their conversations, by what they have proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.emotion import Emotion
from bot.domain.people import Complaint


@dataclass(frozen=True)
class Contact:
    """A talk with a person that is over: how it ended, the score given for it, and the feeling of the last message in it."""

    ended_at: datetime
    outcome: str
    score: int | None
    emotion: Emotion | None


@dataclass(frozen=True)
class History:
    """The last contacts, newest first; the complaints, oldest first; what all orders came to, by currency."""

    contacts: tuple[Contact, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    totals: Mapping[str, float] = field(default_factory=dict)
