"""What the audit log keeps of an act besides who did it and when, as people say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from bot.console.marks import language_name, wish_name
from bot.console.texts import Words

# Where what stands for itself in the log has a text.
_GROUPS: Final = {
    "role": "people.role",
    "outcome": "insight.outcome",
    "reason": "promise.reason",
    "stance": "canned.stance",
    "pick": "insight.pick",
    "kind": "audit.kind",
    "template": "audit.template",
}


def details_told(words: Words, details: Mapping[str, Any], people: Mapping[int, str], today: date) -> list[str]:
    """Return each detail with its name; one that no text knows stands as it is kept. `people` are names by user id."""
    told = []
    for name, value in details.items():
        if value is None or value is False:
            continue
        key = f"audit.detail.{name}"
        label = words(key) if words.has(key) else name
        said = "" if value is True else _said(words, name, value, details, people, today)
        told.append(f"{label}: {said}" if said else label)
    return told


def _said(
    words: Words, name: str, value: Any, details: Mapping[str, Any], people: Mapping[int, str], today: date
) -> str:
    match name, value:
        case (("to" | "operator"), int()):
            return people.get(value, str(value))
        case "language", str():
            return language_name(words, value)
        case "until", str():
            return words.moment(datetime.fromisoformat(value), today=today)
        case "how", str():
            return ", ".join(_named(words, "audit.how", part) for part in value.split(", "))
        case (("was" | "became"), str()):
            return wish_name(words, value) if details.get("kind") == "intent" else _named(words, "emotion", value)
        case _:
            return _named(words, _GROUPS[name], str(value)) if name in _GROUPS else str(value)


def _named(words: Words, group: str, value: str) -> str:
    key = f"{group}.{value.replace(' ', '_')}"
    return words(key) if words.has(key) else value
