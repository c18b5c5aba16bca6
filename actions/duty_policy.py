"""The parts of deescalation.yml about people on duty (`duty`) and the times the shop keeps (`sla`): their schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from actions.rules import Rules

_LEVELS: Final = range(1, 6)

Minutes = Annotated[int, Field(ge=1, le=10_080)]
Level = Annotated[int, Field(ge=_LEVELS[0], le=_LEVELS[-1])]


class Gone(Rules):
    """A chat of somebody whose console is not heard of goes back to the queue."""

    on: bool
    after_minutes: Minutes

    @property
    def after(self) -> timedelta:
        """How long nothing was heard."""
        return timedelta(minutes=self.after_minutes)


class Silent(Rules):
    """An operator who owes an answer is reminded; then the chat goes back to the queue."""

    on: bool
    remind_after_minutes: Minutes
    return_after_minutes: Minutes

    @property
    def remind_after(self) -> timedelta:
        """How long the shopper's message is without an answer."""
        return timedelta(minutes=self.remind_after_minutes)

    @property
    def return_after(self) -> timedelta:
        """After how long somebody else may take it."""
        return timedelta(minutes=self.return_after_minutes)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.return_after_minutes <= self.remind_after_minutes:
            raise ValueError("return_after_minutes is not more than remind_after_minutes")
        return self


class Finished(Rules):
    """A chat whose shopper writes nothing after the operator's last words goes back to the assistant."""

    on: bool
    after_hours: Annotated[int, Field(ge=1, le=720)]

    @property
    def after(self) -> timedelta:
        """How long it is quiet."""
        return timedelta(hours=self.after_hours)


class Waiting(Rules):
    """What is done when nobody takes a waiting chat, in minutes of the shop's hours."""

    on: bool
    remind_after_minutes: Minutes
    widen_after_minutes: Minutes
    tell_after_minutes: Minutes

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.remind_after_minutes < self.widen_after_minutes < self.tell_after_minutes:
            raise ValueError("remind, widen and tell have to come one after the other")
        return self


class Window(Rules):
    """What is done before a channel closes on a shopper who is owed an answer."""

    on: bool
    before_minutes: Annotated[int, Field(ge=10, le=1380)]
    tell_shopper: bool

    @property
    def before(self) -> timedelta:
        """How long before it closes."""
        return timedelta(minutes=self.before_minutes)


class Assign(Rules):
    """Whether waiting chats are given to people, and not only taken by them."""

    on: bool


class DutyRules(Rules):
    """Who counts as there, and what is done when they are not."""

    offline_after_minutes: Annotated[int, Field(ge=1, le=60)]
    capacity: Annotated[int, Field(ge=1, le=100)]
    alert_from_severity: Level
    nobody_adds_minutes: Annotated[int, Field(ge=0, le=1440)]
    gone: Gone
    silent: Silent
    finished: Finished
    waiting: Waiting
    window: Window
    assign: Assign

    @property
    def offline_after(self) -> timedelta:
        """From when on a console that is not heard of counts as closed."""
        return timedelta(minutes=self.offline_after_minutes)

    @model_validator(mode="after")
    def _gone_is_offline(self) -> Self:
        if self.gone.after_minutes < self.offline_after_minutes:
            raise ValueError("gone.after_minutes is less than offline_after_minutes")
        return self


class SlaRules(Rules):
    """The times the shop wants to keep, by severity, in minutes of its hours."""

    on: bool
    first_reply: dict[Level, Minutes]
    next_reply: dict[Level, Minutes]
    resolution: dict[Level, Minutes]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in ("first_reply", "next_reply", "resolution"):
            minutes: dict[int, int] = getattr(self, name)
            if missing := [str(level) for level in _LEVELS if level not in minutes]:
                raise ValueError(f"{name} has no line for {', '.join(missing)}")
            if (ordered := [minutes[level] for level in _LEVELS]) != sorted(ordered, reverse=True):
                raise ValueError(f"{name}: a higher severity may not wait longer than a lower one")
        return self
