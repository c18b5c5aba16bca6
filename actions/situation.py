"""What the policy decides on in one turn, and what it decides; plain values, which are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from actions.policy import Stance
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason


class Read(Protocol):
    """What was read in a message: of a `Reading`, and of a `Situation`."""

    @property
    def intent(self) -> str:
        """What the shopper wants."""
        ...

    @property
    def intent_confidence(self) -> float:
        """How surely that is read, 0..1."""
        ...

    @property
    def emotion(self) -> Emotion:
        """What the shopper feels."""
        ...

    @property
    def confidence(self) -> float:
        """How surely that is read, 0..1."""
        ...


@dataclass(frozen=True)
class Situation:
    """Everything the decision looks at, of one turn; plain values, so that it can be kept and decided again.

    `misunderstood_in_row`, `asked_times` (how often this was asked, with answers in between) and `tension` count this
    message too; `tension_before` does not. `hours_since_same`: since an earlier complaint about the same. `repetitions`,
    `dangers`, `frauds`, `unanswered` and `calming` are the message's words of repetition, of danger, of fraud, for an
    answer that was none, and of calm ("no rush"). `swears_elsewhere`: it swears, and at none of us.
    `order_total` is that of the shopper's own order this is about, `orders_total` that of all orders proven to be theirs, in
    the same currency (or in the one they spent most in). `complaints_before` counts the complaints of other days in all their
    conversations, about whatever, `ended_badly` their last contacts with a low score or an upset end, as many as the policy looks at.
    """

    intent: str
    emotion: Emotion
    confidence: float
    intensity: float
    abuse: float
    offer_open: bool = False
    misunderstood_in_row: int = 0
    broken: bool = False
    tension: float = 0.0
    tension_before: float = 0.0
    answers_us: bool = False
    hours_since_same: float | None = None
    repetitions: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    frauds: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    calming: tuple[str, ...] = ()
    asked_times: int = 1
    order_total: float = 0.0
    currency: str | None = None
    intent_confidence: float = 1.0
    orders_total: float = 0.0
    orders_currency: str | None = None
    complaints_before: int = 0
    ended_badly: int = 0
    swears_elsewhere: bool = False


@dataclass(frozen=True)
class Decision:
    """How to answer; `reason` and `severity` (1..5) are set when a person takes over."""

    stance: Stance
    reason: Reason | None = None
    severity: int | None = None


def as_kept(situation: Situation, decision: Decision) -> dict[str, Any]:
    """Return what is kept of a decision, as JSON takes it: the situation, and what came of it."""
    return asdict(situation) | {
        "stance": decision.stance.value,
        "reason": decision.reason.value if decision.reason else None,
        "severity": decision.severity,
    }


def situation_from(kept: Mapping[str, Any]) -> Situation:
    """Return the situation in what `as_kept` returned; raises TypeError, KeyError or ValueError where it is not one."""
    values = {field.name: kept[field.name] for field in fields(Situation) if field.name in kept}
    for name in ("repetitions", "dangers", "frauds", "unanswered", "calming"):
        values[name] = tuple(values.get(name, ()))
    return Situation(**values | {"emotion": Emotion(kept["emotion"])})
