"""What is refused beside what is wanted: "no person, just tell me whether it comes", "the right size, no refund"."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, Final

from rasa.core.channels.channel import UserMessage

Parsed = dict[str, Any]
Parse = Callable[[UserMessage], Awaitable[Parsed]]

# A kind of cue, and the wishes that its words resemble though they refuse them.
_WANTS: Final[Mapping[str, frozenset[str]]] = {
    "no_person": frozenset({"ask_human"}),
    "no_money": frozenset({"ask_refund", "ask_return"}),
}
# Whose money is refused and who wants something instead wants it changed.
_INSTEAD: Final = {"no_money": "exchange"}
_NO_WISHES: Final = frozenset({"affirm", "deny", "thank", "greet", "goodbye", "smalltalk", "praise", "nlu_fallback"})
_COURTESIES: Final = _NO_WISHES - {"nlu_fallback"}
_ANSWERS: Final = frozenset({"affirm", "deny"})
_SURE: Final = 0.5
_SHORT: Final = 5  # words: "no person ever answers me when I write" refuses nobody
_WORD: Final = re.compile(r"[\u3400-\u9fff]{1,2}|[^\W\u3400-\u9fff]+")
_CLAUSE: Final = re.compile(r"[^,.!?…;:，。！？；：、\n]+[,.!?…;:，。！？；：、\n]*")


async def beside_refusal(message: UserMessage, read: Parsed, parse: Parse) -> Parsed:
    """Return the reading with the wish of the clauses that refuse nothing, where the whole reads as what it refuses."""
    kind = next((kind for kind in _WANTS if any(cue["kind"] == kind for cue in read.get("cues", ()))), None)
    if kind is None:
        return read
    intent, refused = read["intent"], _WANTS[kind] | _ANSWERS
    if intent["name"] not in refused and intent["confidence"] >= _SURE:
        return read
    refusing, rest = _parted(str(message.text), [cue for cue in read["cues"] if cue["kind"] == kind])
    wanted = await _read_alone(rest, message, read, parse) if any(map(str.isalnum, rest)) else None
    if wanted and wanted["intent"]["name"] not in _NO_WISHES | refused:
        found = wanted["intent"]
    elif wanted and kind in _INSTEAD and wanted["intent"]["name"] not in _COURTESIES | refused:
        found = {"name": _INSTEAD[kind], "confidence": _SURE}
    elif (
        intent["name"] in _WANTS[kind]
        and (wanted is None or wanted["intent"]["name"] in _COURTESIES)
        and _is_short(refusing)
    ):
        found = {"name": "deny", "confidence": _SURE}
    else:
        return read
    others = [row for row in read["intent_ranking"] if row["name"] != found["name"]]
    return {**read, "intent": dict(found), "intent_ranking": [dict(found), *others]}


def _parted(text: str, cues: list[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the clauses of a text in which one of these cues stands, and the others."""
    parts: tuple[list[str], list[str]] = ([], [])
    for each in _CLAUSE.finditer(text):
        refuses = any(each.start() <= cue["start"] < each.end() for cue in cues)
        parts[not refuses].append(each.group())
    refusing, rest = map("".join, parts)
    return refusing, rest.strip()


def _is_short(text: str) -> bool:
    return len(_WORD.findall(text)) <= _SHORT


async def _read_alone(rest: str, message: UserMessage, read: Parsed, parse: Parse) -> Parsed:
    part = copy(message)
    part.text = rest
    part.metadata = {**(message.metadata or {}), "language_hint": read.get("language")}
    return await parse(part)
