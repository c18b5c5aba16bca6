"""What frames the pages of people on duty and of alerts, and how their forms are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from bot.console import theme
from bot.console.elements import tag
from bot.console.frame import draw_bar
from bot.console.login import to_login
from bot.console.texts import Texts, Words
from bot.console.visitor import from_this_site, logged_in, words_for
from bot.domain.people import User
from bot.domain.permissions import Permission, may
from bot.store.unit_of_work import Store


def may_lead(user: User) -> bool:
    """True for somebody who sees to the others: who is on duty, and in which teams."""
    return may(user, Permission.DUTY)


async def admitted(request: Request, store: Store, *, leads: bool) -> User | Response:
    """Return who asks where they may; else the way to the login, or back to the console. A form must be our own."""
    user = await logged_in(request, store)
    if user is None:
        return to_login(request) if request.method == "GET" else RedirectResponse("/login", status_code=303)
    foreign = request.method != "GET" and not from_this_site(request)
    return RedirectResponse("/console", status_code=303) if foreign or (leads and not may_lead(user)) else user


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
