"""Which language a shopper is answered in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LANGUAGES: Final = frozenset({"en", "ru", "zh", "el"})
_ENOUGH_LETTERS: Final = 4
_ENOUGH_HAN: Final = 2
_ENOUGH_WORDS: Final = 3
# Kana, Thai, Lao, Myanmar and Khmer put no spaces between words; so many letters are three words at least.
_UNSPACED: Final = re.compile("[\u3040-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_ENOUGH_UNSPACED: Final = 6


def language_of(
    text: str,
    read: str,
    *,
    spans: Sequence[tuple[int, int]] = (),
    current: str | None = None,
    hint: str | None = None,
    default: str = "en",
) -> str:
    """Return the language to answer in.

    The one that was read, but bare data (`WL-1001`, `ok`) does not change the language of a conversation under way.
    Where nothing was read: the conversation's, else the channel's hint, else the shop's own.
    """
    if read in LANGUAGES and (current is None or read == current or _says_enough(text, spans)):
        return read
    hinted = (hint or "").split("-")[0].lower()
    return current or (hinted if hinted in LANGUAGES else default)


def is_foreign(text: str, read: str, *, spans: Sequence[tuple[int, int]] = ()) -> bool:
    """True for a message in a language that we do not speak: no language was read, and it has words enough for one."""
    if read in LANGUAGES or text.startswith("/"):
        return False
    left = _without(text, spans)
    words = [word for word in left.split() if any(c.isalpha() for c in word)]
    return len(words) >= _ENOUGH_WORDS or len(_UNSPACED.findall(left)) >= _ENOUGH_UNSPACED


def _says_enough(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """True when enough words are left beside the data for a language to show."""
    letters = [c for c in _without(text, spans) if c.isalpha()]
    han = sum("\u4e00" <= c <= "\u9fff" for c in letters)
    return len(letters) >= _ENOUGH_LETTERS or han >= _ENOUGH_HAN


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return "".join(c for i, c in enumerate(text) if not any(start <= i < end for start, end in spans))
