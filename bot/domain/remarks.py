"""What colleagues write about a chat for each other: notes and tags. No shopper and no assistant ever sees them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MAX_NOTE: Final = 4000
MAX_TAG: Final = 40
MAX_TAGS: Final = 20
"""Tags of one conversation; more say nothing any more."""


@dataclass(frozen=True)
class Note:
    """A colleague's words beside the transcript."""

    id: int
    conversation_id: str
    user_id: int
    text: str
    at: datetime


@dataclass(frozen=True)
class Tag:
    """A word that chats are found again by. `used` is how many carry it, where that was asked for."""

    id: int
    name: str
    used: int = 0


def note_text(text: str) -> str:
    """Return a note as it is kept; raises ValueError when it is empty or too long."""
    kept = text.strip()
    if not kept:
        raise ValueError("a note needs words")
    if len(kept) > MAX_NOTE:
        raise ValueError(f"a note has at most {MAX_NOTE} characters")
    return kept


def tag_name(text: str) -> str:
    """Return a tag's name as it is kept: one line, single spaces, no `#`; raises ValueError when it is empty or too long."""
    visible = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    name = " ".join(unicodedata.normalize("NFC", visible).split()).lstrip("#").strip()
    if not name:
        raise ValueError("a tag needs a name")
    if len(name) > MAX_TAG:
        raise ValueError(f"a tag's name has at most {MAX_TAG} characters")
    return name


def tag_key(name: str) -> str:
    """Return what is equal for names that differ in case or width only, in any alphabet."""
    return unicodedata.normalize("NFKC", name).casefold()


# Control characters and marks that turn the direction of what follows; emoji joiners stay.
_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
