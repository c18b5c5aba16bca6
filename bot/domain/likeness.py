"""How alike words are, in any of our scripts: by stretches of letters, so that an ending or a slip of the finger does not hide one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

SURE: Final = 0.7
WEAK: Final = 0.6
_HAN: Final = "\u3400-\u9fff"
_WORD: Final = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_SHORT: Final = 3
# More letters than an ending has: `pillowcase` holds `pillow` and is another thing.
_ENDING: Final = 3
_OTHER_WORD: Final = 0.8


def fold(text: str) -> str:
    """Return the text without what people leave out: accents, capitals, the two dots of ё, full width."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.casefold()


def words_of(text: str) -> tuple[str, ...]:
    """Return the folded words in order; Chinese without spaces is one word up to the next mark or letter."""
    return tuple(_WORD.findall(fold(text)))


def is_chinese(word: str) -> bool:
    """True for a word in Chinese characters."""
    return "\u3400" <= word[:1] <= "\u9fff"


@lru_cache(maxsize=8192)
def grams(word: str) -> frozenset[str]:
    """Return a folded word's stretches: three letters, beginning counted; of Chinese two characters."""
    if is_chinese(word):
        return frozenset(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    padded = f"  {word}"
    return frozenset(padded[i : i + 3] for i in range(len(word)))


def grams_of(words: Iterable[str]) -> frozenset[str]:
    """Return the stretches of several folded words."""
    return frozenset().union(*(grams(word) for word in words))


def likeness(word: str, said: str) -> float:
    """Return how surely `said` holds or is a form of `word`, 0 to 1; both folded. Figures are only ever themselves."""
    if word == said:
        return 1.0
    if is_chinese(word):
        return len(grams(word) & grams(said)) / len(grams(word)) if len(word) > 1 else float(word in said)
    if is_chinese(said) or any(c.isdigit() for c in word + said):
        return 0.0
    one, other = grams(word), grams(said)
    shared = 2 * len(one & other) / (len(one) + len(other))
    if abs(len(word) - len(said)) > _ENDING:
        shared *= _OTHER_WORD
    least = SURE if min(len(word), len(said)) <= _SHORT else WEAK
    return shared if shared >= least else 0.0


def alike(one: str, other: str) -> float:
    """Return how much two texts have in common, 0 to 1: of all their stretches of letters, the share that both have."""
    ones, others = grams_of(words_of(one)), grams_of(words_of(other))
    return len(ones & others) / len(ones | others) if ones and others else 0.0


def is_among(word: str, known: Iterable[str]) -> bool:
    """True when a folded word is one of those known, or surely a form of one."""
    return any(likeness(other, word) >= SURE for other in known)
