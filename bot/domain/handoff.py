"""Why and how urgently a conversation goes to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Reason(StrEnum):
    """What made the bot, or the gateway, ask for an operator."""

    ASKED = "asked"
    OFFER_ACCEPTED = "offer"
    SAFETY = "safety"
    FRAUD = "fraud"
    ANGER = "anger"
    TENSION = "tension"
    THREAT = "threat"
    REPEAT = "repeat"
    ABUSE = "abuse"
    VALUE = "value"
    ASKED_AGAIN = "asked_again"
    MISUNDERSTOOD = "misunderstood"
    ERROR = "error"
    TAKEN_OVER = "taken_over"


class Outcome(StrEnum):
    """How a handoff ended. LEFT_QUEUE: the shopper went back to the bot; RETURNED: an operator gave it back and said no more."""

    RETURNED = "returned"
    LEFT_QUEUE = "left_queue"
    SOLVED = "solved"
    REFUNDED = "refunded"
    TOLD = "told"
    NOT_OURS = "not_ours"
    NO_ANSWER = "no_answer"
    SPAM = "spam"
    BLOCKED = "blocked"


RESOLVED: Final = (
    Outcome.SOLVED, Outcome.REFUNDED, Outcome.TOLD, Outcome.NOT_OURS, Outcome.NO_ANSWER, Outcome.SPAM
)  # fmt: skip
"""What an operator resolves a chat as."""
HELPED: Final = (Outcome.RETURNED, Outcome.SOLVED, Outcome.REFUNDED, Outcome.TOLD)
"""After these a shopper may be asked how it was."""
MAX_BECAUSE: Final = 500


@dataclass(frozen=True)
class HandoffRequest:
    """A command `{"command": "handoff", ...}` from an action: `severity` 1 (calm) to 5 (burning), `words` that decided it."""

    reason: Reason
    severity: int
    words: str
    within_minutes: int

    @classmethod
    def from_command(cls, command: Mapping[str, Any]) -> HandoffRequest:
        """Read the command; raises KeyError or ValueError when it is malformed."""
        severity = int(command["severity"])
        if not 1 <= severity <= 5:
            raise ValueError(f"severity {severity} is not in 1..5")
        return cls(
            reason=Reason(command["reason"]),
            severity=severity,
            words=str(command["words"])[:280],
            within_minutes=int(command["within_minutes"]),
        )
