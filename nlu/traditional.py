"""Chinese in the characters its reader writes: responses are written in simplified ones, Taiwan and Hong Kong write traditional ones."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Final

from opencc import OpenCC

_LINK: Final = r"https?://\S+"


@cache
def _table(name: str) -> OpenCC:
    return OpenCC(name)


def writes_traditional(text: str) -> bool | None:
    """Tell whether a text is in traditional characters; None where all its characters are those of both."""
    whole = _whole(text)
    traditional, simplified = (
        _changed(whole, _table(name).convert(whole)) for name in ("t2s", "s2hk")
    )  # Taiwan, too, writes 台, not 臺
    return traditional > simplified if traditional != simplified else None


def in_traditional(text: str, names: Collection[str] = ()) -> str:
    """Return a text in the characters and words of Taiwan; names and links stay as they are."""
    kept = [_LINK, *(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)]
    parts = re.split(f"({'|'.join(kept)})", text)
    return "".join(part if place % 2 else _table("s2twp").convert(_whole(part)) for place, part in enumerate(parts))


def _whole(text: str) -> str:
    """OpenCC is written in C++ and takes no half of a character."""
    return text.encode("utf-8", "ignore").decode()


def _changed(one: str, other: str) -> int:
    return sum(sign != changed for sign, changed in zip(one, other, strict=False))
