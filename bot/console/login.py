"""`/login` and `/logout`. A plain form: it works before any script has loaded, and password managers know it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, app, ui

from bot.console import theme
from bot.console.elements import tag
from bot.console.texts import Texts, Words
from bot.console.visitor import (
    LANGUAGE_COOKIE,
    SHOPPER_KEY,
    USER_KEY,
    from_this_site,
    local_address,
    logged_in,
    words_for,
)
from bot.errors import NotAllowed
from bot.store.unit_of_work import Store

log = structlog.get_logger()

_PROBLEMS = ("wrong", "locked", "elsewhere")
_YEAR = 365 * 24 * 3600


def to_login(request: Request) -> RedirectResponse:
    """Send somebody to the login page, and back here afterwards."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{urlencode({'next': here})}", status_code=303)


def add_login(store: Store, texts: Texts) -> None:
    """Add the pages for logging in and out, and the language switch."""
    _add_form(store, texts)
    _add_door(store)
    _add_exits(texts)


def _add_form(store: Store, texts: Texts) -> None:

    @ui.page("/login")
    async def login(request: Request, next: str = "", problem: str = "") -> Response | None:  # noqa: A002  the address says `next`
        if await logged_in(request, store) is not None:
            return RedirectResponse(local_address(next), status_code=303)
        words = words_for(request, texts)
        theme.dress(words, f"{words('login.title')} · {words('app.name')}")
        _form(words, texts, local_address(next), problem if problem in _PROBLEMS else None)
        return None


def _add_door(store: Store) -> None:
    @app.post("/login", include_in_schema=False)
    async def enter(
        request: Request,
        username: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=1000)],
        next: Annotated[str, Form()] = "",  # noqa: A002
    ) -> Response:
        if not from_this_site(request):
            return _again(next, "elsewhere")
        try:
            async with store.begin() as work:
                user = await work.users.check(username.strip(), password)
                if user is not None:
                    await work.audit.note(user, "login")
        except NotAllowed:
            log.warning("login.locked")
            return _again(next, "locked")
        if user is None:
            log.info("login.refused")
            return _again(next, "wrong")
        # A new id: whoever planted a cookie before the login shares nothing with the session after it.
        _renew(request.session)
        request.session["id"] = str(uuid.uuid4())
        request.session[USER_KEY] = user.id
        log.info("login.accepted", user=user.id)
        return RedirectResponse(local_address(next), status_code=303)


def _add_exits(texts: Texts) -> None:
    @app.api_route("/logout", methods=["GET", "POST"], include_in_schema=False)
    async def logout(request: Request) -> Response:
        _close_pages(request.session.get("id"))
        app.storage.user.clear()
        _renew(request.session)
        return RedirectResponse("/login", status_code=303)

    @app.get("/language/{language}", include_in_schema=False)
    async def language(language: str, next: str = "") -> Response:  # noqa: A002
        answer = RedirectResponse(local_address(next), status_code=303)
        if language in texts.languages:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True)
        return answer


def _again(next_address: str, problem: str) -> RedirectResponse:
    query = urlencode({"problem": problem, "next": local_address(next_address)})
    return RedirectResponse(f"/login?{query}", status_code=303)


def _renew(session: dict[str, Any]) -> None:
    """Empty a session, but leave the demo's shopper on the phone beside the console."""
    shopper = session.get(SHOPPER_KEY)
    session.clear()
    if shopper is not None:
        session[SHOPPER_KEY] = shopper


def _close_pages(session_id: str | None) -> None:
    """Send every open page of a session to the login page."""
    for client in tuple(Client.instances.values()):
        if session_id is not None and client.storage.get("session") == session_id:
            client.open("/login")


def _form(words: Words, texts: Texts, next_address: str, problem: str | None) -> None:
    with tag("main", css="door"):
        with tag("div", css="door-tools"):
            theme.bar(words, texts.languages)
        with tag("form", css="door-card", method="post", action="/login", testid="login"):
            with tag("div", css="brand"):
                tag("span", css="brand-mark", aria_hidden="true")
                tag("h1", words("app.name"))
            tag("p", words("login.lead"), css="quiet")
            if problem:
                tag("p", words(f"login.{problem}"), css="problem", role="alert", testid="login-problem")
            tag("input", type="hidden", name="next", value=next_address)
            with tag("label", css="field"):
                tag("span", words("login.username"))
                tag("input", name="username", autocomplete="username", required=True, autofocus=True,
                    autocapitalize="none", spellcheck="false", maxlength=200, testid="username")  # fmt: skip
            with tag("label", css="field"):
                tag("span", words("login.password"))
                tag("input", name="password", type="password", autocomplete="current-password", required=True,
                    maxlength=1000, testid="password")  # fmt: skip
            tag("button", words("login.submit"), css="button primary wide", type="submit", testid="submit")
