"""Order numbers, phones, e-mail addresses, tracking numbers, dates and amounts of money in a message.

A stretch of text is only ever one thing, the first of these that it can be:

1. an e-mail address;
2. a tracking number by its form (`nlu/parcels.py`), so `order RR473124829GR` is a parcel;
3. an amount of money: what has a currency is no number of anything;
4. a date, so `order 12.11.2026` is a day;
5. a tracking number beside its courier's name, then an order number beside the word or sign for one: `订单号 13800138000` is
   no phone, because the shopper says what it is;
6. a phone;
7. a tracking number by its length: 12 digits and more; 18 and 19 are a marketplace's order number;
8. what else looks like an order number.

The number of a payment card is none of these, and no part of it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final

import phonenumbers
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.dates import find_dates, today
from nlu.model_files import refuse_unknown
from nlu.money import find_cards, find_money
from nlu.order_numbers import find_order_numbers, find_spoken_orders
from nlu.parcels import find_bare_tracking, find_named_tracking, find_tracking
from nlu.text import plain, readable

_NAME: Final = r"(?<![A-Za-z0-9_.+%@-])[A-Za-z0-9_.+%-]{1,64}"
_HOST: Final = r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9@-])"
_AT: Final = r" ?(?:\(at\)|\[at\]|\{at\}|\(@\)|\[@\]|\(a\)) ?| (?:собака|собачка|sobaka|παπακι|papaki) "
_DOT: Final = r" ?(?:\(dot\)|\[dot\]|\{dot\}) ?| (?:точка|tochka|τελεια|teleia) | dot |\."
_EMAILS: Final = (
    re.compile(rf"{_NAME}@{_HOST}"),
    # Names and domains in Cyrillic, Greek or Latin with accents, and domains in Chinese where a Chinese top level ends them.
    re.compile(r"(?<![^\W_])[A-Za-zÀ-ɏА-яЁёΑ-ώ0-9_.+-]{1,64}@(?:[A-Za-zÀ-ɏА-яЁёΑ-ώ0-9-]{1,63}\.){1,4}[A-Za-zА-яЁёΑ-ώ]{2,12}(?![\w@])"),
    re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9㐀-鿿-]{1,63}\.(?:中国|中國|公司|网络|在线|香港|台灣|台湾)"),
    # `at` alone is a word of every second message; in brackets, or as the sign's nickname, it is the sign.
    re.compile(rf"{_NAME}(?:{_AT})[A-Za-z0-9-]{{1,63}}(?:(?:{_DOT})[A-Za-z0-9-]{{1,63}}){{1,3}}(?![A-Za-z0-9@-])"),
)  # fmt: skip
_REGIONS: Final = {"en": ("GB", "US"), "ru": ("RU",), "zh": ("CN", "TW", "HK"), "el": ("GR", "CY")}
_ANYWHERE: Final = ("GB", "RU", "CN", "GR")
_PHONE_DIGITS: Final = 7
_PHONE_TRIES: Final = 200  # stretches that are no phone after all, before the rest of the text is left alone
_CODED: Final = re.compile(r"\(?0(?:\D{0,2}\d){9,10}\Z|00(?:\D{0,2}\d){9,15}\Z|(?:44|7|30|86)(?:\D{0,2}\d){10,11}\Z")
_TAKEN: Final = "\ufffc"
_DIGIT: Final = re.compile(r"\d")

Span = tuple[int, int, str]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(GraphComponent):
    """Appends entities that patterns can tell; a stretch of text is only ever one thing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return no settings: there are none."""
        return {}

    def __init__(self, config: dict[str, Any], clock: Callable[[], date] = today) -> None:
        self._config = refuse_unknown(self, config)
        self._clock = clock

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityFinder:
        """Return the component; there is nothing to train."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Append what is found to `entities`; earlier entities stay, and their stretch of text with them."""
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith("/"):
                earlier = message.get(ENTITIES, [])
                taken = [
                    (entity["start"], entity["end"]) for entity in earlier if "start" in entity and "end" in entity
                ]
                found = [
                    {**entity, "extractor": type(self).__name__}
                    for entity in find_entities(text, message.get("language", ""), self._clock())
                    if not any(_overlap((entity["start"], entity["end"]), span) for span in taken)
                ]
                message.set(ENTITIES, earlier + found, add_to_output=True)
        return messages


