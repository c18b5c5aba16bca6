"""The second step of logging in: a code of an app, or a recovery code. `/login/code` asks for it, `/account/second-step` sets it up."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Annotated, Final

import pyotp
import segno
from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app

from bot.console import theme
from bot.console.account_page import MAX_PASSWORD
from bot.console.elements import tag
from bot.console.entrance import Entrance
from bot.console.frame import Page, after_a_yes, card, field, form, submit
from bot.console.login import PENDING, SECOND_STEP, home_of, let_in, to_login
from bot.console.texts import Texts, Words
from bot.console.visitor import address_of, session_of, words_for
from bot.domain.people import User
from bot.errors import TooManyAttempts
from bot.store.seal import Seal
from bot.store.unit_of_work import Store, Work

PAGE: Final = Page(SECOND_STEP, "second_step")
_SHOWN_ONCE: Final = "recovery_codes"
_SECONDS: Final = 30
_CODES: Final = 10
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the step of time a code belongs to, of this one and its neighbours (clocks differ), or None for a wrong one."""
    maker, given = pyotp.TOTP(secret), "".join(code.split())
    for step in (int(now) // _SECONDS + late for late in (0, -1, 1)):
        if hmac.compare_digest(maker.generate_otp(step).encode(), given.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Return codes to print: no letter looks like another, and nobody guesses 49 bits."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(_CODES)]


async def is_right(work: Work, user: User, code: str, seal: Seal) -> str | None:
    """Use a code up: return which kind it was (`totp`, `recovery`), or None for one that is wrong or used."""
    step = _step_of_sealed(await work.access.second_step(user.id), code, seal)
    if step is not None:
        return "totp" if await work.access.use_step(user.id, step) else None
    return "recovery" if await work.access.use_recovery_code(user.id, code.strip().lower()) else None


def _step_of_sealed(sealed: str | None, code: str, seal: Seal) -> int | None:
    secret = seal.open(sealed) if sealed else None
    return step_of(secret, code, time.time()) if secret else None


def add_second_step(store: Store, texts: Texts, entrance: Entrance, seal: Seal) -> None:
    """Add the page that asks for a code, and those that set the second step up."""
    _add_code(texts, entrance, seal)
    _add_page(store, texts, seal)
    _add_set_up(store, entrance, seal)
    _add_end(store, entrance)


def _add_code(texts: Texts, entrance: Entrance, seal: Seal) -> None:
    @theme.page_at("/login/code")
    async def ask(request: Request, problem: str = "") -> Response | None:
        if _pending(request) is None:
            return RedirectResponse("/login", status_code=303)
        words = words_for(request, texts)
        theme.dress(words, f"{words('login.title')} · {words('app.name')}")
        with (
            tag("main", css="door"),
            tag("form", css="door-card", method="post", action="/login/code", testid="code-form"),
        ):
            tag("h1", words("second_step.ask"))
            tag("p", words("second_step.ask_why"), css="quiet")
            if problem in {"wrong", "locked"}:
                tag("p", words(f"second_step.problem.{problem}"), css="problem", role="alert", testid="login-problem")
            field(words("second_step.code"), "code", autocomplete="one-time-code", required=True, autofocus=True,
                  maxlength=20, spellcheck="false", autocapitalize="none")  # fmt: skip
            submit(words("login.submit"), css="primary wide", testid="submit")
            tag("a", words("second_step.back"), href="/login")
        return None

    @app.post("/login/code", include_in_schema=False)
    async def enter(request: Request, code: Annotated[str, Form(max_length=100)]) -> Response:
        pending = _pending(request)
        if pending is None:
            return RedirectResponse("/login", status_code=303)
        user_id, next_address, first = pending
        try:
            user, how = await entrance.check_code(user_id, lambda work, user: is_right(work, user, code, seal))
        except TooManyAttempts:
            return RedirectResponse("/login/code?problem=locked", status_code=303)
        if user is None or how is None:
            return RedirectResponse("/login/code?problem=wrong", status_code=303)
        return await let_in(request, entrance, user, next_address, how=f"{first}, {how}")


def _add_page(store: Store, texts: Texts, seal: Seal) -> None:
    @theme.page_at(PAGE.path)
    async def page(request: Request) -> Response | None:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        session, user = found
        async with store.begin() as work:
            on = await work.access.second_step(user.id) is not None
            prepared = await work.access.prepared(user.id)
            left = await work.access.recovery_codes_left(user.id)
        words, fresh = words_for(request, texts), request.session.pop(_SHOWN_ONCE, None)
        with PAGE.draw(words, texts.languages, user, request.query_params):
            if session.limited and "problem" not in request.query_params:
                tag("p", words("second_step.must"), css="needed", role="status", testid="must")
            if fresh:
                _draw_codes(words, fresh, user)
            if on:
                _draw_on(words, left)
            elif prepared and (secret := seal.open(prepared)):
                _draw_qr(words, user, secret)
            else:
                _draw_off(words)
        return None


def _add_set_up(store: Store, entrance: Entrance, seal: Seal) -> None:
    @app.post(f"{PAGE.path}/start", include_in_schema=False)
    async def start(request: Request) -> Response:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        async with store.begin() as work:
            await work.access.prepare(found[1].id, seal.close(pyotp.random_base32()))
        return RedirectResponse(PAGE.path, status_code=303)

    @app.post(f"{PAGE.path}/confirm", include_in_schema=False)
    async def confirm(request: Request, code: Annotated[str, Form(max_length=100)]) -> Response:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        session, user = found
        codes = new_recovery_codes()

        async def first_code(work: Work, user: User) -> str | None:
            step = _step_of_sealed(await work.access.prepared(user.id), code, seal)
            if step is None:
                return None
            await work.access.use_step(user.id, step)
            await work.access.turn_on(user.id, codes)
            await work.sessions.open_fully(session.id)
            await work.sessions.end_all(user.id, but=session.id)
            await work.audit.note(user, "second_step_on")
            return "on"

        try:
            _, on = await entrance.check_code(user.id, first_code)
        except TooManyAttempts:
            return PAGE.refused("locked")
        if on is None:
            return PAGE.refused("wrong")
        request.session[_SHOWN_ONCE] = codes
        return PAGE.done("on")


def _add_end(store: Store, entrance: Entrance) -> None:
    @app.post(f"{PAGE.path}/off", include_in_schema=False)
    async def off(request: Request, password: Annotated[str, Form(max_length=MAX_PASSWORD)]) -> Response:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        _, user = found
        if entrance.needs_second_step(user):
            return PAGE.refused("needed")
        try:
            known = await entrance.check(user.username, password, address_of(request))
        except TooManyAttempts:
            return PAGE.refused("locked")
        if known is None:
            return PAGE.refused("password")
        async with store.begin() as work:
            await work.access.turn_off(user.id)
            await work.audit.note(user, "second_step_off")
        return PAGE.done("off")


def _pending(request: Request) -> tuple[int, str, str] | None:
    """Return who showed a moment ago in this browser who they are, where they want to go, and how they showed it."""
    match request.session.get(PENDING):
        case {"user": int(user_id), "until": float(until), "next": str(there), "how": str(how)} if until > time.time():
            return user_id, there, how
        case _:
            return None


def _draw_off(words: Words) -> None:
    with card(words("second_step.off"), note=words("second_step.why")), form(f"{PAGE.path}/start"):
        submit(words("second_step.start"), css="primary", testid="start")


def _draw_qr(words: Words, user: User, secret: str) -> None:
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Warmline")
    with card(words("second_step.scan"), note=words("second_step.scan_how")):
        picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
        tag("img", src=picture, alt=words("second_step.qr"), css="qr", testid="qr")
        with tag("p"):
            tag("span", f"{words('second_step.by_hand')} ", css="quiet")
            tag("code", " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), testid="secret", dir="ltr")
        with form(f"{PAGE.path}/confirm"):
            field(words("second_step.code"), "code", autocomplete="one-time-code", inputmode="numeric", required=True,
                  maxlength=20)  # fmt: skip
            submit(words("second_step.confirm"), css="primary", testid="confirm")


def _draw_codes(words: Words, codes: list[str], user: User) -> None:
    with card(words("second_step.codes"), note=words("second_step.codes_how"), testid="codes"):
        with tag("ol", css="codes"):
            for code in codes:
                with tag("li"):
                    tag("code", code, dir="ltr")
        tag("a", words("login.home"), css="button primary", href=home_of(user), testid="home")


def _draw_on(words: Words, left: int) -> None:
    with card(words("second_step.on"), note=words("second_step.left", n=left), testid="on"):
        off = after_a_yes(words("second_step.turn_off"), words("second_step.turn_off_why"), testid="off")
        with off, form(f"{PAGE.path}/off"):
            field(words("account.current"), "password", type="password", autocomplete="current-password", required=True,
                  maxlength=MAX_PASSWORD)  # fmt: skip
            submit(words("second_step.turn_off"), css="danger", testid="off-yes")
