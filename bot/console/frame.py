"""The frame around pages of forms and lists: bar, title, and what the last form came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse

from bot.console import theme
from bot.console.elements import Tag, icon, tag
from bot.console.navigation import draw_person, draw_places
from bot.console.texts import Words
from bot.domain.people import User


def draw_bar(words: Words, languages: tuple[str, ...], user: User, here: str) -> None:
    """Draw the bar of a page whose content has the id `main`: the ways to other pages, language, theme, who is logged in."""
    with tag("header", css="bar"):
        tag("a", words("people.skip"), css="skip", href="#main")
        with tag("a", css="brand", href="/", aria_label=words("app.name")):
            tag("span", css="brand-mark", aria_hidden="true")
            tag("b", words("app.name"), css="only-wide")
        tag("span", css="space")
        draw_places(words, user, here)
        theme.bar(words, languages)
        draw_person(words, user)


@dataclass(frozen=True)
class Page:
    """A page, as its address and the section of its texts name it."""

    path: str
    section: str

    def done(self, what: str) -> RedirectResponse:
        """Go back to the page and say that a form did what it should: the text `<section>.done.<what>`."""
        return RedirectResponse(f"{self.path}?{urlencode({'done': what})}", status_code=303)

    def refused(self, why: str) -> RedirectResponse:
        """Go back to the page and say why a form did nothing: the text `<section>.problem.<why>`."""
        return RedirectResponse(f"{self.path}?{urlencode({'problem': why})}", status_code=303)

    @contextmanager
    def draw(
        self, words: Words, languages: tuple[str, ...], user: User, query: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        """Draw the frame; what is drawn inside goes below the title."""
        title = words(f"{self.section}.title")
        theme.dress(words, f"{title} · {words('app.name')}")
        with tag("div", css="office", testid=self.section):
            draw_bar(words, languages, user, self.path)
            with tag("main", css="office-main", id="main"):
                tag("h1", title)
                self._say(words, query or {})
                yield

    def _say(self, words: Words, query: Mapping[str, str]) -> None:
        for kind, css, role in (("done", "success", "status"), ("problem", "problem", "alert")):
            key = f"{self.section}.{kind}.{query.get(kind, '')}"
            if words.has(key):
                tag("p", words(key), css=css, role=role, testid=kind)


@contextmanager
def card(title: str, *, note: str = "", testid: str = "") -> Iterator[Tag]:
    """Draw a part of a page with a heading."""
    with tag("section", css="card office-card", testid=testid) as made:
        tag("h2", title)
        if note:
            tag("p", note, css="quiet")
        yield made


@contextmanager
def form(action: str, *, testid: str = "", css: str = "office-form") -> Iterator[Tag]:
    """Draw a form that is posted."""
    with tag("form", css=css, method="post", action=action, testid=testid) as made:
        yield made


def field(label: str, name: str, *, hint: str = "", **attributes: Any) -> None:
    """Draw an input with its label above it."""
    with tag("label", css="field"):
        tag("span", label)
        tag("input", name=name, testid=f"field-{name}", **attributes)
        if hint:
            tag("small", hint, css="quiet")


def submit(text: str, *, css: str = "", sign: str = "", testid: str = "", **attributes: object) -> None:
    """Draw the button that posts a form."""
    with tag("button", css=f"button {css}".strip(), type="submit", testid=testid, **attributes):
        if sign:
            icon(sign)
        tag("span", text)


@contextmanager
def after_a_yes(question: str, why: str, *, testid: str = "") -> Iterator[None]:
    """Draw what cannot be undone: it shows only after somebody asked for it."""
    with tag("details", css="sure", testid=testid):
        tag("summary", question, css="button")
        tag("p", why, css="quiet")
        yield
