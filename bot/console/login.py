"""`/login` and `/logout`. A plain form: it works before any script has loaded, and password managers know it."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app

from bot.console import theme
from bot.console.elements import tag
from bot.console.entrance import Entrance
from bot.console.texts import Texts, Words
from bot.console.visitor import (
    LANGUAGE_COOKIE,
    SHOPPER_KEY,
    from_this_site,
    local_address,
    session_of,
    words_for,
)
from bot.domain.people import User
from bot.domain.permissions import Permission, may
from bot.store.unit_of_work import Store

_PROBLEMS = ("wrong", "locked", "elsewhere", "sign_on", "unknown")
_DONE = ("chosen",)
# Who has just chosen a password in this browser: their name need not be typed.
NAMED = "named"
PENDING = "pending"
SIGN_ON = "/login/oidc"
SECOND_STEP = "/account/second-step"
_FOR_A_CODE = 5 * 60
_YEAR = 365 * 24 * 3600
# Where somebody belongs, by what they may do: the first page that is theirs.
HOMES = ((Permission.CHATS, "/console"), (Permission.FIGURES, "/insight"))


def to_login(request: Request) -> RedirectResponse:
    """Send somebody to the login page, and back here afterwards; a form they have to send anew, from its page."""
    if request.method != "GET":
        return RedirectResponse("/login", status_code=303)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{urlencode({'next': here})}", status_code=303)


async def admitted(request: Request, store: Store, permission: Permission) -> User | Response:
    """Return who is logged in where they may see this; else the way to the login, or to a page that is theirs."""
    found = await session_of(request, store)
    if found is None:
        return to_login(request)
    session, user = found
    if session.limited:
        return RedirectResponse(SECOND_STEP, status_code=303)
    return user if may(user, permission) else RedirectResponse("/refused", status_code=303)


async def let_in(request: Request, entrance: Entrance, user: User, there: str, *, how: str = "password") -> Response:
    """Log somebody in, and lead them to where they wanted to go."""
    # A new id: whoever planted a cookie before the login shares nothing with the session after it.
    _renew(request.session)
    await entrance.begin_session(request, user, how=how)
    return RedirectResponse(there or home_of(user), status_code=303)


def ask_for_code(request: Request, user: User, there: str, *, how: str = "password") -> Response:
    """Ask somebody who has shown who they are for the second step."""
    request.session[PENDING] = {"user": user.id, "until": time.time() + _FOR_A_CODE, "next": there, "how": how}
    return RedirectResponse("/login/code", status_code=303)


def home_of(user: User) -> str:
    """Return the page somebody begins with."""
    return next((path for permission, path in HOMES if may(user, permission)), "/account")


def add_login(store: Store, texts: Texts, entrance: Entrance, *, sign_on: bool) -> None:
    """Add the pages for logging in and out, and the language switch; `sign_on`: with a way to the provider."""
    _add_form(store, texts, sign_on=sign_on)
    _add_refusal(store, texts)
    _add_door(entrance)
    _add_exits(store, texts)


def _add_form(store: Store, texts: Texts, *, sign_on: bool) -> None:

    @theme.page_at("/login")
    async def login(request: Request, next: str = "", problem: str = "") -> Response | None:  # noqa: A002  the address says `next`
        found = await session_of(request, store)
        if found is not None:
            return RedirectResponse(local_address(next, home_of(found[1])), status_code=303)
        words = words_for(request, texts)
        theme.dress(words, f"{words('login.title')} · {words('app.name')}")
        _form(words, texts, local_address(next, ""), problem, str(request.session.get(NAMED, "")), sign_on=sign_on)
        return None


def _add_refusal(store: Store, texts: Texts) -> None:

    @theme.page_at("/refused")
    async def refused(request: Request) -> Response | None:
        found = await session_of(request, store)
        if found is None:
            return RedirectResponse("/login", status_code=303)
        words, (_, user) = words_for(request, texts), found
        theme.dress(words, f"{words('login.refused')} · {words('app.name')}")
        with tag("main", css="door"), tag("div", css="door-card", testid="refused"):
            tag("h1", words("login.refused"))
            tag("p", words("login.refused_why", role=words(f"people.role.{user.role.value}")), css="quiet")
            tag("a", words("login.home"), css="button primary wide", href=home_of(user))
        return None


def _add_door(entrance: Entrance) -> None:
    @app.post("/login", include_in_schema=False)
    async def enter(
        request: Request,
        username: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=1000)],
        next: Annotated[str, Form()] = "",  # noqa: A002
    ) -> Response:
        user = await entrance.enter(request, username.strip(), password)
        if not isinstance(user, User):
            return again(next, user)
        there = local_address(next, "")
        if await entrance.has_second_step(user):
            return ask_for_code(request, user, there)
        return await let_in(request, entrance, user, there)


def _add_exits(store: Store, texts: Texts) -> None:
    @app.api_route("/logout", methods=["GET", "POST"], include_in_schema=False)
    async def logout(request: Request) -> Response:
        if not from_this_site(request):
            return RedirectResponse("/login", status_code=303)
        found = await session_of(request, store)
        if found is not None:
            session, user = found
            async with store.begin() as work:
                await work.sessions.end(session.id, of=user.id)
                await work.audit.note(user, "logout")
        app.storage.user.clear()
        _renew(request.session)
        return RedirectResponse("/login", status_code=303)

    @app.get("/language/{language}", include_in_schema=False)
    async def language(language: str, next: str = "") -> Response:  # noqa: A002
        answer = RedirectResponse(local_address(next), status_code=303)
        if language in texts.languages:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True)
        return answer


def again(next_address: str, problem: str) -> RedirectResponse:
    """Lead back to the form, and say what is wrong there."""
    query = urlencode({"problem": problem} | ({"next": there} if (there := local_address(next_address, "")) else {}))
    return RedirectResponse(f"/login?{query}", status_code=303)


def _renew(session: dict[str, Any]) -> None:
    """Empty a session, but leave the demo's shopper on the phone beside the console."""
    shopper = session.get(SHOPPER_KEY)
    session.clear()
    session["id"] = str(uuid.uuid4())
    if shopper is not None:
        session[SHOPPER_KEY] = shopper


