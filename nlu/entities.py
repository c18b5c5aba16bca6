"""Order numbers, phones, e-mail addresses, tracking numbers and dates in a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import phonenumbers
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.dates import find_dates
from nlu.model_files import refuse_unknown
from nlu.order_numbers import find_order_numbers
from nlu.parcels import find_bare_tracking, find_tracking

_EMAIL: Final = re.compile(r"[A-Za-z0-9_.+%-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", re.ASCII)
_REGIONS: Final = {"en": ("GB", "US"), "ru": ("RU",), "zh": ("CN", "TW", "HK"), "el": ("GR", "CY")}
_ANYWHERE: Final = ("GB", "RU", "CN", "GR")
_PHONE_DIGITS: Final = 7
_TRUNK: Final = re.compile(r"\(?0(?:\D{0,2}\d){9,10}\Z")

Span = tuple[int, int, str]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(GraphComponent):
    """Appends entities that patterns can tell; a stretch of text is only ever one thing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return no settings: there are none."""
        return {}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = refuse_unknown(self, config)

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
                    for entity in find_entities(text, message.get("language", ""))
                    if not any(_overlap((entity["start"], entity["end"]), span) for span in taken)
                ]
                message.set(ENTITIES, earlier + found, add_to_output=True)
        return messages


def find_entities(text: str, language: str = "") -> list[dict[str, Any]]:
    """Return entity, start, end and value of everything found, in order of place."""
    found: list[dict[str, Any]] = []
    readers = (
        ("email", _emails(text)),
        ("tracking_number", find_tracking(text)),
        ("phone", _phones(text, language)),
        ("date", find_dates(text)),
        ("tracking_number", find_bare_tracking(text)),
        ("order_number", find_order_numbers(text)),
    )
    for name, spans in readers:
        for start, end, value in spans:
            if not any(_overlap((start, end), (kept["start"], kept["end"])) for kept in found):
                found.append({"entity": name, "start": start, "end": end, "value": value})
    return sorted(found, key=lambda entity: entity["start"])


def _emails(text: str) -> Iterator[Span]:
    for found in _EMAIL.finditer(text):
        yield found.start(), found.end(), found.group().lower()


def _phones(text: str, language: str) -> Iterator[Span]:
    if sum(character.isdigit() for character in text) < _PHONE_DIGITS:
        return
    # With its country or trunk code a number need only be possible: new and reserved ranges are in use before they are listed.
    for region in (None, *_REGIONS.get(language, _ANYWHERE)):
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
            if not region or _TRUNK.match(match.raw_string) or phonenumbers.is_valid_number(match.number):
                yield (
                    match.start,
                    match.end,
                    phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164),
                )


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
