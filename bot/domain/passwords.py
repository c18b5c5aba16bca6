"""What a password must be: long, not the name, not what everybody takes. No rule about kinds of characters.

After NIST SP 800-63B, section 5.1.1.2.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 200
_DISTINCT: Final = 5
_RUN: Final = 0.6
_ROWS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "йцукенгшщзхъфывапролджэ",
)


class Fault(StrEnum):
    """What is wrong with a password."""

    SHORT = "short"
    LONG = "long"
    NAME = "name"
    COMMON = "common"


def fault_of(password: str, username: str) -> Fault | None:
    """Return why somebody may not take this password, or None."""
    plain, name = password.casefold(), username.casefold()
    if len(password) < SHORTEST:
        return Fault.SHORT
    if len(password) > LONGEST:
        return Fault.LONG
    if plain in {name, name[::-1]} or (len(name) >= 3 and len(plain.replace(name, "")) < SHORTEST // 2):
        return Fault.NAME
    if plain in _common() or len(set(plain)) < _DISTINCT or _is_a_run(plain):
        return Fault.COMMON
    return None


def _is_a_run(plain: str) -> bool:
    """True where most of it goes along a row of keys, the digits or the alphabet, forwards or backwards."""
    pairs = list(pairwise(plain))
    along = sum(any(first + second in row or second + first in row for row in _ROWS) for first, second in pairs)
    return along > _RUN * len(pairs)


@cache
def _common() -> frozenset[str]:
    """Return those of the usual lists that are long enough, and what people make of our own names."""
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split())
