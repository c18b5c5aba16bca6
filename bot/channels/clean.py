"""What comes from outside, made safe to keep."""

from __future__ import annotations

import re

# PostgreSQL keeps neither NUL nor half a surrogate pair. JSON can carry both, and one message that can never be
# stored would be sent again for a day and hold up everything behind it.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_INTENT = re.compile(r"/[a-z][a-z0-9_]{0,63}(\{.*\})?", re.DOTALL)

MAX_INBOUND = 8000


def storable(text: str, limit: int = MAX_INBOUND) -> str:
    """Return the text without what a database cannot keep, at most `limit` characters of it."""
    return _NOT_STORABLE.sub("", text)[:limit]


def intent_payload(data: str) -> str | None:
    """Return the data of a pressed button if it is one of ours (`/affirm`, `/inform{...}`), else None."""
    return storable(data) if len(data) <= MAX_INBOUND and _INTENT.fullmatch(data) else None
