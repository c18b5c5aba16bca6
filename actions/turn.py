"""One turn as Rasa's tracker tells it: the message, what was read in it, and what was said before. Pure reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final, Self

from rasa_sdk import Tracker

from actions.deescalation import NOT_UNDERSTOOD
from actions.history import (
    Said,
    answered_in,
    asked_in_row,
    felt_in,
    moment_of,
    question_of,
    response_of,
    said_in,
    since_handoff,
    slot_before,
    word_count,
)
from actions.language import LANGUAGES
from actions.offered import Offered, offers_in, words_before
from actions.policy import ShortAnswers
from actions.slots import CATALOGUE, FORGET, HUMAN, QUESTIONS, TOPICS, WHERE_IS_IT, Awaiting, Slot
from actions.tension import Felt
from bot.domain.emotion import Reading
from bot.domain.likeness import alike
from bot.domain.promise import PromiseKind

_MUCH_THE_SAME: Final = 0.75
# So many messages show how somebody writes.
_ENOUGH: Final = 3
# Messages before this many have faded (actions/tension.py).
_REMEMBERED: Final = 20
# Where somebody lives is read as anything at all, but hardly as one of these.
_NO_ADDRESS: Final = frozenset({"affirm", "deny", "ask_human", "thank", "goodbye"})
# What nothing else fits is read as one of these a little; below this, wrongly as often as not.
_GOODS_WENT_WRONG: Final = frozenset({"report_damaged", "report_wrong_item", "missing_item"})
_SURE_OF_GOODS: Final = 0.5
# An address put right is read as one of these, where it is read as anything.
_ADDRESS_AGAIN: Final = frozenset({"inform", "change_address", "nlu_fallback", "out_of_scope"})
# What company details are read as, where they are read as anything.
_PAPERS: Final = frozenset({"inform", "invoice"})
_RECEIPT_OF_INVOICE: Final = "utter_promise_invoice"
_SWEARING: Final = ("insult", "profanity")
# Between a swear word and what it is meant for there is a word at most, or so much Chinese.
_BESIDE: Final = re.compile(r"\s*(?:[^\W\u3400-\u9fff]*|[\u3400-\u9fff]{0,3})\s*")
# Eight digits or more, as every tax number has; spaces, stops and dashes may stand between them.
_TAX_NUMBER: Final = re.compile(r"\d(?:[ .-]?\d){7}")
_QUESTION_MARKS: Final = ("?", "？", ";", "；", "\u037e")


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

    `answered` are the intents of earlier messages about this order that got an answer, not a question of ours.
    `felt` are the last messages with this one, oldest first, since the last handoff. `photo_asked_at`: when a
    photo was last asked for, in seconds since 1970. `new_address` is what the shopper
    was last asked to confirm, `company` whom the invoice being offered is made out to.
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
    topic_before: str | None
    offer_before: str | None
    earlier: tuple[Said, ...]
    felt: tuple[Felt, ...]
    answered: tuple[str, ...]
    asked_in_row: int
    language_was_read: bool
    said_by_us: frozenset[str]
    photo_asked_at: float | None
    offers: frozenset[Offered]
    new_address: str | None
    company: str | None

    @classmethod
    def of(cls, tracker: Tracker) -> Self:
        """Read a tracker; raises KeyError, TypeError or ValueError when a promised reading is missing."""
        message, events = tracker.latest_message, list(tracker.events)
        latest = max((i for i, event in enumerate(events) if event.get("event") == "user"), default=None)
        if latest is None:
            raise ValueError("the tracker holds no message of the shopper")
        event, before = events[latest], events[:latest]
        with_replies = list(since_handoff(before))
        users = [e for e in with_replies if e.get("event") == "user"]
        reading = Reading.from_parse(message)
        found = message.get("entities") or []
        return cls(
            conversation_id=tracker.sender_id,
            channel=str(event.get("input_channel") or ""),
            said=said_in(event, message),
            reading=reading,
            cues=tuple(Cue.of(cue) for cue in message.get("cues") or []),
            spans=tuple((int(e["start"]), int(e["end"])) for e in found if "start" in e and "end" in e),
            language_hint=(event.get("metadata") or {}).get("language_hint"),
            slots=dict(tracker.slots),
            number_before=slot_before(before, Slot.ORDER_NUMBER),
            topic_before=slot_before(before, Slot.TOPIC),
            offer_before=slot_before(before, Slot.OFFER),
            earlier=tuple(said_in(e) for e in users),
            felt=(*felt_in(users[-_REMEMBERED:]), Felt.of(reading, moment_of(event))),
            answered=answered_in(with_replies),
            asked_in_row=asked_in_row(before),
            language_was_read=any(
                (e.get("parse_data") or {}).get("language") in LANGUAGES for e in before if e.get("event") == "user"
            ),
            said_by_us=frozenset(response_of(e) for e in before if e.get("event") == "bot"),
            photo_asked_at=max((moment_of(e) for e in before if response_of(e) == "utter_ask_photo"), default=None),
            offers=offers_in(before),
            new_address=words_before(before, "utter_offer_change_address"),
            company=words_before(before, "utter_invoice_made_out", unless="utter_invoice_for_company"),
        )

    @property
    def language(self) -> str:
        """The language the shopper is answered in."""
        return str(self.slots.get(Slot.LANGUAGE) or "en")

    @property
    def topic(self) -> str:
        """What the conversation is about; where an order is, unless something else was said."""
        return str(self.slots.get(Slot.TOPIC) or WHERE_IS_IT)

    @property
    def awaiting(self) -> Awaiting | None:
        """What we have asked for and not been told."""
        value = self.slots.get(Slot.AWAITING)
        return Awaiting(value) if value else None

    @property
    def offer_open(self) -> bool:
        """True when we have offered a person and the shopper has not answered."""
        return self.slots.get(Slot.OFFER) == HUMAN

    @property
    def promise_offered(self) -> PromiseKind | None:
        """What we have offered to promise and the shopper has not answered."""
        value = self.slots.get(Slot.OFFER)
        return PromiseKind(value) if value and value not in {HUMAN, FORGET} else None

    @property
    def has_offer(self) -> bool:
        """True when a person or a promise is offered and the shopper has not answered."""
        return self.offer_open or self.promise_offered is not None

    @property
    def deletion_offered(self) -> bool:
        """True when we have offered to delete everything and the shopper has not answered."""
        return self.slots.get(Slot.OFFER) == FORGET

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
    def asks(self) -> bool:
        """True for words that end as a question."""
        return self.said.text.rstrip().endswith(_QUESTION_MARKS)

    @property
    def gives_address(self) -> bool:
        """True for words that may be where an order should go: when we asked for it, or in place of the address just repeated."""
        if self.said.is_button or self.asks or self.intent in _NO_ADDRESS:
            return False
        repeated = self.promise_offered is PromiseKind.CHANGE_ADDRESS and self.intent in _ADDRESS_AGAIN
        return self.awaiting is Awaiting.ADDRESS or (repeated and any(map(str.isdigit, self.said.text)))

    @property
    def gives_company(self) -> bool:
        """True when an invoice is offered or promised and these words name a company.

        By its form ("Ltd") or its tax number; while the invoice is offered, also by being read as bare data.
        """
        if self.said.is_button or self.intent == "ask_human" or self.asks:
            return False
        named, numbered = bool(self.cue_texts("company")), _TAX_NUMBER.search(self.said.text) is not None
        if self.promise_offered is PromiseKind.INVOICE:
            bare = self.intent == "inform" and not self.brings_data
            return bare or named or numbered
        promised = _RECEIPT_OF_INVOICE in self.said_by_us and not (self.has_offer or self.awaiting)
        return promised and (named or (numbered and self.intent in _PAPERS))

    @property
    def gives_details(self) -> bool:
        """True when these words go into a promise as they are, whatever they were read as."""
        return self.gives_address or self.gives_company

    def read_as(self, intent: str) -> Self:
        """Return the turn with its message read as something else."""
        return replace(self, said=replace(self.said, intent=intent), reading=replace(self.reading, intent=intent))

    def cue_texts(self, kind: str) -> tuple[str, ...]:
        """Return the telling words of one kind, as they stand in the message."""
        return tuple(cue.text for cue in self.cues if cue.kind == kind)

    @property
    def is_about_staff(self) -> bool:
        """True for a complaint about one of our people: a courier, a colleague."""
        return self.intent == "complain" and bool(self.cue_texts("staff"))

    @property
    def swears_elsewhere(self) -> bool:
        """True where every swear word stands beside somebody or something that is none of us: "my stupid bank"."""
        others = [cue for cue in self.cues if cue.kind == "elsewhere"]
        words = [cue for cue in self.cues if cue.kind in _SWEARING]
        return bool(words) and all(any(self._is_beside(word, other) for other in others) for word in words)

    def _is_beside(self, one: Cue, other: Cue) -> bool:
        first, second = sorted((one, other), key=lambda cue: cue.start)
        return _BESIDE.fullmatch(self.said.text[first.end : second.start]) is not None

    @property
    def lets_go(self) -> bool:
        """True for who leaves what we asked or offered: "never mind"."""
        return bool(self.cue_texts("let_go")) and not self.brings_data

    @property
    def asks_for_a_moment(self) -> bool:
        """True for who is about to look for what we asked: "one moment"."""
        return bool(self.cue_texts("moment")) and not (self.brings_data or self.said.is_button or self.lets_go)

    @property
    def means_another_order(self) -> bool:
        """True for words that point at another order than the one spoken of: "and the other one?"."""
        return bool(self.cue_texts("another_order")) and not self.brings_data

    @property
    def wants_money_for_damage(self) -> bool:
        """True for who asks for the money of something that came damaged."""
        return self.intent == "ask_refund" and bool(self.cue_texts("damage"))

    def writes_short(self, rule: ShortAnswers) -> bool:
        """True for somebody whose own messages, three at least, have mostly so few words."""
        own = [said.text for said in (*self.earlier, self.said) if not said.is_button]
        return rule.on and len(own) >= _ENOUGH and median(map(word_count, own)) <= rule.up_to_words

    @property
    def asked_times(self) -> int:
        """How often this was asked, with an answer in between: about this order, or in much the same words. 1 the first time."""
        if self.intent not in TOPICS | CATALOGUE | QUESTIONS or self.brings_data or self.said.is_button:
            return 1
        if self.means_another_order:
            return 1
        about_order = sum(
            question_of(intent) == question_of(self.intent) for intent in self.answered if intent in TOPICS
        )
        in_words = sum(alike(said.text, self.said.text) >= _MUCH_THE_SAME for said in self.earlier)
        return 1 + max(about_order, in_words)

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
        return self.intent in TOPICS | CATALOGUE

    @property
    def hardly_about_goods(self) -> bool:
        """True for what is read as damaged, wrong or missing goods, but not so surely that we may say so."""
        return self.intent in _GOODS_WENT_WRONG and self.reading.intent_confidence < _SURE_OF_GOODS

    @property
    def new_topic(self) -> str | None:
        """What the conversation is about from this message on; None where that stays as it was."""
        looks_for_number = self.intent == WHERE_IS_IT and self.awaiting is Awaiting.ORDER_NUMBER
        if not self.starts_topic or (looks_for_number and self.topic_before is not None):
            return None
        return "complain" if self.hardly_about_goods else self.intent

    @property
    def changes_topic(self) -> bool:
        """True when the message names something else than what we were talking about."""
        return (
            self.starts_topic
            and self.topic_before is not None
            and question_of(self.intent) != question_of(self.topic_before)
        )
