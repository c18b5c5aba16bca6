"""The part of deescalation.yml about what the bot writes without being asked: its schema."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from actions.rules import Rules
from bot.domain.promise import PromiseKind

NEVER: Final = "never"
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")

Days = Annotated[int, Field(ge=1, le=365)]


class QuietHours(Rules):
    """From when to when nothing is written first, by the shop's clock; it may go past midnight."""

    start: time
    end: time

    def hold(self, clock: time) -> bool:
        """True when it is quiet at this time of the day."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def _quiet(value: Any) -> Any:
    """Read `21:00-09:00` or `never`; raises ValueError that says what is wrong."""
    if value == NEVER:
        return None
    if not isinstance(value, str) or not (found := _SPAN.fullmatch(value.strip())):
        raise ValueError('is not hours such as "21:00-09:00", or never')
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    span = QuietHours(start=time(from_hour, from_minute), end=time(to_hour, to_minute))
    if span.start == span.end:
        raise ValueError("begins when it ends; for no quiet hours write never")
    return span


class Switch(Rules):
    """Something that can be switched off."""

    on: bool


class Csat(Switch):
    """The question how it was with a person: so long after they gave the chat back, and not more often than this."""

    after_minutes: int = Field(ge=0, le=1440)
    every_days: Days

    @property
    def after(self) -> timedelta:
        """How long the chat has to be with the bot again."""
        return timedelta(minutes=self.after_minutes)

    @property
    def pause(self) -> timedelta:
        """How long nobody is asked a second time."""
        return timedelta(days=self.every_days)


class Nps(Switch):
    """The question how likely they are to recommend the shop: so many days after a talk with a person, and not again for months."""

    after_days: Days
    every_months: int = Field(ge=1, le=24)

    @property
    def after(self) -> timedelta:
        """How long the talk has to be over."""
        return timedelta(days=self.after_days)

    @property
    def pause(self) -> timedelta:
        """How long nobody is asked a second time."""
        return timedelta(days=self.every_months * 365 / 12)


class FollowUp(Switch):
    """The question whether what was promised came well: so many days after its day, by kind; kinds not named are not asked about."""

    after_days: dict[PromiseKind, Days]

    @property
    def after(self) -> dict[PromiseKind, timedelta]:
        """The wait after the promised day, by kind."""
        return {kind: timedelta(days=days) for kind, days in self.after_days.items()}

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if unlike := sorted(set(self.after_days) - {PromiseKind.RESHIP, PromiseKind.REFUND}):
            raise ValueError(f"after_days: there is no question about {unlike[0]}, only about reship and refund")
        return self


class LateOrders(Switch):
    """News of a late order: from so many days late on, and not of those that are later than this."""

    from_days: Days
    up_to_days: Days
    not_told_for_days: Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.up_to_days < self.from_days:
            raise ValueError("up_to_days is less than from_days")
        return self


class OutreachRules(Rules):
    """What the bot may write first, and when not."""

    quiet_hours: Annotated[QuietHours | None, BeforeValidator(_quiet)]
    csat: Csat
    nps: Nps
    late_orders: LateOrders
    follow_up: FollowUp
