"""What the bot said, recognised by its words: which response, and what kind of answer that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from actions.deescalation import NOT_UNDERSTOOD
from actions.slots import ASKS
from bot.domain.messages import Reply
from responses.page import Page, read_page
from responses.template import Template

_YES = "/affirm"
_SPACE = re.compile(r"\s+")
# Filling a wording makes `την 1η` of its `τις` and the first of a month (`responses/template.py`).
_ON_THE_FIRST = re.compile(r"\b([Σσ]?[Ττ])ην (?=1η\b)")


@dataclass(frozen=True)
class Heard:
    """The bot's replies to what the shopper just said. `responses` are their names, `kinds` those of tests/personas/README.md."""

    replies: tuple[Reply, ...] = ()
    responses: tuple[str | None, ...] = ()
    kinds: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(reply.text for reply in self.replies)

    @property
    def payloads(self) -> frozenset[str]:
        """What can be pressed."""
        return frozenset(button.payload for reply in self.replies for button in reply.buttons)


class Phrasebook:
    """All wordings of one language, turned round: from a text to the response it is."""

    def __init__(self, page: Page) -> None:
        self._wordings = [
            (name, _longest_word(template), _pattern(template))
            for name, response in page.responses.items()
            for templates in response.variations.values()
            for template in templates
        ]
        self._of_an_order = {
            name
            for name, response in page.responses.items()
            if name not in ASKS and any("{number}" in t.raw for ts in response.variations.values() for t in ts)
        }

    @classmethod
    def of(cls, file: Path) -> Self:
        """Read `responses/<language>.yml`; raises BookError."""
        return cls(read_page(file))

    def response(self, text: str) -> str | None:
        """Return the response of which most words stand in a text, in their order; None when it is in no words of ours."""
        said = _ON_THE_FIRST.sub(r"\1ις ", text)
        found = [
            (_words_matched(match), name)
            for name, word, pattern in self._wordings
            if word in said and (match := pattern.search(said))
        ]
        return max(found)[1] if found else None

    def hear(self, replies: Sequence[Reply], *, handed_over: bool) -> Heard:
        """Return the replies with what kind of answer they are."""
        names = tuple(self.response(reply.text) for reply in replies)
        kinds = {f"asks_{ASKS[name].value}" for name in names if name is not None and name in ASKS}
        if self._of_an_order.intersection(names):
            kinds.add("facts")
        if _NOT_UNDERSTOOD.intersection(names):
            kinds.add("not_understood")
        if any(button.payload == _YES for reply in replies for button in reply.buttons):
            kinds.add("offers")
        if handed_over:
            kinds.add("handed_over")
        return Heard(tuple(replies), names, frozenset(kinds))


_NOT_UNDERSTOOD = frozenset({"utter_misunderstood"} | {f"utter_{intent}" for intent in NOT_UNDERSTOOD})


def _pattern(template: Template) -> re.Pattern[str]:
    """Return what finds a wording in a text, whatever its variables were filled with."""
    pieces = []
    for part in template.parts:
        inner = "".join("(.+?)" if is_variable else _literal(piece) for is_variable, piece in part.pieces)
        pieces.append(f"(?:{inner})?" if part.optional else inner)
    return re.compile("".join(pieces), re.DOTALL)


def _longest_word(template: Template) -> str:
    """Return a word that every text of a wording holds: looking for it first spares most of the patterns."""
    pieces = [
        piece for part in template.parts if not part.optional for is_variable, piece in part.pieces if not is_variable
    ]
    return max((word for piece in pieces for word in _SPACE.split(piece)), key=len, default="")


def _literal(piece: str) -> str:
    return r"\s*".join(re.escape(word) for word in _SPACE.split(piece))


def _words_matched(match: re.Match[str]) -> int:
    """Return how many characters are the wording's own."""
    return len(match.group()) - sum(len(filled) for filled in match.groups() if filled)
