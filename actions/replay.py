"""A policy run over conversations as they were recorded: who would be handed over, when, and why. Pure arithmetic.

A conversation is decided message by message up to its first handoff. What the shopper would have said afterwards to the
bot instead of a person, or the other way round, nobody knows: a replay says when a person comes in, not how it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from actions.deescalation import decide
from actions.policy import Policy
from actions.situation import Situation
from bot.domain.handoff import Reason


@dataclass(frozen=True)
class Need:
    """When a good shop hands over: justified from the message `start` on and in time up to `end`, counted from 1."""

    start: int
    end: int


@dataclass(frozen=True)
class Talk:
    """One conversation with the bot. `need` is None where no person was needed."""

    name: str
    language: str
    situations: Sequence[Situation]
    need: Need | None


@dataclass(frozen=True)
class Handover:
    """The first handoff of a talk: at which message, counted from 1, and why."""

    at: int
    reason: Reason


def handed_over(talk: Talk, policy: Policy) -> Handover | None:
    """Return the first handoff of a talk under a policy, or None."""
    for place, situation in enumerate(talk.situations, 1):
        if reason := decide(situation, policy).reason:
            return Handover(place, reason)
    return None


@dataclass
class Tally:
    """Counts over talks. `right`: a person was needed, and did not come before there was a reason. `in_time`: nor after it was late."""

    talks: int = 0
    needed: int = 0
    handed: int = 0
    right: int = 0
    in_time: int = 0
    at: list[int] = field(default_factory=list)
    reasons: Counter[Reason] = field(default_factory=Counter)
    wrong: Counter[Reason] = field(default_factory=Counter)

    def count(self, talk: Talk, handover: Handover | None) -> None:
        """Add one talk."""
        self.talks += 1
        self.needed += talk.need is not None
        if handover is None:
            return
        self.handed += 1
        self.at.append(handover.at)
        self.reasons[handover.reason] += 1
        if talk.need is not None and handover.at >= talk.need.start:
            self.right += 1
            self.in_time += handover.at <= talk.need.end
        else:
            self.wrong[handover.reason] += 1

    @property
    def precision(self) -> float | None:
        """Of the talks handed over, the share where a person was needed; None where none was."""
        return self.right / self.handed if self.handed else None

    @property
    def recall(self) -> float | None:
        """Of the talks that needed a person, the share handed over in time; None where none did."""
        return self.in_time / self.needed if self.needed else None

    @property
    def workload(self) -> float:
        """The share of all talks that reach people."""
        return self.handed / self.talks if self.talks else 0.0


def tallied(talks: Iterable[Talk], policy: Policy) -> Tally:
    """Count what a policy makes of talks."""
    tally = Tally()
    for talk in talks:
        tally.count(talk, handed_over(talk, policy))
    return tally
