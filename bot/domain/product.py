"""A product as the shop lists it, and how well a shopper's words fit it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Self

from bot.domain.likeness import SURE, grams, grams_of, is_chinese, likeness, words_of

_HALF: Final = 0.5


@dataclass(frozen=True)
class Product:
    """One product in one language. What the shop does not tell (stock, when more comes, a page) is None and never said.

    `words` are other names that shoppers have for it; `attributes` are such as size, colour, material, by the shop's names.
    """

    sku: str
    name: str
    language: str
    price: Decimal
    currency: str
    stock: int | None = None
    restock_at: datetime | None = None
    about: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    url: str | None = None
    demo: bool = False

    @property
    def grams(self) -> frozenset[str]:
        """What it is looked up by."""
        return grams_of(words_of(" ".join((self.name, *self.words, *self.attributes.values()))))


@dataclass(frozen=True)
class Fit:
    """How well a message names a product: surely, or by which share of a name; and which of its words were heard."""

    sure: bool
    share: float
    heard: frozenset[str]

    @classmethod
    def of(cls, product: Product, said: Sequence[str], passing: Collection[str] = ()) -> Self:
        """Compare the words of a message with a product.

        It is named surely when all words of its name, or of another name for it, are said. Figures and words that are
        `passing` in any talk need not be.
        """
        phrases = [_of_phrase(phrase, said, passing) for phrase in (product.name, *product.words)]
        sure, share, _ = max(phrases, key=lambda found: (found[0], found[1], len(found[2])))
        details = words_of(" ".join((product.name, *product.attributes.values())))
        heard = frozenset().union(*(_heard(word, said) for word in details), *(words for *_, words in phrases))
        return cls(sure, share, heard)

    @property
    def possible(self) -> bool:
        """True when enough of a name is said to ask whether this is meant: one word of two, say."""
        return self.share >= _HALF


def _of_phrase(phrase: str, said: Sequence[str], passing: Collection[str]) -> tuple[bool, float, frozenset[str]]:
    words = words_of(phrase)
    telling = [word for word in words if len(word) > 1 and word.isalpha() and word not in passing] or list(words)
    alike = [max((likeness(word, other) for other in said), default=0.0) for word in telling]
    share = sum(value for value in alike if value >= _HALF) / max(1, len(alike))
    return bool(alike) and min(alike) >= SURE, share, frozenset().union(*(_heard(word, said) for word in telling))


def _heard(word: str, said: Sequence[str]) -> frozenset[str]:
    """Return what was said of a word: the shopper's own word, or the characters of a Chinese one."""
    close = [other for other in said if likeness(word, other) >= SURE]
    return grams(word) & grams_of(close) if is_chinese(word) else frozenset(close)
