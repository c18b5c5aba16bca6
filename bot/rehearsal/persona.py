"""A scripted shopper; `tests/personas/README.md` explains the few words one is written in."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from actions.slots import Awaiting
from bot.domain.handoff import Reason

ASKS = frozenset(f"asks_{awaiting.value}" for awaiting in Awaiting)
OTHERS = frozenset({"asks_again", "offers", "facts", "not_understood", "handed_over", "any"})
_A_RESPONSE = re.compile(r"utter_[a-z_]*\Z")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Text = Annotated[str, Field(min_length=1, max_length=4000)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Written):
    """One line of the shopper (several are sent in a row), or a pressed button. With a condition it waits until it fits."""

    say: Texts | None = None
    press: Annotated[str, Field(pattern="^/")] | None = None
    when: Texts | None = None
    if_heard: Texts | None = None
    last: bool = False

    @model_validator(mode="before")
    @classmethod
    def _a_bare_line(cls, value: Any) -> Any:
        return {"say": value} if isinstance(value, str | list) else value

    @field_validator("when")
    @classmethod
    def _known(cls, when: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for kind in when or ():
            if kind not in ASKS | OTHERS and not _A_RESPONSE.match(kind):
                known = ", ".join(sorted(ASKS | OTHERS))
                raise ValueError(f"{kind} is no kind of answer; these are: {known}, or a response (utter_...)")
        return when

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        if (self.say is None) == (self.press is None):
            raise ValueError("a step has either `say` or `press`")
        return self

    @property
    def waits(self) -> bool:
        """True for a step that is said only as an answer to what the bot did."""
        return self.when is not None or self.if_heard is not None or self.press is not None


class HandedOff(_Written):
    """Handed off at the shopper's message number `by` at the latest, for one of these reasons."""

    by: int = Field(ge=1, le=30)
    reasons: Annotated[tuple[Reason, ...], BeforeValidator(_as_list), Field(min_length=1)]

    def __str__(self) -> str:
        return f"handed off by {self.by} ({'|'.join(self.reasons)})"


class Outcome(_Written):
    """How it may end: `solved`, `never` (handed off), or handed off as told."""

    ends: Literal["solved", "never"] | None = None
    handed_off: HandedOff | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_bare_word(cls, value: Any) -> Any:
        return {"ends": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ends is None) == (self.handed_off is None):
            raise ValueError("is either `solved`, `never` or `handed_off: {by, reasons}`")
        return self

    def __str__(self) -> str:
        return str(self.ends or self.handed_off)


class Persona(_Written):
    """A scripted shopper: who they are, what they say, and how it should end."""

    language: str
    persona: Text
    about: Text
    says: tuple[Step, ...] = Field(min_length=1)
    expects: Annotated[tuple[Outcome, ...], BeforeValidator(_as_list), Field(min_length=1)]
    never_reads: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = ()

    @model_validator(mode="after")
    def _can_begin_and_be_solved(self) -> Self:
        if self.says[0].waits:
            raise ValueError("the first step begins the conversation, so it has no condition")
        if any(outcome.ends == "solved" for outcome in self.expects) and not any(step.last for step in self.says):
            raise ValueError("`solved` needs a step with `last: true`, the one that says so")
        return self

    @property
    def expected(self) -> str:
        """The expectation in a few words."""
        return " or ".join(str(outcome) for outcome in self.expects)
