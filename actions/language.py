"""Which language a shopper is answered in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LANGUAGES: Final = frozenset({"en", "ru", "zh", "el"})
_ENOUGH_LETTERS: Final = 4
_ENOUGH_HAN: Final = 2


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


def _says_enough(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """True when enough words are left beside the data for a language to show."""
    left = "".join(c for i, c in enumerate(text) if not any(start <= i < end for start, end in spans))
    letters = [c for c in left if c.isalpha()]
    han = sum("\u4e00" <= c <= "\u9fff" for c in letters)
    return len(letters) >= _ENOUGH_LETTERS or han >= _ENOUGH_HAN
