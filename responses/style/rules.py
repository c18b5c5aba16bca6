"""The rules of one language, `responses/style/<language>.yml`, read and checked. Standard library and PyYAML only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

RULES: Final = (
    "blame",
    "calm_down",
    "as_i_said",
    "question_for_question",
    "i_three_times",
    "apology_without_action",
    "promise_without_row",
    "dead_end",
    "too_long",
    "loud",
    "bot_first_name",
    "gendered",
    "informal",
    "vague_time",
    "jargon",
)
# What a rule is made of, beside its reason; all others have `find`, and may have `spare`.
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "question_for_question": frozenset({"spare"}),
    "dead_end": frozenset(),
    "too_long": frozenset({"sentence", "text"}),
}
_FOLDER: Final = Path(__file__).parent
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the base loader keeps everything as it is written
_TOP: Final = frozenset({"language", "question_marks", "samples", "steps", "ends", "facts", "rules", "without"})

Patterns = tuple["re.Pattern[str]", ...]


class StyleError(ValueError):
    """A file of rules is wrong, or there is none for a language; the text names file and key."""


@dataclass(frozen=True)
class Rule:
    """One rule: what it finds, what only looks like it, the most characters, and the responses it lets pass."""

    name: str
    reason: str
    find: Patterns
    spare: Patterns
    sentence: int
    text: int
    exceptions: Mapping[str, str]


@dataclass(frozen=True)
class Rulebook:
    """All rules of one language, and how it names a next step, a clear end and a fact."""

    rules: Mapping[str, Rule]
    question_marks: str
    samples: Mapping[str, str]
    steps: Patterns
    ends: Patterns
    facts: Patterns


@cache
def rules_of(language: str) -> Rulebook:
    """Return the rules of a language, read once; raises StyleError naming file and key."""
    file = _FOLDER / f"{language}.yml"
    if not file.is_file():
        raise StyleError(f"there are no rules of style for {language!r}")
    return read_rules(file)


def read_rules(file: Path) -> Rulebook:
    """Read one language; raises StyleError naming file and key."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # nosec B506  # noqa: S506 - the base loader builds only text
    except yaml.YAMLError as exc:
        raise StyleError(f"style/{file.name}: {exc}") from None
    top = _mapping(file, "the file", content)
    if unknown := set(top) - _TOP:
        raise StyleError(f"style/{file.name}: {min(unknown)} is not a known key")
    if top.get("language") != file.stem:
        raise StyleError(f"style/{file.name}: language is {top.get('language')!r}, should be {file.stem!r}")
    rules = _mapping(file, "rules", top.get("rules"))
    without = _texts(file, "without", top.get("without", {}))
    if unknown := (set(rules) | set(without)) - set(RULES):
        raise StyleError(f"style/{file.name}: rules: {min(unknown)} is not a rule")
    if missing := set(RULES) - set(rules) - set(without):
        raise StyleError(
            f"style/{file.name}: rules: {min(missing)} is missing (or say under `without` why there is none)"
        )
    return Rulebook(
        rules={name: _rule(file, name, _mapping(file, f"rules: {name}", value)) for name, value in rules.items()},
        question_marks=_text(file, "question_marks", top.get("question_marks")),
        samples=_texts(file, "samples", top.get("samples", {})),
        steps=_patterns(file, "steps", top.get("steps")),
        ends=_patterns(file, "ends", top.get("ends")),
        facts=_patterns(file, "facts", top.get("facts")),
    )


def _rule(file: Path, name: str, parts: Mapping[str, Any]) -> Rule:
    place = f"rules: {name}"
    own = _PARTS.get(name, frozenset({"find", "spare"}))
    if unknown := set(parts) - own - {"reason", "except"}:
        raise StyleError(f"style/{file.name}: {place}: {min(unknown)} is not a known key")
    return Rule(
        name=name,
        reason=_text(file, f"{place}: reason", parts.get("reason")),
        find=_patterns(file, f"{place}: find", parts.get("find")) if "find" in own else (),
        spare=_patterns(file, f"{place}: spare", parts["spare"]) if "spare" in parts else (),
        sentence=_count(file, f"{place}: sentence", parts.get("sentence")) if "sentence" in own else 0,
        text=_count(file, f"{place}: text", parts.get("text")) if "text" in own else 0,
        exceptions=_texts(file, f"{place}: except", parts.get("except", {})),
    )


def _patterns(file: Path, place: str, value: Any) -> Patterns:
    if not isinstance(value, list) or not value:
        raise StyleError(f"style/{file.name}: {place} is not a list of patterns")
    return tuple(_pattern(file, f"{place}[{n}]", text) for n, text in enumerate(value, start=1))


def _pattern(file: Path, place: str, value: Any) -> re.Pattern[str]:
    try:
        return re.compile(_text(file, place, value), re.IGNORECASE)
    except re.error as exc:
        raise StyleError(f"style/{file.name}: {place}: {exc}") from None


def _count(file: Path, place: str, value: Any) -> int:
    if not isinstance(value, str) or not value.isdecimal() or value == "0":
        raise StyleError(f"style/{file.name}: {place} is not a number of characters")
    return int(value)


def _texts(file: Path, place: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise StyleError(f"style/{file.name}: {place} is not a mapping")
    return {key: _text(file, f"{place}: {key}", text) for key, text in value.items()}


def _mapping(file: Path, place: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not value:
        raise StyleError(f"style/{file.name}: {place} is not a mapping")
    return value


def _text(file: Path, place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise StyleError(f"style/{file.name}: {place} is not a text")
    return value
