"""What a message asks about a product, word by word; the words stand in product_words.yml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field

from actions.policy_file import read_checked
from actions.rules import Rules
from bot.domain.likeness import WEAK, fold, is_among, is_chinese, likeness, words_of
from bot.domain.product import Product

WORDS_FILE: Final = Path(__file__).with_name("product_words.yml")
# So many words tell what is meant; the rest of a very long message is not looked at.
_MOST_WORDS: Final = 80

Words = Annotated[
    frozenset[Annotated[str, Field(min_length=1)]], AfterValidator(lambda words: frozenset(map(fold, words)))
]


class ProductWords(Rules):
    """The words of one language."""

    passing: Words
    back: Words = frozenset()
    reviews: Words
    attributes: dict[str, Words]

    def attributes_in(self, words: Iterable[str]) -> frozenset[str]:
        """Return the attributes that some words name."""
        said = tuple(words)
        return frozenset(name for name, known in self.attributes.items() if _says(said, known))


class WordsFile(Rules):
    """The whole of product_words.yml."""

    en: ProductWords
    ru: ProductWords
    zh: ProductWords
    el: ProductWords

    def of(self, language: str) -> ProductWords:
        """Return the words of one of our languages."""
        return {"en": self.en, "ru": self.ru, "zh": self.zh, "el": self.el}[language]


@cache
def product_words() -> WordsFile:
    """Return the words, read once; raises SettingsError naming file, line and key of everything wrong."""
    return read_checked(WORDS_FILE, WordsFile)


@dataclass(frozen=True)
class Question:
    """A message about a product. `said` are its words, folded."""

    said: tuple[str, ...]
    words: ProductWords

    @classmethod
    def of(cls, text: str, language: str) -> Self:
        """Take a message apart."""
        return cls(words_of(text)[:_MOST_WORDS], product_words().of(language))

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """The words that can name a product: those that are not in every question."""
        return tuple(word for word in self.said if word not in self.words.passing)

    @property
    def about_reviews(self) -> bool:
        """True when it is about what others say."""
        return _says(self.said, self.words.reviews)

    @property
    def points_back(self) -> bool:
        """True when it can only be about the product spoken of: it says `it`, speaks of reviews, or names nothing."""
        back = any(part in word if is_chinese(word) else part == word for word in self.said for part in self.words.back)
        return back or self.about_reviews or not any(map(self._names, self.said))

    def asks_attribute(self, product: Product) -> bool:
        """True when an attribute is asked about, whether the shop has told it or not."""
        return bool(self.words.attributes_in(self._besides(product)))

    def told_by(self, product: Product) -> dict[str, str]:
        """Return the product's attributes that are asked about: by name, by another word for it, or by what it is."""
        besides = self._besides(product)
        asked, kinds = self.words.attributes_in(besides), product_words().of(product.language)
        telling = [word for word in besides if word not in self.words.passing]
        return {
            name: value
            for name, value in product.attributes.items()
            if kinds.attributes_in(words_of(name)) & asked or _says(telling, words_of(f"{name} {value}"))
        }

    def _besides(self, product: Product) -> tuple[str, ...]:
        """Return the words that do not name the product: the linen of a `linen duvet cover` asks nothing."""
        names = words_of(" ".join((product.name, *product.words)))
        left = []
        for word in self.said:
            if is_chinese(word):
                left += _without(word, filter(is_chinese, names))
            elif not is_among(word, names):
                left.append(word)
        return tuple(left)

    def _names(self, word: str) -> bool:
        """True for a word that may name something: not a figure, and none of the words of a question."""
        known = self.words.passing.union(self.words.reviews, *self.words.attributes.values())
        if is_chinese(word):
            return any(len(part) > 1 for part in _without(word, known))
        asks = is_among(word, self.words.passing) or _holds(word, known)
        return len(word) > 2 and word.isalpha() and not asks


def _says(said: Iterable[str], known: Iterable[str]) -> bool:
    """True when one of the words said is one of those known; figures and single letters of a value prove nothing."""
    telling = [word for word in known if is_chinese(word) or len(word) > 2]
    return any(_holds(word, telling) for word in said)


def _holds(word: str, known: Iterable[str]) -> bool:
    """True when a word is one of those known or perhaps a form of one; in Chinese, when it holds one."""
    if is_chinese(word):
        return any(part in word for part in known if is_chinese(part))
    return any(likeness(other, word) >= WEAK for other in known)


def _without(run: str, parts: Iterable[str]) -> list[str]:
    """Return what is left of Chinese characters without some words, the longest taken out first."""
    for part in sorted(parts, key=len, reverse=True):
        run = run.replace(part, " ")
    return run.split()
