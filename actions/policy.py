"""The schema of deescalation.yml: what a shop's policy says."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from actions.duty_policy import DutyRules, SlaRules
from actions.hours import Hours, minutes_until_open
from actions.outreach_policy import OutreachRules
from actions.remedy_policy import Remedies
from actions.rules import Rules
from actions.triggers import Handoff, Share
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason

SEVERITIES: Final = range(1, 6)

Severity = Annotated[int, Field(ge=SEVERITIES[0], le=SEVERITIES[-1])]


class Stance(StrEnum):
    """How the bot carries itself in one turn."""

    STEADY = "steady"
    WARM = "warm"
    GUIDE = "guide"
    REASSURE = "reassure"
    REPAIR = "repair"
    SOOTHE = "soothe"
    HANDOFF = "handoff"
    BOUNDARY = "boundary"


class Complaints(Rules):
    """What counts as a complaint, and how surely its intent must be read."""

    sure_above: Share
    always: frozenset[str]
    when_upset: frozenset[str]
    upset: dict[Emotion, Share]


class Offers(Rules):
    """How surely a "yes" to an offer of ours must be read."""

    sure_above: Share


class Stances(Rules):
    """How the bot answers each feeling."""

    sure_above: Share
    boundary_above: Share
    by_emotion: dict[Emotion, Stance]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := sorted(set(Emotion) - set(self.by_emotion)):
            raise ValueError(f"by_emotion has no line for {', '.join(missing)}")
        if Stance.HANDOFF in self.by_emotion.values():
            raise ValueError("a feeling alone does not hand over; that is decided under `handoff`")
        return self


class ShortAnswers(Rules):
    """Who writes so few words is answered in few."""

    on: bool
    up_to_words: int = Field(ge=1, le=30)


class Returns(Rules):
    """The shop's own rules: how long something can be sent back, and how long the money takes after that."""

    days: int = Field(ge=0, le=3650)
    refund_days: int = Field(ge=1, le=365)


class Policy(Rules):
    """The whole of deescalation.yml."""

    handoff: Handoff
    complaints: Complaints
    severity: dict[Reason, Severity]
    upset_adds: int = Field(ge=0, le=4)
    victim_adds: int = Field(ge=0, le=4)
    answer_within_minutes: dict[Severity, Annotated[int, Field(ge=1, le=1440)]]
    hours: Hours
    offers: Offers
    stances: Stances
    short_answers: ShortAnswers
    returns: Returns
    remedies: Remedies
    outreach: OutreachRules
    duty: DutyRules
    sla: SlaRules

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := sorted(set(Reason) - {Reason.TAKEN_OVER} - set(self.severity)):
            raise ValueError(f"severity has no line for {', '.join(missing)}")
        if missing_minutes := [str(n) for n in SEVERITIES if n not in self.answer_within_minutes]:
            raise ValueError(f"answer_within_minutes has no line for {', '.join(missing_minutes)}")
        minutes = [self.answer_within_minutes[n] for n in SEVERITIES]
        if minutes != sorted(minutes, reverse=True):
            raise ValueError("answer_within_minutes: a higher severity may not wait longer than a lower one")
        return self

    def is_unattended(self, now: datetime, on_duty: int | None) -> bool:
        """True when nobody is there in hours that are open; not where that is not known."""
        return on_duty == 0 and minutes_until_open(self.hours, now) == 0

    def told_minutes(self, severity: int, now: datetime, on_duty: int | None = None) -> int:
        """Return in how many minutes a person answers, as a shopper is told it: from when somebody is there on.

        `on_duty` is how many are there; with nobody in hours that are open it takes longer, and None is not known.
        """
        closed = minutes_until_open(self.hours, now)
        nobody = self.duty.nobody_adds_minutes if self.is_unattended(now, on_duty) else 0
        return closed + nobody + self.answer_within_minutes[severity]
