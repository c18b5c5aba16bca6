"""How a shopper writes, and so how they like to be answered; from their own messages alone. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from bot.domain.messages import Author
from bot.domain.people import Message

FEWEST: Final = 3
"""Fewer messages say nothing about somebody."""
_SHORT, _LONG = 45, 180
_EMOJI: Final = re.compile(r"[\u2600-\u27bf\u2b50\u2b55\u2764\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]")
# One Chinese character says about as much as three letters.
_DENSE: Final = re.compile(r"[\u3400-\u9fff]")
_UNKNOWN: Final = "und"
# A language of one message among many was a slip of the reading.
_SPOKEN_SHARE: Final = 0.2


class Length(StrEnum):
    """How much a shopper writes at once."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True)
class Manner:
    """How somebody writes: `languages` the most used first, `n` the number of messages that say so."""

    length: Length
    languages: tuple[str, ...]
    emoji: bool
    n: int


def manner_of(messages: Sequence[Message]) -> Manner | None:
    """Return how a shopper writes; None while too little was written."""
    own = [m for m in messages if m.author is Author.SHOPPER and m.payload is None and m.text.strip()]
    if len(own) < FEWEST:
        return None
    read = Counter(m.reading.language for m in own if m.reading and m.reading.language != _UNKNOWN)
    spoken = tuple(language for language, n in read.most_common() if n >= _SPOKEN_SHARE * read.total())
    size = median(_size(m.text) for m in own)
    length = Length.SHORT if size <= _SHORT else Length.LONG if size > _LONG else Length.MEDIUM
    return Manner(length, spoken, any(_EMOJI.search(m.text) for m in own), len(own))


def _size(text: str) -> int:
    return len(text) + 2 * len(_DENSE.findall(text))
