"""One `<language>.yml` read and checked. Standard library and PyYAML only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from responses.template import Template

_LOADER: Final = getattr(
    yaml, "CBaseLoader", yaml.BaseLoader
)  # the base loader keeps `yes`, `no` and numbers as they are written
_STANCES: Final = frozenset({"steady", "warm", "guide", "reassure", "repair", "soothe", "handoff", "boundary"})
_CAUSES: Final = frozenset(
    {"late", "damaged", "wrong_item", "missing", "refund", "person", "repeat", "praise", "general"}
)


class BookError(ValueError):
    """A response file is wrong, or something was asked of the book that it does not hold; the text names file or key."""


@dataclass(frozen=True)
class Button:
    """A choice under a response; pressing it says `payload` to the bot."""

    title: str
    payload: str


@dataclass(frozen=True)
class Response:
    """Variations by stance (`any` for all others), and the buttons under each of them."""

    variations: Mapping[str, tuple[Template, ...]]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Page:
    """Everything in one language."""

    responses: Mapping[str, Response]
    acknowledgements: Mapping[str, Mapping[str, tuple[Template, ...]]]
    words: Mapping[str, str]


def read_page(file: Path) -> Page:
    """Read one language; raises BookError naming file and key."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # nosec B506  # noqa: S506 - the base loader builds only text
    except yaml.YAMLError as exc:
        raise BookError(f"{file.name}: {exc}") from None
    top = _mapping(file, "the file", content)
    if top.get("language") != file.stem:
        raise BookError(f"{file.name}: language is {top.get('language')!r}, should be {file.stem!r}")
    if unknown := set(top) - {"language", "responses", "acknowledgements", "words"}:
        raise BookError(f"{file.name}: {min(unknown)} is not a known key")
    return Page(
        responses={
            key: _response(file, key, value) for key, value in _mapping(file, "responses", top.get("responses")).items()
        },
        acknowledgements={
            stance: _acknowledgement(file, f"acknowledgements: {stance}", stance, causes)
            for stance, causes in _mapping(file, "acknowledgements", top.get("acknowledgements")).items()
        },
        words={
            name: _text(file, f"words: {name}", word)
            for name, word in _mapping(file, "words", top.get("words")).items()
        },
    )


def _response(file: Path, key: str, value: Any) -> Response:
    lists = _mapping(file, key, value)
    if "any" not in lists:
        raise BookError(f"{file.name}: {key}: the list `any` is missing")
    if unknown := set(lists) - _STANCES - {"any", "buttons"}:
        raise BookError(f"{file.name}: {key}: {min(unknown)} is not a stance")
    buttons = lists.get("buttons", [])
    if not isinstance(buttons, list):
        raise BookError(f"{file.name}: {key}: buttons is not a list")
    return Response(
        variations={
            name: _templates(file, f"{key}: {name}", texts) for name, texts in lists.items() if name != "buttons"
        },
        buttons=tuple(_button(file, key, button) for button in buttons),
    )


def _acknowledgement(file: Path, place: str, stance: str, causes: Any) -> dict[str, tuple[Template, ...]]:
    if stance not in _STANCES:
        raise BookError(f"{file.name}: {place} is not a stance")
    if unknown := set(_mapping(file, place, causes)) - _CAUSES:
        raise BookError(f"{file.name}: {place}: {min(unknown)} is not a cause")
    found = {cause: _templates(file, f"{place}: {cause}", texts) for cause, texts in causes.items()}
    for cause, templates in found.items():
        if any("{" in template.raw for template in templates):
            raise BookError(f"{file.name}: {place}: {cause}: an acknowledgement has no variables")
    return found


def _templates(file: Path, place: str, texts: Any) -> tuple[Template, ...]:
    if not isinstance(texts, list) or not texts:
        raise BookError(f"{file.name}: {place} is not a list of texts")
    try:
        return tuple(Template.parse(_text(file, place, text)) for text in texts)
    except ValueError as exc:
        raise exc if isinstance(exc, BookError) else BookError(f"{file.name}: {place}: {exc}") from None


def _button(file: Path, key: str, value: Any) -> Button:
    fields = _mapping(file, f"{key}: buttons", value)
    if set(fields) != {"title", "payload"} or not str(fields["payload"]).startswith("/"):
        raise BookError(f"{file.name}: {key}: a button has a title and a payload that starts with /")
    return Button(title=_text(file, f"{key}: buttons", fields["title"]), payload=str(fields["payload"]))


def _mapping(file: Path, place: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not value:
        raise BookError(f"{file.name}: {place} is not a mapping")
    return value


def _text(file: Path, place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BookError(f"{file.name}: {place} is not a text")
    return value
