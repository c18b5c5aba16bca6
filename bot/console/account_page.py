"""`/account`: one's own password, and the browsers one is logged in with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Form, Request
from fastapi.responses import Response
from nicegui import app

from bot.console import theme
from bot.console.elements import tag
from bot.console.entrance import Entrance
from bot.console.frame import Page, card, field, form, submit
from bot.console.login import SECOND_STEP, to_login
from bot.console.texts import Texts, Words
from bot.console.visitor import address_of, session_of, words_for
from bot.domain.passwords import SHORTEST, fault_of
from bot.domain.people import Session, User
from bot.errors import TooManyAttempts
from bot.store.unit_of_work import Store

PAGE: Final = Page("/account", "account")
MAX_PASSWORD: Final = 1000


def add_account(store: Store, texts: Texts, entrance: Entrance) -> None:
    """Add the page and what its forms do. It is everybody's, whatever their role."""
    _add_page(store, texts)
    _add_password(store, entrance)
    _add_ends(store)


def _add_page(store: Store, texts: Texts) -> None:
    @theme.page_at(PAGE.path)
    async def account(request: Request) -> Response | None:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        session, user = found
        async with store.begin() as work:
            sessions = await work.sessions.of_user(user.id)
            second = await work.access.second_step(user.id) is not None
        words = words_for(request, texts)
        with PAGE.draw(words, texts.languages, user, request.query_params):
            role = words(f"people.role.{user.role.value}")
            tag("p", words("account.who", name=user.display_name, username=user.username, role=role), dir="auto")
            _draw_password(words, user)
            with card(words("second_step.title"), note=words(f"second_step.{'is_on' if second else 'why'}")):
                tag("a", words("second_step.open"), css="button", href=SECOND_STEP, testid="to-second-step")
            draw_sessions(words, sessions, PAGE.path, here=session)
        return None


def _add_password(store: Store, entrance: Entrance) -> None:
    @app.post(f"{PAGE.path}/password", include_in_schema=False)
    async def password(
        request: Request,
        current: Annotated[str, Form(max_length=MAX_PASSWORD)],
        new: Annotated[str, Form(max_length=MAX_PASSWORD)],
        again: Annotated[str, Form(max_length=MAX_PASSWORD)],
    ) -> Response:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        session, user = found
        if new != again:
            return PAGE.refused("differ")
        if fault := fault_of(new, user.username):
            return PAGE.refused(fault.value)
        try:
            known = await entrance.check(user.username, current, address_of(request))
        except TooManyAttempts:
            return PAGE.refused("locked")
        if known is None:
            return PAGE.refused("wrong")
        async with store.begin() as work:
            await work.users.set_password(user.id, new)
            ended = await work.sessions.end_all(user.id, but=session.id)
            await work.audit.note(user, "password_changed", sessions_ended=ended)
        return PAGE.done("password")


def _add_ends(store: Store) -> None:
    @app.post(f"{PAGE.path}/sessions/end", include_in_schema=False)
    async def end(request: Request, session: Annotated[int, Form(ge=0, lt=2**63)] = 0) -> Response:
        found = await session_of(request, store)
        if found is None:
            return to_login(request)
        here, user = found
        async with store.begin() as work:
            if session:
                await work.sessions.end(session, of=user.id)
            else:
                await work.sessions.end_all(user.id, but=here.id)
            await work.audit.note(user, "session_ended")
        return PAGE.done("ended") if session != here.id else to_login(request)


def _draw_password(words: Words, user: User) -> None:
    with (
        card(words("account.password"), note=words("account.password_note")),
        form(f"{PAGE.path}/password", testid="password-form"),
    ):
        # For password managers, which keep a name with each password.
        tag("input", type="text", name="username", value=user.username, autocomplete="username", css="unseen",
            readonly=True, tabindex="-1", aria_hidden="true")  # fmt: skip
        field(words("account.current"), "current", type="password", autocomplete="current-password", required=True,
              maxlength=MAX_PASSWORD)  # fmt: skip
        draw_new_password(words)
        submit(words("account.change"), css="primary", testid="change-password")


def draw_new_password(words: Words) -> None:
    """Draw the two fields of a new password, and what it must be."""
    for name, hint in (("new", words("account.rule", n=SHORTEST)), ("again", "")):
        field(words(f"account.{name}"), name, hint=hint, type="password", autocomplete="new-password", required=True,
              minlength=SHORTEST, maxlength=MAX_PASSWORD)  # fmt: skip


def draw_sessions(words: Words, sessions: list[Session], path: str, *, here: Session | None = None) -> None:
    """Draw the browsers somebody is logged in with, each to be ended."""
    today = words.local_day(datetime.now(UTC))
    title, note = ("account.sessions", words("account.sessions_note")) if here else ("people.sessions", "")
    with card(words(title), note=note, testid="sessions"):
        with tag("ul", css="sessions"):
            for session in sessions:
                with tag("li", testid="session"):
                    with tag("div"):
                        tag("b", session.browser)
                        if here is not None and session.id == here.id:
                            tag("span", words("account.this"), css="holder", testid="this-session")
                        began, used = (words.moment(at, today=today) for at in (session.created_at, session.seen_at))
                        tag("p", words("account.session", began=began, used=used, network=session.network), css="quiet")
                    with form(f"{path}/sessions/end", css=""):
                        tag("input", type="hidden", name="session", value=session.id)
                        submit(words("account.end"), testid="end-session")
        if len(sessions) > 1 and here is not None:
            with form(f"{path}/sessions/end"):
                submit(words("account.end_others"), sign="logout", testid="end-others")
