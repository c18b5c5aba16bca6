"""Forms of a shopper's text: plain (for matching), spoken (for embedding), and native script for romanised words."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

READ: Final = 2000  # characters of a message that are looked at; its end says no more than its beginning
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHES = {"’": "'", "‘": "'", "ʼ": "'", "`": "'"}


def readable(text: str) -> str:
    """Return the first READ characters, blanks for lone surrogates and control characters, every character at its old place."""
    return _UNREADABLE.sub(" ", text[:READ])


class _Plain(dict[int, str]):
    """A table for str.translate that works a letter out when it is first met."""

    def __missing__(self, letter: int) -> str:
        self[letter] = _plain_letter(chr(letter))
        return self[letter]


def _plain_letter(letter: str) -> str:
    lower = letter.lower()
    if len(lower) != 1:
        return letter
    lower = _APOSTROPHES.get(lower, lower)
    if lower == "ς":
        return "σ"
    base, *marks = unicodedata.normalize("NFD", lower)
    # й is a letter of its own; ё and accented Greek or Latin letters are written without their marks in chats.
    if marks and lower != "й" and all(unicodedata.combining(mark) for mark in marks):
        return base
    return lower


_PLAIN: Final = _Plain()


def plain(text: str) -> str:
    """Return the text in lower case and without accents, every character at its old place."""
    return text.translate(_PLAIN)


def squeezed(word: str) -> str:
    """Return the word with stretched letters written once: `sooooo` becomes `so`."""
    return _STRETCHED.sub(r"\1", word)


def spoken(text: str) -> str:
    """Return what is embedded: shouting, stretching and stray spaces do not change what is said."""
    return " ".join(_STRETCHED.sub(r"\1\1", text).lower().split())
