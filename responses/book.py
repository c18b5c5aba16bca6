"""The book of responses: what is said, in which language and tone. PyYAML and OpenCC only: two Pythons read it."""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from responses.page import BookError, Button, Page, read_page
from responses.template import MissingVariable, Template
from responses.traditional import CHINESE, TRADITIONAL, traditional_page

__all__ = ["BookError", "Button", "Line", "ResponseBook"]

log = logging.getLogger(__name__)
_chance = random.SystemRandom()


@dataclass(frozen=True)
class Line:
    """A text ready to be read; `variation` is the stable id of the wording."""

    text: str
    buttons: tuple[Button, ...]
    variation: str


class ResponseBook:
    """All languages of a folder, and Chinese in traditional characters as `zh_Hant`.

    A file that changes is read again; a change that is wrong is refused and logged.
    """

    def __init__(self, folder: Path, pages: Mapping[str, Page], stamps: Mapping[str, int]) -> None:
        self._folder = folder
        self._pages = dict(pages)
        self._stamps = dict(stamps)
        self._traditional: tuple[Page, Page] | None = None  # and the page it was made from

    @classmethod
    def load(cls, folder: str | Path) -> ResponseBook:
        """Read every `<language>.yml`; raises BookError naming file and key."""
        folder = Path(folder)
        files = sorted(folder.glob("*.yml"))
        if not files:
            raise BookError(f"{folder} holds no <language>.yml")
        return cls(
            folder,
            {file.stem: read_page(file) for file in files},
            {file.stem: file.stat().st_mtime_ns for file in files},
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there is a file for."""
        return tuple(self._pages)

    def keys(self, language: str) -> tuple[str, ...]:
        """The names of all responses in a language."""
        return tuple(self._page(language).responses)

    def say(
        self,
        key: str,
        language: str,
        *,
        stance: str = "steady",
        avoid: Collection[str] = (),
        rng: random.Random | None = None,
        brief: bool = False,
        **facts: Any,
    ) -> Line:
        """Return one variation for the stance (else of `any`) that is not in `avoid`, filled with facts; the shortest if `brief`.

        Where `avoid` (the latest first) has all of them, the one used longest ago comes again.
        Raises BookError when the key is unknown or a variable outside square brackets has no value.
        """
        response = self._page(language).responses.get(key)
        if response is None:
            raise BookError(f"{language}.yml has no response {key}")
        wordings = response.variations.get(stance) or response.variations["any"]
        try:
            template = _shortest(wordings, avoid, facts) if brief else _choose(wordings, avoid, rng)
            text = template.fill(facts)
        except MissingVariable as exc:
            raise BookError(f"{language}.yml: {key}: nothing was given for {{{exc.args[0]}}}") from None
        return Line(text=text, buttons=response.buttons, variation=template.id)

    def acknowledge(
        self,
        language: str,
        stance: str,
        cause: str | None,
        *,
        avoid: Collection[str] = (),
        rng: random.Random | None = None,
    ) -> Line | None:
        """Return the sentence in front of a reply for stance and cause (else the stance's `general`), or None."""
        causes = self._page(language).acknowledgements.get(stance, {})
        templates = causes.get(cause or "general") or causes.get("general")
        if not templates:
            return None
        template = _choose(templates, avoid, rng)
        return Line(text=template.fill({}), buttons=(), variation=template.id)

    def word(self, language: str, name: str, **facts: str) -> str:
        """Return a word used inside sentences, filled where facts are given; raises BookError when there is none."""
        try:
            word = self._page(language).words[name]
            return Template.parse(word).fill(facts) if facts else word
        except KeyError:
            raise BookError(f"{language}.yml: words: {name} is missing") from None

    def _page(self, language: str) -> Page:
        if language == TRADITIONAL:
            page = self._page(CHINESE)
            if self._traditional is None or self._traditional[1] is not page:
                self._traditional = traditional_page(page), page
            return self._traditional[0]
        file = self._folder / f"{language}.yml"
        try:
            stamp: int | None = file.stat().st_mtime_ns
        except FileNotFoundError:
            stamp = None
        if stamp is not None and stamp != self._stamps.get(language):
            self._stamps[language] = stamp
            try:
                self._pages[language] = read_page(file)
            except BookError as exc:
                log.warning("book.change_refused: %s", exc)
        try:
            return self._pages[language]
        except KeyError:
            raise BookError(f"there is no {file}") from None


def _shortest(templates: Sequence[Template], avoid: Collection[str], facts: Mapping[str, Any]) -> Template:
    """Return the shortest wording, but not the one that was used last."""
    last = next(iter(avoid), None)
    fresh = [template for template in templates if template.id != last] or templates
    return min(fresh, key=lambda template: len(template.fill(facts)))


def _choose(templates: Sequence[Template], avoid: Collection[str], rng: random.Random | None) -> Template:
    if fresh := [template for template in templates if template.id not in avoid]:
        return (rng or _chance).choice(fresh)
    order = list(avoid)
    return max(templates, key=lambda template: order.index(template.id))