def find_entities(text: str, language: str = "", on: date | None = None) -> list[dict[str, Any]]:
    """Return entity, start, end and value of everything found, in order of place; dates are as meant on the day `on` (today)."""
    return [dict(entity) for entity in _found(text, language, on or today())]


@lru_cache(maxsize=64)
def _found(text: str, language: str, on: date) -> list[dict[str, Any]]:
    """Find once what the reader and EntityFinder both ask for."""
    found: list[dict[str, Any]] = []
    left = _as_typed_in_ascii(readable(text))
    readers: tuple[tuple[str, Callable[[str], Iterable[Span]], bool], ...] = (
        ("email", _emails, False),
        ("", find_cards, True),
        ("tracking_number", find_tracking, True),
        ("money", find_money, False),
        ("date", lambda rest: find_dates(rest, on), False),
        ("tracking_number", lambda rest: find_named_tracking(plain(rest)), True),
        ("order_number", find_spoken_orders, False),
        ("phone", lambda rest: _phones(rest, language), True),
        ("tracking_number", lambda rest: find_bare_tracking(plain(rest)), True),
        ("order_number", find_order_numbers, False),
    )
    has_digits = _DIGIT.search(left) is not None
    for name, reader, needs_digits in readers:
        if needs_digits and not has_digits:
            continue
        for start, end, value in list(reader(left)):
            if _TAKEN not in left[start:end]:
                if name:
                    found.append({"entity": name, "start": start, "end": end, "value": value})
                left = left[:start] + _TAKEN * (end - start) + left[end:]
    return sorted(found, key=lambda entity: entity["start"])


@lru_cache(maxsize=4096)
def _ascii_sign(sign: str) -> str:
    """Return the digit, letter or mark that is meant: ７, ７ in Arabic, a full-width colon, a hyphen that does not break."""
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd" or sign == "−":
        return "-"
    if category in ("Zs", "Zl", "Zp", "Cf", "Cn"):
        return " "
    wide = unicodedata.normalize("NFKC", sign) if "\uff00" <= sign <= "\uffef" else sign
    return wide if len(wide) == 1 else sign


def _as_typed_in_ascii(text: str) -> str:
    """Return the text with digits and marks as an English keyboard has them, every character at its old place."""
    return text if text.isascii() else "".join(map(_ascii_sign, text.replace(_TAKEN, " ")))


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        for pattern in _EMAILS[:3]:
            for found in pattern.finditer(text):
                yield found.start(), found.end(), found.group().lower()
    for found in _EMAILS[3].finditer(plain(text)):
        name, _, host = re.sub(_AT, "@", found.group(), count=1).partition("@")
        yield found.start(), found.end(), f"{name}@{re.sub(_DOT, '.', host)}"


def _phones(text: str, language: str) -> Iterator[Span]:
    if sum(map(str.isdigit, text)) < _PHONE_DIGITS:
        return
    # With its country or trunk code a number need only be possible: new and reserved ranges are in use before they are listed.
    possible = []
    for region in (None, *_REGIONS.get(language, _ANYWHERE)):
        for match in phonenumbers.PhoneNumberMatcher(text, region, phonenumbers.Leniency.POSSIBLE, _PHONE_TRIES):
            number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            if not region or phonenumbers.is_valid_number(match.number):
                yield match.start, match.end, number
            elif _CODED.match(match.raw_string):
                possible.append((match.start, match.end, number))
    yield from possible


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
