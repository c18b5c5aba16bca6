"""Character and word n-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from math import sqrt
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.utils import murmurhash3_32

WORD: Final = r"(?u)\w+|[^\w\s]"
_KEPT: Final = 2**16  # hashed n-grams
_AT_ONCE: Final = 16  # messages that are being read, counted once for each kind of n-gram


# What decides how a text is cut: the analyzer's name, the range of lengths, the pattern of a word.
_Kind = tuple[str, tuple[int, int], str | None]


def _kind(vectorizer: TfidfVectorizer | HashingVectorizer) -> _Kind:
    return (
        vectorizer.analyzer,
        vectorizer.ngram_range,
        vectorizer.token_pattern if vectorizer.analyzer == "word" else None,
    )


@lru_cache(_AT_ONCE)
def _counted(kind: _Kind, text: str) -> Mapping[str, int]:
    """Return how often each n-gram is in a text: the shop's reader and the prior ask the same of the same message."""
    return Counter(_analyzer(kind)(text))


@cache
def _analyzer(kind: _Kind) -> Callable[[str], list[str]]:
    analyzer, ngram_range, pattern = kind
    vectorizer = CountVectorizer(analyzer=analyzer, ngram_range=ngram_range, token_pattern=pattern, lowercase=False)
    return vectorizer.build_analyzer()


def _of_length_one(values: np.ndarray) -> np.ndarray:
    return values / max(sqrt(values @ values), 1e-12)


@dataclass
class Grams:
    """Character and word n-grams of plain text, weighted by how telling they are (tf-idf)."""

    analyzer: str
    ngram_range: tuple[int, int]
    min_df: int = 1
    max_features: int | None = None
    vectorizer: TfidfVectorizer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.vectorizer = TfidfVectorizer(
            analyzer=self.analyzer,
            ngram_range=self.ngram_range,
            min_df=self.min_df,
            max_features=self.max_features,
            sublinear_tf=True,
            lowercase=False,
            token_pattern=WORD if self.analyzer == "word" else None,
            dtype=np.float32,
        )

    def fit_rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Learn the n-grams of texts and return the texts' rows."""
        return self.vectorizer.fit_transform(texts)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and values of one text's row, as `fit_rows` gives it, without the price of a matrix."""
        known = self.vectorizer.vocabulary_
        counts = {known[term]: count for term, count in _counted(self._kind, text).items() if term in known}
        places = np.asarray(list(counts), np.intp)
        values = (1 + np.log(np.asarray(list(counts.values()), np.float64))) * self._rarity[places]
        return places, _of_length_one(values).astype(np.float32)

    @cached_property
    def _rarity(self) -> np.ndarray:
        return self.vectorizer.idf_  # which is worked out anew whenever it is asked for

    @cached_property
    def _kind(self) -> _Kind:
        return _kind(self.vectorizer)

    def __len__(self) -> int:
        return len(self.vectorizer.vocabulary_)

    def state(self) -> dict[str, Any]:
        """Return what `restored` needs."""
        return {
            "analyzer": self.analyzer,
            "ngram_range": list(self.ngram_range),
            "terms": sorted(self.vectorizer.vocabulary_, key=self.vectorizer.vocabulary_.get),
            "idf": [float(weight) for weight in self.vectorizer.idf_],
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Grams:
        """Return grams that weigh texts as the ones `state` was taken from."""
        grams = cls(state["analyzer"], (state["ngram_range"][0], state["ngram_range"][1]))
        vocabulary = {term: place for place, term in enumerate(state["terms"])}
        grams.vectorizer.set_params(vocabulary=vocabulary)
        grams.vectorizer.vocabulary_ = vocabulary
        grams.vectorizer.idf_ = np.asarray(state["idf"], dtype=np.float64)
        return grams


@dataclass
class HashedGrams:
    """N-grams without a vocabulary: each has the column its hash says."""

    vectorizer: HashingVectorizer

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return the texts' rows."""
        return self.vectorizer.transform(texts)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and values of one text's row, as `rows` gives it, without the price of a matrix."""
        grams = _counted(self._kind, text)
        counts: dict[int, int] = {}
        for (column, sign), count in zip(map(self._place, grams), grams.values(), strict=True):
            counts[column] = counts.get(column, 0) + sign * count
        return np.asarray(list(counts), np.intp), _of_length_one(np.asarray(list(counts.values()), np.float32))

    def __len__(self) -> int:
        return int(self.vectorizer.n_features)

    @cached_property
    def _kind(self) -> _Kind:
        return _kind(self.vectorizer)

    @cached_property
    def _place(self) -> Callable[[str], tuple[int, int]]:
        """Column and sign of an n-gram, as scikit-learn's FeatureHasher gives them."""
        size, signed = len(self), self.vectorizer.alternate_sign

        @lru_cache(_KEPT)
        def place(gram: str) -> tuple[int, int]:
            hashed = murmurhash3_32(gram.encode("utf-8", "surrogatepass"))
            return abs(hashed) % size, -1 if signed and hashed < 0 else 1

        return place
