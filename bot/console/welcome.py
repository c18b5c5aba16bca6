"""`/welcome`: an invited person chooses a password, by a link that works once."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app

from bot.console import theme
from bot.console.account_page import MAX_PASSWORD, draw_new_password
from bot.console.elements import tag
from bot.console.frame import form, submit
from bot.console.login import NAMED
from bot.console.texts import Texts
from bot.console.visitor import words_for
from bot.domain.passwords import fault_of
from bot.store.unit_of_work import Store

PATH: Final = "/welcome"


def link_to(base: str, token: str) -> str:
    """Return the address an admin hands on."""
    return f"{base.rstrip('/')}{PATH}?t={token}"


def add_welcome(store: Store, texts: Texts) -> None:
    """Add the page and what its form does."""

    @theme.page_at(PATH)
    async def welcome(request: Request, t: str = "", problem: str = "") -> None:
        async with store.begin() as work:
            user = await work.access.invited(t)
        words = words_for(request, texts)
        theme.dress(words, f"{words('welcome.title')} · {words('app.name')}")
        with tag("main", css="door"), tag("div", css="door-card", testid="welcome"):
            tag("h1", words("welcome.title"))
            if user is None:
                tag("p", words("welcome.gone"), css="problem", role="alert", testid="gone")
                tag("a", words("login.title"), href="/login")
                return
            tag("p", words("welcome.hello", name=user.display_name), dir="auto")
            tag("p", words("welcome.username", username=user.username), css="quiet", dir="auto")
            if words.has(key := f"account.problem.{problem}"):
                tag("p", words(key), css="problem", role="alert", testid="problem")
            with form(PATH, testid="choose"):
                tag("input", type="hidden", name="token", value=t)
                tag("input", type="text", name="username", value=user.username, autocomplete="username", css="unseen",
                    readonly=True, tabindex="-1", aria_hidden="true")  # fmt: skip
                draw_new_password(words)
                submit(words("welcome.choose"), css="primary wide", testid="submit")

    @app.post(PATH, include_in_schema=False)
    async def choose(
        request: Request,
        token: Annotated[str, Form(max_length=200)],
        new: Annotated[str, Form(max_length=MAX_PASSWORD)],
        again: Annotated[str, Form(max_length=MAX_PASSWORD)],
    ) -> Response:
        here = f"{PATH}?t={token}" if token.isascii() and token.replace("-", "").replace("_", "").isalnum() else PATH
        async with store.begin() as work:
            user = await work.access.invited(token)
            if user is None:
                return RedirectResponse(here, status_code=303)
            if new != again:
                return RedirectResponse(f"{here}&problem=differ", status_code=303)
            if fault := fault_of(new, user.username):
                return RedirectResponse(f"{here}&problem={fault.value}", status_code=303)
            await work.users.set_password(user.id, new)
            await work.access.drop_link(user.id)
            await work.sessions.end_all(user.id)
            await work.audit.note(user, "password_chosen")
        request.session[NAMED] = user.username
        return RedirectResponse("/login?problem=chosen", status_code=303)
