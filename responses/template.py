"""One variation of a response: text with `{variables}` and `[optional parts]`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PIECE = re.compile(r"\[|\]|\{([^{}]*)\}|[{}]|[^\[\]{}]+")
# What filling leaves: double spaces, a space before a wide bracket, a Greek article that is wrong for the first of a month.
_TIDY = (
    (re.compile(r"[ \t]{2,}"), " "),
    (re.compile(r" (?=（)"), ""),
    (re.compile(r"\b([Σσ]?[Ττ])ις 1η\b"), r"\1ην 1η"),
)
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class MissingVariable(KeyError):
    """A variable outside square brackets has no value; the argument is its name."""


@dataclass(frozen=True)
class _Part:
    """A run of text and variables; an optional one is dropped when one of its variables has no value."""

    pieces: tuple[tuple[bool, str], ...]
    optional: bool

    def fill(self, facts: Mapping[str, Any]) -> str:
        if self.optional and any(is_variable and _empty(facts.get(piece)) for is_variable, piece in self.pieces):
            return ""
        return "".join(_value(facts, piece) if is_variable else piece for is_variable, piece in self.pieces)


@dataclass(frozen=True)
class Template:
    """A parsed variation. `id` stays the same as long as the raw text does."""

    raw: str
    id: str
    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, raw: str) -> Template:
        """Read a variation; raises ValueError saying what is wrong with its brackets or braces."""
        parts: list[_Part] = []
        pieces: list[tuple[bool, str]] = []
        optional = False
        for found in _PIECE.finditer(raw):
            piece, name = found.group(), found.group(1)
            if piece in "[]":
                if (piece == "[") == optional:
                    raise ValueError("square brackets do not pair up (or are nested)")
                if optional and not any(is_variable for is_variable, _ in pieces):
                    raise ValueError("a part in square brackets has no {variable}")
                parts.append(_Part(tuple(pieces), optional))
                pieces, optional = [], not optional
            elif name is None and piece in "{}":
                raise ValueError("braces do not pair up")
            elif name is None:
                pieces.append((False, piece))
            elif _NAME.match(name):
                pieces.append((True, name))
            else:
                raise ValueError(f"{{{name}}} is not a variable name")
        if optional:
            raise ValueError("a square bracket is not closed")
        parts.append(_Part(tuple(pieces), optional=False))
        digest = hashlib.sha256(raw.encode()).hexdigest()[:10]
        return cls(raw=raw, id=digest, parts=tuple(part for part in parts if part.pieces))

    def fill(self, facts: Mapping[str, Any]) -> str:
        """Return the text with its variables filled; raises MissingVariable."""
        text = "".join(part.fill(facts) for part in self.parts)
        for wrong, right in _TIDY:
            text = wrong.sub(right, text)
        return text.strip()


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _value(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    if _empty(value):
        raise MissingVariable(name)
    return str(value)
