"""One turn as Rasa's tracker tells it: the message, what was read in it, and what was said before. Pure reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from rasa_sdk import Tracker

from actions.deescalation import NOT_UNDERSTOOD
from actions.language import LANGUAGES
from actions.slots import ASKS, TOPICS, Awaiting, Slot
from actions.tension import Felt
from bot.domain.emotion import Reading

# Messages before this many have faded (actions/tension.py).
_REMEMBERED: Final = 20


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


@dataclass(frozen=True)
class Cue:
    """A telling word in the text, of one kind of nlu/lexicons."""

    kind: str
    text: str
    start: int
    end: int

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Read one of the parse's `cues`; raises KeyError, TypeError or ValueError when it is malformed."""
        kind, text, start, end = found["kind"], found["text"], int(found["start"]), int(found["end"])
        if not isinstance(kind, str) or not isinstance(text, str):
            raise TypeError("a cue's kind and text must be texts")
        if not 0 <= start < end:
            raise ValueError(f"a cue cannot stand from {start} to {end}")
        return cls(kind, text, start, end)


@dataclass(frozen=True)
class Turn:
    """The message being answered, and what leads up to it. `earlier` is oldest first and starts after the last handoff.

    `felt` are the last messages with this one, oldest first, since the last handoff.
    """

    conversation_id: str
    channel: str
    said: Said
    reading: Reading
    cues: tuple[Cue, ...]
    spans: tuple[tuple[int, int], ...]
    language_hint: str | None
    slots: Mapping[str, Any]
    number_before: str | None
    earlier: tuple[Said, ...]
    felt: tuple[Felt, ...]
    asked_in_row: int
    language_was_read: bool
    said_by_us: frozenset[str]

    @classmethod
    def of(cls, tracker: Tracker) -> Self:
        """Read a tracker; raises KeyError, TypeError or ValueError when a promised reading is missing."""
        message, events = tracker.latest_message, list(tracker.events)
        latest = max((i for i, event in enumerate(events) if event.get("event") == "user"), default=None)
        if latest is None:
            raise ValueError("the tracker holds no message of the shopper")
        event, before = events[latest], events[:latest]
        since_handoff = [e for e in _since_handoff(before) if e.get("event") == "user"]
        reading = Reading.from_parse(message)
        found = message.get("entities") or []
        return cls(
            conversation_id=tracker.sender_id,
            channel=str(event.get("input_channel") or ""),
            said=_said(event, message),
            reading=reading,
            cues=tuple(Cue.of(cue) for cue in message.get("cues") or []),
            spans=tuple((int(e["start"]), int(e["end"])) for e in found if "start" in e and "end" in e),
            language_hint=(event.get("metadata") or {}).get("language_hint"),
            slots=dict(tracker.slots),
            number_before=_slot_before(before, Slot.ORDER_NUMBER),
            earlier=tuple(_said(e) for e in since_handoff),
            felt=(*_felt(since_handoff[-_REMEMBERED:]), Felt.of(reading, _moment(event))),
            asked_in_row=_asked_in_row(before),
            language_was_read=any(
                (e.get("parse_data") or {}).get("language") in LANGUAGES for e in before if e.get("event") == "user"
            ),
            said_by_us=frozenset(_response_of(e) for e in before if e.get("event") == "bot"),
        )

    @property
    def language(self) -> str:
        """The language the shopper is answered in."""
        return str(self.slots.get(Slot.LANGUAGE) or "en")

    @property
    def topic(self) -> str:
        """What the conversation is about; where an order is, unless something else was said."""
        return str(self.slots.get(Slot.TOPIC) or "ask_order_status")

    @property
    def awaiting(self) -> Awaiting | None:
        """What we have asked for and not been told."""
        value = self.slots.get(Slot.AWAITING)
        return Awaiting(value) if value else None

    @property
    def offer_open(self) -> bool:
        """True when we have offered a person and the shopper has not answered."""
        return self.slots.get(Slot.OFFER) is not None

    @property
    def order_number(self) -> str | None:
        """The number of the order this is about: from this message, else remembered."""
        value = self.slots.get(Slot.ORDER_NUMBER)
        return str(value) if value else None

    def values(self, entity: str) -> tuple[str, ...]:
        """What this message holds of one kind of entity."""
        return self.said.values(entity)

    @property
    def brings_data(self) -> bool:
        """True when the message holds something we ask for."""
        return any(self.values(entity) for entity in ("order_number", "phone", "email"))

    @property
    def answers_us(self) -> bool:
        """True for the answer to a question of ours: data, or the first message after we asked, whatever it says."""
        return self.awaiting is not None and (self.brings_data or self.asked_in_row < 2)

    @property
    def misunderstood_in_row(self) -> int:
        """How many messages up to this one, without a break, were not understood."""
        count = 0
        for said in (self.said, *reversed(self.earlier)):
            if said.intent not in NOT_UNDERSTOOD:
                break
            count += 1
        return count

    @property
    def intent(self) -> str:
        """What the shopper wants, as read."""
        return self.reading.intent

    @property
    def starts_topic(self) -> bool:
        """True when the message names what it is about."""
        return self.intent in TOPICS


def _said(event: Mapping[str, Any], parse: Mapping[str, Any] | None = None) -> Said:
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


def _felt(said: Iterable[Mapping[str, Any]]) -> Iterator[Felt]:
    """Yield what earlier messages carry; one whose reading was not kept carries nothing."""
    for event in said:
        try:
            yield Felt.of(Reading.from_parse(event.get("parse_data") or {}), _moment(event))
        except (KeyError, TypeError, ValueError):
            continue


def _moment(event: Mapping[str, Any]) -> float:
    return float(event.get("timestamp") or 0.0)


def _response_of(event: Mapping[str, Any]) -> str:
    return str((event.get("metadata") or {}).get("utter_action") or "")


def _slot_before(events: Sequence[Mapping[str, Any]], slot: Slot) -> str | None:
    for event in reversed(events):
        if event.get("event") == "slot" and event.get("name") == slot:
            return str(event["value"]) if event.get("value") else None
    return None


def _since_handoff(events: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    handed = [
        i
        for i, event in enumerate(events)
        if event.get("event") == "bot" and (((event.get("data") or {}).get("custom")) or {}).get("command") == "handoff"
    ]
    yield from events[handed[-1] + 1 if handed else 0 :]


def _asked_in_row(events: Sequence[Mapping[str, Any]]) -> int:
    """Count our turns, back from the last, that ended in a question for data."""
    count, asked = 0, False
    for event in reversed(events):
        if event.get("event") == "bot":
            asked = asked or _response_of(event) in ASKS
        elif event.get("event") == "user":
            if not asked:
                break
            count, asked = count + 1, False
    return count
