"""What a person says a message should have been read as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.emotion import Emotion
from bot.domain.intents import INTENTS


class CorrectionKind(StrEnum):
    """Which part of a reading is corrected."""

    EMOTION = "emotion"
    INTENT = "intent"


class CorrectionState(StrEnum):
    """NEW waits for a trainer; UNDONE was taken back, or replaced by another one, and counts no more."""

    NEW = "new"
    UNDONE = "undone"


@dataclass(frozen=True)
class Correction:
    """One correction of a message's reading: from `was` (None where nothing was read) to `became`, by a user."""

    id: int
    conversation_id: str
    message_id: int
    kind: CorrectionKind
    was: str | None
    became: str
    user_id: int
    made_at: datetime
    state: CorrectionState


def checked(kind: CorrectionKind, became: str) -> str:
    """Return what a reading is corrected to; raises ValueError, which names it, where there is no such emotion or intent."""
    known = INTENTS if kind is CorrectionKind.INTENT else frozenset(Emotion)
    if became not in known:
        raise ValueError(f"{became!r} is no {kind.value}")
    return became
