"""What brings in a person: the `handoff` section of deescalation.yml."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from actions.rules import Rules

REMEMBERED: Final = timedelta(days=90)
"""How long a complaint may count."""

Share = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[str, Field(min_length=1), AfterValidator(str.casefold)]


class Trigger(Rules):
    """What brings in a person; `on` is its switch."""

    on: bool


class Asked(Trigger):
    """A request for a person, read at least this surely."""

    sure_above: Share


class Safety(Trigger):
    """Words of danger, unless the message wants one of these."""

    not_in: frozenset[str]


class Anger(Trigger):
    """Anger goes to a person when it is sure and strong enough, unless the message wants one of these."""

    confidence: Share
    intensity: Share
    not_in: frozenset[str]


class Tension(Trigger):
    """So do last messages that together are tense enough, and were somewhat before this one, unless this one is calm."""

    above: Annotated[float, Field(gt=0, le=1)]
    before: Share
    calm_below: Share


class Abuse(Trigger):
    """Insults go to a person above this share."""

    above: Share


class Threat(Trigger):
    """The intents that threaten, with court or with bad publicity, and how surely they must be read."""

    intents: frozenset[str]
    sure_above: Share


Sums = dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[float, Field(gt=0)]]


class AllOrders(Trigger):
    """A complaint of somebody whose orders together came to this much, by currency."""

    from_total: Sums


class Value(Trigger):
    """A complaint about an order that came to this much, by currency; or of somebody whose orders did together."""

    from_total: Sums
    all_orders: AllOrders


class AskedAgain(Trigger):
    """How often the same may be asked, with answers in between, and whether "that is not what I asked" counts."""

    times: int = Field(ge=2, le=10)
    said_by_shopper: bool


class Victim(Trigger):
    """Somebody to whom things happen again and again: so many earlier complaints, about whatever, or so many bad endings."""

    complaints: int = Field(ge=1, le=20)
    within_days: int = Field(ge=1, le=REMEMBERED.days)
    bad_endings: int = Field(ge=1, le=3)

    @property
    def window(self) -> timedelta:
        """The time in which earlier complaints count."""
        return timedelta(days=self.within_days)


class Repeat(Trigger):
    """How long a complaint is remembered, whether a shopper's own "again" counts, and who gets a person at the first."""

    within_hours: float = Field(gt=0, le=REMEMBERED.days * 24)
    said_by_shopper: bool
    not_by_itself: frozenset[Word]
    victim: Victim

    @property
    def window(self) -> timedelta:
        """The time in which a second complaint about the same counts as a repetition."""
        return timedelta(hours=self.within_hours)


class Misunderstood(Trigger):
    """How many messages in a row may be not understood; by an upset shopper fewer."""

    in_a_row: int = Field(ge=2, le=10)
    upset_in_a_row: int = Field(ge=1, le=10)


class WrongProofs(Rules):
    """How often a wrong e-mail or phone may be tried."""

    limit: int = Field(ge=1, le=20)
    within_minutes: int = Field(ge=1, le=1440)


class Handoff(Rules):
    """What brings in a person."""

    asked: Asked
    safety: Safety
    fraud: Trigger
    anger: Anger
    tension: Tension
    abuse: Abuse
    threat: Threat
    repeat: Repeat
    value: Value
    asked_again: AskedAgain
    misunderstood: Misunderstood
    wrong_proofs: WrongProofs
