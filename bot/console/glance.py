"""What is known at a glance in the facts column: the summary, how somebody writes, what the bot tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.console.case import Case
from bot.console.elements import tag
from bot.console.marks import language_name
from bot.console.texts import Words
from bot.domain.correction import CorrectionKind
from bot.domain.emotion import Emotion
from bot.domain.messages import Author
from bot.domain.order import OrderStatus
from bot.domain.people import Complaint, Message
from bot.domain.promise import Promise, PromiseKind
from bot.handoff.manner import Manner, manner_of
from bot.handoff.summary import Known, Line, Offered, offers_in, summarise


@dataclass(frozen=True)
class Glance:
    """All of this as plain values, so that it is drawn again only when it changed."""

    lines: tuple[str, ...]
    manner: Manner | None
    scores: tuple[int, ...]
    stances: tuple[tuple[str, int], ...]
    offers: tuple[tuple[Offered, int], ...]
    promises: tuple[Promise, ...]


def glance(words: Words, case: Case, now: datetime) -> Glance:
    """Return what is known of a case at a moment of the shop's clock."""
    today = words.local_day(now)
    scores = tuple(scores_of(case))
    known = Known(
        messages=case.messages,
        felt=lambda message: felt_in(case, message),
        complaints=case.complaints,
        orders=[known.order for known in case.orders],
        promises=case.promises,
        handoffs=case.handoffs,
        scores=scores,
        now=now,
    )
    stances = Counter(m.stance for m in case.messages if m.author is Author.SHOPPER and m.stance)
    return Glance(
        lines=tuple(tell(words, line, today) for line in summarise(known)),
        manner=manner_of(case.messages),
        scores=scores,
        stances=tuple(stances.most_common()),
        offers=tuple(Counter(offers_in(case.messages)).most_common()),
        promises=case.made,
    )


def felt_in(case: Case, message: Message) -> Emotion | None:
    """Return what a shopper felt in a message: as a person corrected it, else as it was read."""
    correction = case.corrected(message.id).get(CorrectionKind.EMOTION)
    if correction:
        return Emotion(correction.became)
    return message.reading.emotion if message.reading else None


def scores_of(case: Case) -> list[int]:
    """Return the scores a shopper gave, oldest first."""
    return [int(one.answer) for one in case.outreach if one.answer is not None and one.answer.isdecimal()]


def tell(words: Words, line: Line, today: date) -> str:
    """Return a line of the summary in words."""
    return words(f"facts.sum.{line.name}", **{name: _say(words, fact, today) for name, fact in line.facts.items()})


def draw_summary(words: Words, lines: Sequence[str]) -> None:
    """Draw the summary."""
    with tag("section", css="card summary", testid="summary"):
        tag("h3", words("facts.summary"))
        with tag("ul"):
            for line in lines:
                tag("li", line, dir="auto")


def tell_manner(words: Words, manner: Manner) -> str:
    """Say how somebody writes, in one line."""
    languages = ", ".join(language_name(words, language) for language in manner.languages)
    parts = [
        words(f"facts.manner_{manner.length.value}"),
        words("facts.manner_language", languages=languages) if languages else "",
        words("facts.manner_emoji" if manner.emoji else "facts.manner_plain"),
    ]
    return ", ".join(part for part in parts if part)


def draw_tried(words: Words, seen: Glance) -> None:
    """Draw what was tried: how the bot answered, what it offered, and what was promised; nothing where there is nothing."""
    told = [(f"facts.stance.{name}", n) for name, n in seen.stances if words.has(f"facts.stance.{name}")]
    told += [(f"facts.offer.{offered.value}", n) for offered, n in seen.offers]
    if not told and not seen.promises:
        return
    with tag("section", css="card", testid="tried"):
        tag("h3", words("facts.tried"))
        with tag("ul", css="tried"):
            for key, n in told:
                tag("li", words("facts.times", what=words(key), n=n) if n > 1 else words(key))
            for promise in seen.promises:
                state = words(f"insight.state.{promise.state.value}")
                kind = words(f"promise.{promise.kind.value}")
                tag("li", words("facts.promise", promise=kind, code=promise.code, state=state))


def _say(words: Words, fact: object, today: date) -> object:
    match fact:
        case datetime():
            return words.moment(fact.astimezone(UTC), today=today)
        case Emotion():
            return words(f"emotion.{fact.value}")
        case OrderStatus():
            return words(f"status.{fact.value}")
        case PromiseKind():
            return words(f"promise.{fact.value}")
        case Complaint():
            key = f"facts.problem.{fact.problem}"
            return words(key) if words.has(key) else words("facts.problem.general")
        case _:
            return fact
