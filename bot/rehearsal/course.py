"""How a persona's conversation went, and where that is not what was expected. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.handoff import Reason
from bot.rehearsal.heard import Heard
from bot.rehearsal.persona import Outcome, Persona
from bot.rehearsal.player import kinds_of

_LEFT_OPEN = re.compile(r"[{}\[\]]")


@dataclass(frozen=True)
class Exchange:
    """What the shopper said in one step, how it was read, and the answer."""

    step: int
    said: tuple[str, ...]
    readings: tuple[str, ...]
    heard: Heard


@dataclass(frozen=True)
class Course:
    """A conversation from its beginning until the shopper left. `handed_off` is (number of the shopper's message, reason)."""

    persona: Persona
    exchanges: tuple[Exchange, ...]
    handed_off: tuple[int, Reason] | None = None
    unanswered: str | None = None

    @property
    def turns(self) -> int:
        """How many messages the shopper sent."""
        return sum(len(exchange.said) for exchange in self.exchanges)

    @property
    def left_content(self) -> bool:
        """True when the shopper came to a step with `last`."""
        return self.persona.says[self.exchanges[-1].step].last

    @property
    def shape(self) -> str:
        """The answers in a few words: `asks proof, facts, handed over`."""
        heard = [exchange.heard for exchange in self.exchanges]
        kinds = [kinds_of(heard[: n + 1]) - {"any"} for n in range(len(heard))]
        shown = [("handed_over" if "handed_over" in k else "+".join(sorted(k))) or "answers" for k in kinds]
        return ", ".join(shown).replace("_", " ")


def misses(course: Course) -> list[str]:
    """Return a sentence for everything that is not as expected; none: the course is."""
    found = [course.unanswered] if course.unanswered else []
    if not any(_met(expected, course) for expected in course.persona.expects):
        found.append(f"expected {course.persona.expected}, but {_ended(course)}")
    return found + _ill_said(course)


def _met(expected: Outcome, course: Course) -> bool:
    wanted = expected.handed_off
    if wanted is not None:
        at, reason = course.handed_off or (0, None)
        return reason in wanted.reasons and at <= wanted.by
    return course.handed_off is None and (expected.ends == "never" or course.left_content)


def _ended(course: Course) -> str:
    if course.handed_off:
        at, reason = course.handed_off
        return f"it was handed off at message {at} ({reason})"
    if course.left_content:
        return "it was solved without a person"
    return f"after {course.turns} messages it was neither solved nor handed off"


def _ill_said(course: Course) -> list[str]:
    """Return what nobody may read: the persona's own list, two equal replies in a row, an open bracket, foreign words."""
    found, before, with_people = [], None, False
    for number, exchange in enumerate(course.exchanges, 1):
        replies = exchange.heard.replies
        if with_people and replies:
            found.append(f"answer {number} was given while people had the chat")
        if not (with_people or replies or course.unanswered):
            found.append(f"answer {number} is empty")
        for reply in replies:
            low = reply.text.casefold()
            found += [f"answer {number} says {p!r}" for p in course.persona.never_reads if p.casefold() in low]
            if reply.text == before:
                found.append(f"answer {number} is the reply before it once more")
            if _LEFT_OPEN.search(reply.text):
                found.append(f"answer {number} has a bracket that was not filled")
            before = reply.text
        if None in exchange.heard.responses:
            found.append(f"answer {number} is in no words of responses/{course.persona.language}.yml")
        with_people = "handed_over" in exchange.heard.kinds
    return found
