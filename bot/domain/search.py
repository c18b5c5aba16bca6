"""What a search finds, and which words of it are marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.messages import Author
from bot.domain.people import Conversation

LONGEST: Final = 200
"""So many characters of a query are looked for; nobody types more."""
_WORD: Final = re.compile(r"[0-9]+|[^\W\d_\u3400-\u9fff]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_BEFORE, _WHOLE = 60, 240


class FoundBy(StrEnum):
    """By what a conversation was found without a look at what was said."""

    NAME = "name"
    PHONE = "phone"
    ORDER = "order"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Part:
    """A stretch of a text; marked where it is what was looked for."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Hit:
    """A message that holds every word of a query."""

    message_id: int
    conversation: Conversation
    author: Author
    operator_name: str | None
    at: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class NoteHit:
    """A colleague's note that holds every word of a query."""

    note_id: int
    conversation: Conversation
    operator_name: str
    at: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Named:
    """A conversation found by whose it is."""

    conversation: Conversation
    by: FoundBy


@dataclass(frozen=True)
class Found:
    """One page of what a search found, the newest first; `older` begins the next page, `notes` are those of the first.

    `common`: there were only words of every text.
    """

    named: tuple[Named, ...] = ()
    notes: tuple[NoteHit, ...] = ()
    hits: tuple[Hit, ...] = ()
    older: int | None = None
    common: bool = False


def words_in(text: str) -> set[str]:
    """Return the words of a text that has spaces, as they stand there, and its figures."""
    return set(_WORD.findall(text))


def pairs_in(text: str) -> set[str]:
    """Return what is looked for in a text without spaces: pairs of Chinese characters, or one that stands alone."""
    return {run[i : i + 2] for run in _HAN.findall(text) for i in range(max(1, len(run) - 1))}


def marked(text: str, found: Callable[[str], bool], pairs: Collection[str] = ()) -> tuple[Part, ...]:
    """Return the stretch of a text around the first word that is `found` (or pair of characters), each of them marked."""
    spans = [match.span() for match in _WORD.finditer(text) if found(match.group())]
    for pair in pairs:
        spans += [(match.start(), match.end()) for match in re.finditer(re.escape(pair), text)]
    joined = _joined(sorted(spans))
    begin = _beginning(text, joined[0][0]) if joined else 0
    end = min(len(text), begin + _WHOLE)
    parts, at = [Part("…")] if begin else [], begin
    for start, stop in joined:
        if start >= end:
            break
        parts += [Part(text[at:start]), Part(text[start : min(stop, end)], marked=True)]
        at = min(stop, end)
    parts += [Part(text[at:end]), Part("…" if end < len(text) else "")]
    return tuple(part for part in parts if part.text)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _beginning(text: str, first: int) -> int:
    """Return where to begin so that some words stand before the first one found, at the begin of a word."""
    if first <= _BEFORE:
        return 0
    space = text.find(" ", first - _BEFORE, first)
    return space + 1 if space >= 0 else first - _BEFORE
