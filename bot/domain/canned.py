"""Replies that operators have ready: which there are, which fits, and with which facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ANY: Final = "any"
STANCES: Final = (ANY, "steady", "warm", "guide", "reassure", "repair", "soothe", "boundary")
VARIABLES: Final = ("name", "order", "eta", "tracking", "operator")
MAX_NAME: Final = 30
MAX_REPLY: Final = 2000
_NAME: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_UNFILLED: Final = re.compile(r"\{(?:" + "|".join(VARIABLES) + r")\}")


@dataclass(frozen=True)
class Canned:
    """One wording: called `/name` in a language, for shoppers in a mood (`any`: whatever it is).

    `text` is None for one that comes with Warmline and that the shop does not want.
    """

    name: str
    language: str
    stance: str
    text: str | None

    @property
    def place(self) -> tuple[str, str, str]:
        """What there is one of."""
        return (self.name, self.language, self.stance)


def canned_name(typed: str) -> str:
    """Return a name as it is kept: lower case, letters and digits with `-` between; raises ValueError for any other."""
    name = typed.strip().removeprefix("/").casefold()
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise ValueError(f"a name has letters and digits, `-` between them, and at most {MAX_NAME} of them")
    return name


def merged(shipped: Iterable[Canned], own: Iterable[Canned]) -> list[Canned]:
    """Return the replies there are, by name: the shop's own instead of those that come with Warmline."""
    found = {each.place: each for each in shipped} | {each.place: each for each in own}
    return sorted((each for each in found.values() if each.text), key=lambda each: each.place)


def fitting(replies: Iterable[Canned], language: str, stance: str) -> list[Canned]:
    """Return one wording a name in this language: that of the stance, else the one for any."""
    found: dict[str, Canned] = {}
    for each in replies:
        if each.language == language and (each.stance == stance or (each.stance == ANY and each.name not in found)):
            found[each.name] = each
    return list(found.values())


def unfilled(text: str) -> list[str]:
    """Return the variables in a text that nothing was put in for: it must not be sent so."""
    return list(dict.fromkeys(_UNFILLED.findall(text)))
