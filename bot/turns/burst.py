"""Which of a shopper's unread messages are answered together, and whether to wait for more of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.messages import Kind
from bot.domain.people import Message

FLOOD: Final = 20
"""More messages than this in a minute are a flood: nobody types so fast."""
_MOST, _LONGEST = 10, 2000
_LONGEST_IN_FLOOD: Final = 4000
_PATIENCE: Final = timedelta(seconds=5)
_SHORT: Final = 40
_WORDS: Final = frozenset({Kind.TEXT, Kind.PHOTO, Kind.VIDEO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER})
_FILES: Final = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
_ENDS: Final = re.compile(r"[.!?…。？！;；)]\W*$")
# A number, an address, a name of something: what is sent in answer, and is complete by itself.
_DATA: Final = re.compile(r"[\d@#№]")


def together(unread: Sequence[Message], *, flood: bool = False) -> tuple[Message, ...]:
    """Return the oldest of the unread messages that make one turn.

    Words and files stand together, up to 10 messages and 2000 characters; in a flood, all of them. A pressed button, a
    command, a contact, a place or a reaction is a turn by itself. A turn once begun stays as it was.
    """
    first = unread[0]
    if first.turn_id is not None:
        return tuple(message for message in unread if message.turn_id == first.turn_id)
    group = [first]
    if _joins(first):
        length = len(first.text)
        for message in unread[1:]:
            length += len(message.text)
            if not _joins(message) or (not flood and (len(group) == _MOST or length > _LONGEST)):
                break
            group.append(message)
    return tuple(group)


def as_one(group: Sequence[Message]) -> Message:
    """Return the message that the assistant is asked about: the first, with the words of all."""
    first, *rest = group
    if not rest:
        return first
    words = "\n".join(message.text for message in group if message.text.strip())
    kinds = {message.kind for message in group}
    return replace(
        first,
        text=words[:_LONGEST_IN_FLOOD],
        kind=Kind.TEXT if words else first.kind if len(kinds) == 1 else Kind.OTHER,
        language_hint=group[-1].language_hint,
    )


def wait_for_more(unread: Sequence[Message], now: datetime, window: timedelta, *, expected: bool) -> timedelta | None:
    """Return how long to wait before the unread messages are answered, or None when they can be now.

    People write "hi" and then the matter, or three short lines for one sentence. A short line without an end waits for
    `window` of silence, not longer than five seconds in all, unless an answer was `expected` of the shopper. So does a file
    without words: they, or the rest of an album, are still to come.
    """
    if unread[0].turn_id is not None or not _unfinished(unread[-1], expected=expected):
        return None
    ready = min(unread[-1].created_at + window, unread[0].created_at + _PATIENCE)
    return ready - now if ready > now else None


def _joins(message: Message) -> bool:
    return message.payload is None and message.kind in _WORDS


def _unfinished(message: Message, *, expected: bool) -> bool:
    words = message.text.strip()
    if message.kind in _FILES:
        return not words
    return (
        message.kind is Kind.TEXT
        and message.payload is None
        and not expected
        and len(words) <= _SHORT
        and _ENDS.search(words) is None
        and _DATA.search(words) is None
    )
