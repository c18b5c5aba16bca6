"""What frames the pages of people on duty and of alerts, and how their forms are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse

from bot.console import theme
from bot.console.elements import tag
from bot.console.frame import draw_bar
from bot.console.texts import Texts, Words
from bot.console.visitor import words_for
from bot.domain.people import User


def back(path: str, said: str) -> RedirectResponse:
    """Go back to a page that says what a form came to: the text `duty.said.<said>`."""
    return RedirectResponse(f"{path}?{urlencode({'said': said})}", status_code=303)


@contextmanager
def page(request: Request, texts: Texts, user: User, title: str) -> Iterator[Words]:
    """Draw the frame; what is drawn inside goes below the title."""
    words = words_for(request, texts)
    theme.dress(words, f"{words(title)} · {words('app.name')}")
    with tag("div", css="duty-page", testid="duty-page"):
        draw_bar(words, texts.languages, user, request.url.path)
        with tag("main", css="duty-main", id="main"):
            tag("h1", words(title))
            key = f"duty.said.{request.query_params.get('said', '')}"
            if words.has(key):
                tag("p", words(key), css="duty-said", role="status", testid="said")
            yield words


@contextmanager
def card(title: str, note: str = "", *, testid: str = "") -> Iterator[None]:
    """Draw a part of a page with a heading."""
    with tag("section", css="card duty-card", testid=testid):
        tag("h2", title)
        if note:
            tag("p", note, css="quiet")
        yield