def _form(words: Words, texts: Texts, next_address: str, problem: str, named: str, *, sign_on: bool) -> None:
    with tag("main", css="door"):
        with tag("div", css="door-tools"):
            theme.bar(words, texts.languages)
        with tag("form", css="door-card", method="post", action="/login", testid="login"):
            with tag("div", css="brand"):
                tag("span", css="brand-mark", aria_hidden="true")
                tag("h1", words("app.name"))
            tag("p", words("login.lead"), css="quiet")
            if problem in _PROBLEMS:
                tag("p", words(f"login.{problem}"), css="problem", role="alert", testid="login-problem")
            if problem in _DONE:
                tag("p", words(f"login.{problem}"), css="success", role="status", testid="login-done")
            tag("input", type="hidden", name="next", value=next_address)
            with tag("label", css="field"):
                tag("span", words("login.username"))
                tag("input", name="username", autocomplete="username", required=True, value=named,
                    autofocus=not named, autocapitalize="none", spellcheck="false", maxlength=200,
                    testid="username")  # fmt: skip
            with tag("label", css="field"):
                tag("span", words("login.password"))
                tag("input", name="password", type="password", autocomplete="current-password", required=True,
                    autofocus=bool(named), maxlength=1000, testid="password")  # fmt: skip
            tag("button", words("login.submit"), css="button primary wide", type="submit", testid="submit")
            if sign_on:
                way = f"{SIGN_ON}?{urlencode({'next': next_address})}"
                tag("a", words("login.by_sign_on"), css="button wide", href=way, testid="sign-on")
