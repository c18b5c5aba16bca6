"""What each threshold of the policy does: recorded talks decided anew with one number turned up and down. Pure arithmetic.

A threshold decides two things at once: how many conversations reach people (the workload), and how many of those that
needed a person are caught. As a talk ends with its handoff, a looser number shows what more would come, and a stricter
one what would stay with the bot; what was said after that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from actions.deescalation import reasons_for_a_person
from actions.policy import Policy
from actions.replay import Talk
from actions.situation import Situation
from bot.domain.handoff import Reason

_SHARES: Final = tuple(step / 20 for step in range(2, 20))


@dataclass(frozen=True)
class Dial:
    """One number of a trigger, and the values to try, from the loosest (most is handed over) to the strictest."""

    reason: Reason
    field: str
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """Where it stands in the policy, under `handoff`: `anger.confidence`."""
        return f"{self.reason.value}.{self.field}"

    def now(self, policy: Policy) -> float:
        """Return the value in force."""
        return float(getattr(getattr(policy.handoff, self.reason.value), self.field))

    def turned(self, policy: Policy, value: float) -> Policy:
        """Return the policy with this number at a value, and its trigger on."""
        trigger = getattr(policy.handoff, self.reason.value).model_copy(update={"on": True, self.field: value})
        handoff = policy.handoff.model_copy(update={self.reason.value: trigger})
        return policy.model_copy(update={"handoff": handoff})

    def steps(self, policy: Policy) -> list[float]:
        """Return the values to try with the one in force among them, the loosest first."""
        falling = self.values[0] > self.values[-1]
        return sorted({*self.values, self.now(policy)}, reverse=falling)


DIALS: Final = (
    Dial(Reason.ANGER, "confidence", _SHARES),
    Dial(Reason.ANGER, "intensity", _SHARES),
    Dial(Reason.TENSION, "above", _SHARES),
    Dial(Reason.ABUSE, "above", _SHARES),
    Dial(Reason.THREAT, "sure_above", _SHARES),
    Dial(Reason.REPEAT, "within_hours", (720, 336, 168, 96, 72, 48, 24, 12, 6, 1)),
    Dial(Reason.ASKED, "sure_above", _SHARES),
    Dial(Reason.ASKED_AGAIN, "times", (2, 3, 4, 5, 6)),
    Dial(Reason.MISUNDERSTOOD, "in_a_row", (2, 3, 4, 5, 6)),
    Dial(Reason.MISUNDERSTOOD, "upset_in_a_row", (1, 2, 3, 4, 5)),
)


@dataclass(frozen=True)
class Watched:
    """A talk, and in which of its messages which reasons apply by the policy in force."""

    talk: Talk
    reasons: Sequence[frozenset[Reason]]


@dataclass(frozen=True)
class Point:
    """What one value does. `handed`: places of the talks handed over for whatever reason; `fired`: those by this trigger.

    `caught`: how many of the talks that needed a person this trigger would have given one, by itself.
    """

    value: float
    handed: frozenset[int]
    fired: int
    caught: int


@dataclass(frozen=True)
class Curve:
    """What a number does at each of its values, the loosest first.

    `now` is the value in force, `on` whether its trigger is; `handed` are the places of the talks handed over now.
    """

    dial: Dial
    now: float
    on: bool
    handed: frozenset[int]
    points: Sequence[Point]


def watched(talks: Iterable[Talk], policy: Policy) -> list[Watched]:
    """Decide every message of talks by the policy in force, once for all curves."""
    return [
        Watched(talk, [frozenset(reasons_for_a_person(situation, policy)) for situation in talk.situations])
        for talk in talks
    ]


def curve(seen: Sequence[Watched], policy: Policy, dial: Dial) -> Curve:
    """Turn one number through its values."""
    loosest = dial.turned(policy, dial.steps(policy)[0])
    by_others = frozenset(
        place for place, each in enumerate(seen) if any(reasons - {dial.reason} for reasons in each.reasons)
    )
    # A stricter value adds nothing, so only these messages have to be looked at again.
    may_fire = {
        place: found
        for place, each in enumerate(seen)
        if (found := [s for s in each.talk.situations if _fires(s, loosest, dial)])
    }
    points = []
    for value in dial.steps(policy):
        turned = dial.turned(policy, value)
        fired = {place for place, found in may_fire.items() if any(_fires(s, turned, dial) for s in found)}
        caught = sum(seen[place].talk.need is not None for place in fired)
        points.append(Point(value, by_others | fired, len(fired), caught))
    handed = frozenset(place for place, each in enumerate(seen) if any(each.reasons))
    return Curve(dial, dial.now(policy), getattr(policy.handoff, dial.reason.value).on, handed, points)


def _fires(situation: Situation, policy: Policy, dial: Dial) -> bool:
    return dial.reason in reasons_for_a_person(situation, policy)
