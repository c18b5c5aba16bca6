"""What was offered before, as the tracker's events tell it. Pure reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.slots import WHERE_IS_IT, Slot
from bot.domain.promise import PromiseKind


@dataclass(frozen=True)
class Offered:
    """A promise that was offered: for which order, and what the conversation was about."""

    order_number: str
    topic: str
    kind: PromiseKind


def offers_in(events: Iterable[Mapping[str, Any]]) -> frozenset[Offered]:
    """Return every promise that was offered, whatever was answered."""
    kinds, found = set(PromiseKind), set()
    slots: dict[str, str] = {}
    for event in events:
        if event.get("event") == "slot":
            name, value = str(event.get("name")), str(event.get("value") or "")
            slots[name] = value
            if name == Slot.OFFER and value in kinds:
                number, topic = slots.get(Slot.ORDER_NUMBER, ""), slots.get(Slot.TOPIC) or WHERE_IS_IT
                found.add(Offered(number, topic, PromiseKind(value)))
    return frozenset(found)


def words_before(events: Sequence[Mapping[str, Any]], response: str, *, unless: str = "") -> str | None:
    """Return the shopper's message that was last answered with a response; None where `unless` was said after it."""
    answered = False
    for event in reversed(events):
        said = (event.get("metadata") or {}).get("utter_action") if event.get("event") == "bot" else None
        if said == unless and not answered:
            return None
        answered = answered or said == response
        if answered and event.get("event") == "user":
            return str(event.get("text") or "")
    return None
