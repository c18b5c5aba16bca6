"""Texts that are nearly the same: most of their character n-grams are shared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

_ALIKE: Final = 0.6
# "yes" and "yes!" share most of their few n-grams, and so do "no 1" and "no 2": short texts must be nearly identical.
_SHORT: Final = 8
_SHORT_ALIKE: Final = 0.95
_ROWS: Final = 500


class Pair(NamedTuple):
    """Places of two texts, the earlier first, and the share of n-grams (Jaccard) that both have."""

    first: int
    second: int
    alike: float


def folded(text: str) -> str:
    """Return a text without what does not tell two apart: case, width of letters, spaces and line breaks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def grams(text: str, language: str) -> set[str]:
    """Return the trigrams of a text, bigrams of a Chinese one; its ends count as spaces."""
    size = 2 if language == "zh" else 3
    padded = f" {folded(text)} "
    return {padded[start : start + size] for start in range(len(padded) - size + 1)}


def opening(text: str, language: str) -> str:
    """Return the first two words of a text, four characters of a Chinese one."""
    if language == "zh":
        return re.sub(r"\W", "", folded(text))[:4]
    return " ".join(re.findall(r"\w+", folded(text))[:2])


def near_duplicates(texts: Sequence[str], language: str) -> Iterator[Pair]:
    """Give every pair of texts of one language that are nearly the same."""
    counted = CountVectorizer(analyzer=lambda text: grams(text, language), binary=True, dtype=np.int32)
    rows = counted.fit_transform(texts).tocsr()
    sizes = np.diff(rows.indptr)
    turned = rows.T.tocsr()
    for start in range(0, len(texts), _ROWS):
        shared = (rows[start : start + _ROWS] @ turned).tocoo()
        first, second = shared.row + start, shared.col
        alike = shared.data / (sizes[first] + sizes[second] - shared.data)
        least = np.where(np.minimum(sizes[first], sizes[second]) > _SHORT, _ALIKE, _SHORT_ALIKE)
        for place in np.flatnonzero((alike > least) & (first < second)):
            yield Pair(int(first[place]), int(second[place]), float(alike[place]))
