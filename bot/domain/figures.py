"""What is counted over conversations, and over which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.domain.outreach import OutreachKind

UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True)
class Selection:
    """Which conversations: those with a message from `since` on and before `until`; days are those of the shop's `zone`.

    `language` may be `und` for conversations whose language is not known; None is every language, every channel.
    """

    since: datetime
    until: datetime
    zone: str
    language: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Yardstick:
    """What the policy calls upset (least confidence by emotion), not understood (intents) and a repetition (within)."""

    upset: Mapping[str, float]
    not_understood: frozenset[str]
    repeat_within: timedelta


@dataclass(frozen=True)
class Overview:
    """Conversations in which the shopper wrote, and the messages in them.

    `alone`: the bot answered by itself. `handed`: given to people in this time. `carried`: with people from before it.
    `calm_calm` and so on: how the first and the last message with a reading felt, where there are two or more;
    `ever_upset`: upset in any of them, `cooled`: of these, calm in the last.
    """

    chats: int = 0
    alone: int = 0
    handed: int = 0
    carried: int = 0
    by_shoppers: int = 0
    by_bot: int = 0
    by_operators: int = 0
    misunderstood: int = 0
    calm_calm: int = 0
    calm_upset: int = 0
    upset_calm: int = 0
    upset_upset: int = 0
    ever_upset: int = 0
    cooled: int = 0


@dataclass(frozen=True)
class Day:
    """One day by the shop's clock: conversations in which the shopper wrote, messages by author, handoffs."""

    day: date
    chats: int = 0
    by_shoppers: int = 0
    by_bot: int = 0
    by_operators: int = 0
    handoffs: int = 0


@dataclass(frozen=True)
class DayOfFeelings:
    """What was read in one day's messages: how many felt how, and how many were not understood."""

    day: date
    emotions: Mapping[str, int]
    misunderstood: int

    @property
    def read(self) -> int:
        """How many messages were read."""
        return sum(self.emotions.values())


@dataclass(frozen=True)
class HandoffCounts:
    """Handoffs opened, by what they have in common. An outcome of `open` has not ended."""

    total: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds; None where it never happened."""

    count: int = 0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True)
class TargetCount:
    """The shop's own times of one kind: how many are over, met or not, and how many of them were breached."""

    kind: str
    count: int
    breached: int


@dataclass(frozen=True)
class Waits:
    """From a handoff to an operator's first words, and to its end. Who was taken over by an operator did not wait.

    `told`: handoffs whose shopper was told a time that was kept or has passed; `in_time`: of these, answered by then.
    `unanswered`: open, and no operator has written yet.
    """

    first_reply: Spread
    end: Spread
    told: int = 0
    in_time: int = 0
    unanswered: int = 0


@dataclass(frozen=True)
class Scores:
    """What shoppers gave talks with people. `asked` counts the questions that went out."""

    asked: int
    by_score: Mapping[int, int]

    @property
    def answered(self) -> int:
        """How many gave a score."""
        return sum(self.by_score.values())

    @property
    def mean(self) -> float | None:
        """The mean score, None where nobody gave one."""
        total = sum(score * count for score, count in self.by_score.items())
        return total / self.answered if self.answered else None


@dataclass(frozen=True)
class PromiseCount:
    """Promises of one kind in one state, and what they may come to together in one currency."""

    kind: str
    state: str
    count: int
    currency: str | None
    amount: Decimal | None


@dataclass(frozen=True)
class ComplaintCounts:
    """Complaints, and those about the same as one before; the conversations of each."""

    complaints: int
    chats: int
    repeated: int
    repeated_chats: int


@dataclass(frozen=True)
class OutreachCount:
    """What was written first of one kind: sent, left out for a reason, answered by a button, refused for good.

    Of those asked how likely they are to recommend the shop, `promoters` gave 9 or 10 and `detractors` up to 6.
    """

    kind: str
    written: int
    skipped: int
    answered: int
    stopped: int
    promoters: int = 0
    detractors: int = 0

    @property
    def net(self) -> int | None:
        """The net promoter score, -100 to 100; None where nobody was asked for one, or nobody answered."""
        if self.kind != OutreachKind.NPS or not self.answered:
            return None
        return round(100 * (self.promoters - self.detractors) / self.answered)


class Pick(StrEnum):
    """Which conversations of a selection a figure counts; those with a value need one to say which."""

    CHATS = "chats"
    ALONE = "alone"
    HANDED = "handed"
    CARRIED = "carried"
    MISUNDERSTOOD = "misunderstood"
    EVER_UPSET = "ever_upset"
    COOLED = "cooled"
    LATE_REPLY = "late_reply"
    UNANSWERED = "unanswered"
    BREACHED = "breached"
    ASKED_SCORE = "asked_score"
    COMPLAINED = "complained"
    REPEATED = "repeated"
    MOOD = "mood"
    EMOTION = "emotion"
    REASON = "reason"
    SEVERITY = "severity"
    OUTCOME = "outcome"
    SCORE = "score"
    PROMISE = "promise"
    OUTREACH = "outreach"


@dataclass(frozen=True)
class ChatFacts:
    """One conversation of a selection: when, how much, how it felt and what came of it; no word of what was written.

    Times in seconds. An emotion may be one that upsets and not be read surely enough to count as upset. `first_reply` is
    the shortest of the handoffs, `longest` the longest until its end; `scores` are those given, `promises` are
    `kind:state`, `sums` are `EUR 10.000`.
    """

    id: str
    channel: str
    language: str
    first_at: datetime
    last_at: datetime
    by_shopper: int
    by_bot: int
    by_operator: int
    first_emotion: str | None
    last_emotion: str | None
    first_upset: bool | None
    last_upset: bool | None
    ever_upset: bool
    misunderstood: int
    handoffs: int
    reasons: tuple[str, ...]
    severity: int | None
    outcomes: tuple[str, ...]
    first_reply: float | None
    longest: float | None
    scores: tuple[str, ...]
    promises: tuple[str, ...]
    sums: tuple[str, ...]
    complaints: int
    repeated: int
    outreach: tuple[str, ...]
    shopper_name: str | None = None
