"""A text with what is known about where it is said. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from responses.style.rules import Patterns, Rulebook

_NUMBER: Final = re.compile(r"\d")


@dataclass(frozen=True)
class Case:
    """A text with what is known about where it is said."""

    text: str
    book: Rulebook
    stance: str | None
    response: str | None
    may_promise: Collection[str]
    asked: bool
    buttons: bool

    @property
    def sentences(self) -> list[str]:
        """The sentences, each with its stops. A stop inside a number or an address ends none; Chinese needs no space after one."""
        stops = re.escape(f".!…。！{self.book.question_marks}")
        parts = re.findall(rf"(?:[^{stops}]|(?=[.!?;…])[{stops}](?=\S))+[{stops}]*", self.text)
        return [part.strip() for part in parts if part.strip()]

    @property
    def asks(self) -> bool:
        """Whether one of the sentences is a question."""
        return any(self.is_question(sentence) for sentence in self.sentences)

    @property
    def tells_a_fact(self) -> bool:
        """Whether it says something that happened or is so, such as a day or an amount."""
        return has_number(self.text) or found(self.book.facts, self.text)

    def is_question(self, sentence: str) -> bool:
        """Whether a sentence ends in a question mark of the language."""
        return sentence.rstrip("\"'»”) ").endswith(tuple(self.book.question_marks))


def has_number(text: str) -> bool:
    """Whether there is a figure in the text."""
    return _NUMBER.search(text) is not None


def found(patterns: Patterns, text: str) -> bool:
    """Whether one of the patterns is found in the text."""
    return any(pattern.search(text) for pattern in patterns)
