"""What a tracker's events tell of the conversation so far. Pure reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.slots import ASKS, Slot
from actions.tension import Felt
from bot.domain.emotion import Reading


@dataclass(frozen=True)
class Said:
    """One message of the shopper. `key` is its message id; a pressed button's text is its payload."""

    key: str
    text: str
    intent: str
    entities: tuple[tuple[str, str], ...] = ()

    def values(self, entity: str) -> tuple[str, ...]:
        """What the message holds of one kind of entity."""
        return tuple(value for name, value in self.entities if name == entity)

    @property
    def is_button(self) -> bool:
        """True when no words of the shopper's own were sent."""
        return self.text.startswith("/")


def said_in(event: Mapping[str, Any], parse: Mapping[str, Any] | None = None) -> Said:
    """Return what a shopper's event says; `parse` where the event does not hold its reading yet."""
    parse = parse or event.get("parse_data") or {}
    return Said(
        key=str(event.get("message_id") or ""),
        text=str(event.get("text") or ""),
        intent=str((parse.get("intent") or {}).get("name") or "nlu_fallback"),
        entities=tuple(
            (str(entity["entity"]), str(entity["value"]))
            for entity in parse.get("entities") or []
            if entity.get("value") is not None
        ),
    )


def felt_in(said: Iterable[Mapping[str, Any]]) -> Iterator[Felt]:
    """Yield what earlier messages carry; one whose reading was not kept carries nothing."""
    for event in said:
        try:
            yield Felt.of(Reading.from_parse(event.get("parse_data") or {}), moment_of(event))
        except (KeyError, TypeError, ValueError):
            continue


def moment_of(event: Mapping[str, Any]) -> float:
    """Return when an event was, in seconds since 1970."""
    return float(event.get("timestamp") or 0.0)


def response_of(event: Mapping[str, Any]) -> str:
    """Return the response that a bot's event says, empty where it has no name."""
    return str((event.get("metadata") or {}).get("utter_action") or "")


def slot_before(events: Sequence[Mapping[str, Any]], slot: Slot) -> str | None:
    """Return the value a slot was last set to, None where it was not or was cleared."""
    for event in reversed(events):
        if event.get("event") == "slot" and event.get("name") == slot:
            return str(event["value"]) if event.get("value") else None
    return None


def since_handoff(events: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the events after the last handoff."""
    handed = [
        i
        for i, event in enumerate(events)
        if event.get("event") == "bot" and (((event.get("data") or {}).get("custom")) or {}).get("command") == "handoff"
    ]
    yield from events[handed[-1] + 1 if handed else 0 :]


def answered_in(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the intents of messages that we answered with more than a question for data, since the order changed last."""
    found: list[str] = []
    intent, number = "", None
    for event in events:
        if event.get("event") == "user":
            intent = said_in(event).intent
        elif event.get("event") == "slot" and event.get("name") == Slot.ORDER_NUMBER:
            if number is not None and event.get("value") not in (None, number):
                found.clear()
            number = event.get("value") or number
        elif event.get("event") == "bot" and intent and (response := response_of(event)):
            if response not in ASKS:
                found.append(intent)
            intent = ""
    return tuple(found)


def word_count(text: str) -> int:
    """Count the words of a message; two Chinese characters make about one."""
    chinese = sum("\u3400" <= sign <= "\u9fff" for sign in text)
    return len("".join(" " if "\u3400" <= sign <= "\u9fff" else sign for sign in text).split()) + (chinese + 1) // 2


def question_of(intent: str) -> str:
    """Return what is asked: that it is late asks where it is, too."""
    return "ask_order_status" if intent == "report_late" else intent


def asked_in_row(events: Sequence[Mapping[str, Any]]) -> int:
    """Count our turns, back from the last, that ended in a question for data."""
    count, asked = 0, False
    for event in reversed(events):
        if event.get("event") == "bot":
            asked = asked or response_of(event) in ASKS
        elif event.get("event") == "user":
            if not asked:
                break
            count, asked = count + 1, False
    return count
