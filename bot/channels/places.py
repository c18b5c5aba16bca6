"""A place in a list, said in words: "the second one, please"; the words stand in places.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from bot.domain.likeness import fold, words_of

_FILE: Final = Path(__file__).with_name("places.yml")
_LONGEST: Final = 60  # who writes more says more than a place


def place_said(text: str, count: int) -> int | None:
    """Return the index, from 0, of the place in a list of `count` that these words say and nothing else; else None."""
    pattern, places = _known()
    found = pattern.fullmatch(" ".join(words_of(text[:_LONGEST]))) if len(text) <= _LONGEST else None
    if found is None:
        return None
    place = places[found[1]]
    return (count if place == 0 else place) - 1 if place <= count else None


@cache
def _known() -> tuple[re.Pattern[str], Mapping[str, int]]:
    """Return what matches a place with words around it, and each word's place, 0 for the last."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    by_place = {**content["places"], 0: content["last"]}
    places = {fold(str(word)): place for place, words in by_place.items() for word in words}
    around = _any(fold(word) for word in content["around"])
    return re.compile(rf"(?:{around} ?)*({_any(places)})(?: ?{around})*"), places


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"
