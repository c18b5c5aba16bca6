"""What an operator has to know first, from facts alone: a few lines as keys of texts with typed values. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final

from bot.domain.emotion import Emotion
from bot.domain.messages import Author
from bot.domain.order import Order
from bot.domain.people import Complaint, Handoff, Message
from bot.domain.promise import Promise

MOST_LINES: Final = 6
_HOT: Final = frozenset({Emotion.ANGER, Emotion.FRUSTRATION, Emotion.DISAPPOINTMENT, Emotion.ANXIETY})
_RECENT: Final = timedelta(days=1)
_YES, _NO = "/affirm", "/deny"


class Offered(StrEnum):
    """What became of a question by which the bot offered something."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    OPEN = "open"


@dataclass(frozen=True)
class Line:
    """One line: the name of its text (`facts.sum.<name>`) and what is filled in. `n` chooses the plural form."""

    name: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What there is to sum up. `felt` is the emotion of a message, as corrected; orders are those talked of, latest first."""

    messages: Sequence[Message]
    felt: Callable[[Message], Emotion | None]
    complaints: Sequence[Complaint]
    orders: Sequence[Order]
    promises: Sequence[Promise]
    handoffs: Sequence[Handoff]
    scores: Sequence[int]
    now: datetime


def summarise(known: Known) -> list[Line]:
    """Return at most six lines, the most telling first."""
    lines = [
        *_complaint(known), *_feeling(known), *_order(known), *_offer(known), *_promised(known), *_before(known),
    ]  # fmt: skip
    return lines[:MOST_LINES]


def offers_in(messages: Sequence[Message]) -> list[Offered]:
    """Return what became of each yes-or-no question of the bot, oldest first; who writes of something else leaves it open."""
    found = []
    for place, message in enumerate(messages):
        payloads = {button.payload for button in message.buttons}
        if message.author is Author.BOT and {_YES, _NO} <= payloads:
            answer = next((later for later in messages[place + 1 :] if later.author is Author.SHOPPER), None)
            found.append(_answered(answer))
    return found


def _answered(answer: Message | None) -> Offered:
    said = answer and (answer.payload or (f"/{answer.reading.intent}" if answer.reading else None))
    return {_YES: Offered.ACCEPTED, _NO: Offered.DECLINED}.get(said or "", Offered.OPEN)


def _complaint(known: Known) -> list[Line]:
    if not known.complaints:
        return []
    last = known.complaints[-1]
    same = [one for one in known.complaints if (one.problem, one.order_number) == (last.problem, last.order_number)]
    facts = {"n": len(same), "problem": last, "moment": same[0].created_at}
    if last.order_number is None:
        return [Line("complaint", facts)]
    return [Line("complaint_about", facts | {"order": last.order_number})]


def _feeling(known: Known) -> list[Line]:
    """Say since when somebody has been upset, or calm again after being so within a day."""
    read = [(message, emotion) for message in known.messages if (emotion := known.felt(message)) is not None]
    if not read:
        return []
    now = read[-1][1]
    hot = now in _HOT
    run = list(takewhile(lambda one: (one[1] is now) if hot else one[1] not in _HOT, reversed(read)))
    facts: dict[str, object] = {"emotion": now, "moment": run[-1][0].created_at}
    if hot:
        return [Line("felt", facts)]
    before = read[-len(run) - 1] if len(run) < len(read) else None
    if before is None or known.now - before[0].created_at > _RECENT:
        return []
    return [Line("calmed", facts | {"before": before[1]})]


def _order(known: Known) -> list[Line]:
    if not known.orders:
        return [Line("no_order")]
    order = max(known.orders, key=lambda one: one.days_late(known.now))
    facts: dict[str, object] = {"order": order.number, "status": order.status}
    if late := order.days_late(known.now):
        return [Line("order_late", facts | {"n": late})]
    return [Line("order", facts)]


def _offer(known: Known) -> list[Line]:
    offered = offers_in(known.messages)
    return [Line(f"offer_{offered[-1].value}")] if offered else []


def _promised(known: Known) -> list[Line]:
    still = sorted((promise for promise in known.promises if promise.is_open), key=lambda promise: promise.due_at)
    return [
        Line(
            "overdue" if promise.is_overdue(known.now) else "promised",
            {"promise": promise.kind, "moment": promise.due_at},
        )
        for promise in still[:2]
    ]


def _before(known: Known) -> list[Line]:
    earlier = [handoff for handoff in known.handoffs if handoff.closed_at is not None]
    if not earlier:
        return [Line("first_talk")]
    if known.scores:
        return [Line("talks_scored", {"n": len(earlier), "score": known.scores[-1]})]
    return [Line("talks", {"n": len(earlier)})]
