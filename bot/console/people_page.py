"""`/people`: who may log in, and as what."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Form, Request
from fastapi.responses import Response
from nicegui import app

from bot.console import theme
from bot.console.account_page import draw_sessions
from bot.console.elements import tag
from bot.console.entrance import CODE, NAME, limits_of
from bot.console.frame import Page, after_a_yes, card, field, form, submit
from bot.console.login import admitted
from bot.console.texts import Texts, Words
from bot.console.visitor import words_for
from bot.console.welcome import link_to
from bot.domain.people import Role, Session, User, email_of
from bot.domain.permissions import Permission
from bot.errors import NotAllowed
from bot.store.unit_of_work import Store, Work

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_LINK: Final = "link"  # shown once, to the admin who made it
PAGE: Final = Page("/people", "people")
type Act = Callable[[Work, User, User], Awaitable[None]]  # of an admin, with somebody


class _Taken(NotAllowed):
    """The username or the address is somebody else's; the text is the name of the problem."""


@dataclass(frozen=True)
class Person:
    """Somebody as the page shows them."""

    user: User
    sessions: list[Session]
    locked: bool
    second_step: bool


def add_people(store: Store, texts: Texts, public_url: str | None, *, sign_on: bool) -> None:
    """Add the page and what its forms do. Links begin with `public_url`, else with the address the admin uses.

    `sign_on`: addresses for the single sign-on provider are asked for.
    """
    _add_page(store, texts, sign_on=sign_on)
    _add_invitations(store, public_url)
    _add_new_ways_in(store, public_url)
    _add_acts(store)
    _add_email(store)
    _add_ways_out(store)


def _add_page(store: Store, texts: Texts, *, sign_on: bool) -> None:
    @theme.page_at(PAGE.path)
    async def people(request: Request) -> Response | None:
        user = await admitted(request, store, Permission.PEOPLE)
        if not isinstance(user, User):
            return user
        async with store.begin() as work:
            everybody = await _everybody(work)
        words, link = words_for(request, texts), request.session.pop(_LINK, None)
        with PAGE.draw(words, texts.languages, user, request.query_params):
            if link:
                _draw_link(words, link)
            _draw_invitation(words, sign_on=sign_on)
            tag("p", words("people.count", n=len(everybody)), css="quiet")
            with tag("ul", css="people"):
                for person in everybody:
                    _draw(words, person, user, sign_on=sign_on)
        return None


def _add_invitations(store: Store, public_url: str | None) -> None:
    @app.post(PAGE.path + "/invite", include_in_schema=False)
    async def invite(
        request: Request,
        username: Annotated[str, Form(max_length=60)],
        name: Annotated[str, Form(max_length=60)],
        role: Annotated[Role, Form()],
        email: Annotated[str, Form(max_length=320)] = "",
    ) -> Response:
        admin = await admitted(request, store, Permission.PEOPLE)
        if not isinstance(admin, User):
            return admin
        username, address = username.strip().lower(), email_of(email)
        if not _USERNAME.fullmatch(username) or not name.strip():
            return PAGE.refused("username")
        if email.strip() and address is None:
            return PAGE.refused("email")
        try:
            async with store.begin() as work:
                person = await _invited(work, username, role, name.strip(), address)
                await _show_link(request, work, person, public_url)
                await work.audit.note(admin, "user_invited", username=username, role=role.value)
        except _Taken as exc:
            return PAGE.refused(str(exc))
        return PAGE.done("invited")


def _add_new_ways_in(store: Store, public_url: str | None) -> None:
    @app.post(PAGE.path + "/{user_id:int}/link", include_in_schema=False)
    async def link(request: Request, user_id: int) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            await _show_link(request, work, person, public_url)
            await work.audit.note(admin, "password_link", username=person.username)

        return await _act(request, store, user_id, act, "link")

    @app.post(PAGE.path + "/{user_id:int}/second-step/off", include_in_schema=False)
    async def second_step_off(request: Request, user_id: int) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            await work.access.turn_off(person.id)
            await work.sessions.end_all(person.id)
            await work.audit.note(admin, "second_step_reset", username=person.username)

        return await _act(request, store, user_id, act, "second_step")


def _add_acts(store: Store) -> None:
    @app.post(PAGE.path + "/{user_id:int}/role", include_in_schema=False)
    async def give_role(request: Request, user_id: int, role: Annotated[Role, Form()]) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            await work.users.set_role(person.id, role)
            await work.sessions.look_again(person.id)
            await work.audit.note(admin, "role_given", username=person.username, role=role.value)

        return await _act(request, store, user_id, act, "role")

    @app.post(PAGE.path + "/{user_id:int}/disabled", include_in_schema=False)
    async def disable(request: Request, user_id: int, *, disabled: Annotated[bool, Form()]) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            await work.users.set_disabled(person.id, disabled=disabled)
            if disabled:
                await work.sessions.end_all(person.id)
            await work.audit.note(admin, "user_disabled" if disabled else "user_enabled", username=person.username)

        return await _act(request, store, user_id, act, "disabled" if disabled else "enabled")


def _add_email(store: Store) -> None:
    @app.post(PAGE.path + "/{user_id:int}/email", include_in_schema=False)
    async def give_email(request: Request, user_id: int, email: Annotated[str, Form(max_length=320)] = "") -> Response:
        address = email_of(email)
        if email.strip() and address is None:
            return PAGE.refused("email")

        async def act(work: Work, admin: User, person: User) -> None:
            if not await work.access.set_email(person.id, address):
                raise _Taken("email_taken")
            await work.audit.note(admin, "email_given", username=person.username)

        return await _act(request, store, user_id, act, "email")


def _add_ways_out(store: Store) -> None:
    @app.post(PAGE.path + "/{user_id:int}/unlock", include_in_schema=False)
    async def unlock(request: Request, user_id: int) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            await work.attempts.forget(NAME, person.username.casefold())
            await work.attempts.forget(CODE, str(person.id))
            await work.audit.note(admin, "user_unlocked", username=person.username)

        return await _act(request, store, user_id, act, "unlocked")

    @app.post(PAGE.path + "/{user_id:int}/sessions/end", include_in_schema=False)
    async def end(request: Request, user_id: int, session: Annotated[int, Form(ge=0, lt=2**63)] = 0) -> Response:
        async def act(work: Work, admin: User, person: User) -> None:
            if session:
                await work.sessions.end(session, of=person.id)
            else:
                await work.sessions.end_all(person.id)
            await work.audit.note(admin, "session_ended", username=person.username)

        return await _act(request, store, user_id, act, "ended")


async def _show_link(request: Request, work: Work, person: User, public_url: str | None) -> None:
    address = link_to(public_url or str(request.base_url), await work.access.make_link(person))
    request.session[_LINK] = {"name": person.display_name, "address": address}


async def _invited(work: Work, username: str, role: Role, name: str, email: str | None) -> User:
    person = await work.users.invite(username, role, name)
    if person is None:
        raise _Taken("taken")
    if not await work.access.set_email(person.id, email):
        raise _Taken("email_taken")
    return person


async def _act(request: Request, store: Store, user_id: int, act: Act, done: str) -> Response:
    """Do something with somebody, for an admin; say what came of it on the page."""
    admin = await admitted(request, store, Permission.PEOPLE)
    if not isinstance(admin, User):
        return admin
    try:
        async with store.begin() as work:
            person = await work.users.get(user_id) if user_id < 2**63 else None
            if person is None:
                return PAGE.refused("gone")
            await act(work, admin, person)
    except _Taken as exc:
        return PAGE.refused(str(exc))
    except NotAllowed:
        return PAGE.refused("last_admin")
    return PAGE.done(done)


async def _everybody(work: Work) -> list[Person]:
    users, sessions = await work.users.all(), await work.sessions.of_everybody()
    limits = {user.id: [limit for limit in limits_of(user.username, "") if limit.kind == NAME] for user in users}
    reached = await work.attempts.locked([limit for each in limits.values() for limit in each])
    second = await work.access.with_second_step()
    return [
        Person(user, sessions.get(user.id, []), not reached.isdisjoint(limits[user.id]), user.id in second)
        for user in users
    ]


def _draw_link(words: Words, link: Mapping[str, str]) -> None:
    with card(words("people.link", name=link["name"]), note=words("people.link_how"), testid="link"):
        tag("input", css="link", readonly=True, value=link["address"], aria_label=words("people.link", name=link["name"]),
            testid="link-address", dir="ltr").on("focus", js_handler="(e) => e.target.select()")  # fmt: skip


def _draw_invitation(words: Words, *, sign_on: bool) -> None:
    with tag("details", css="card office-card", testid="invite"):
        tag("summary", words("people.invite"))
        tag("p", words("people.invite_how"), css="quiet")
        with form(f"{PAGE.path}/invite", testid="invite-form"):
            field(words("login.username"), "username", hint=words("people.username_rule"), required=True, maxlength=60,
                  autocapitalize="none", spellcheck="false", autocomplete="off")  # fmt: skip
            field(words("people.name"), "name", required=True, maxlength=60, dir="auto", autocomplete="off")
            if sign_on:
                _ask_email(words, "")
            _choose_role(words, Role.OPERATOR)
            submit(words("people.invite_send"), css="primary", testid="invite-send")


def _ask_email(words: Words, value: str) -> None:
    field(words("people.email"), "email", hint=words("people.email_why"), type="email", value=value, maxlength=320,
          autocomplete="off", dir="ltr")  # fmt: skip


def _choose_role(words: Words, chosen: Role) -> None:
    with tag("label", css="field"):
        tag("span", words("people.role_label"))
        with tag("select", name="role", testid="choose-role"):
            for role in Role:
                option = tag("option", words(f"people.role.{role.value}"), value=role.value)
                option.props["selected"] = role is chosen


def _draw(words: Words, person: Person, me: User, *, sign_on: bool) -> None:
    user = person.user
    at = f"{PAGE.path}/{user.id}"
    with tag("li", css="card person", testid="person", data_username=user.username):
        with tag("header"):
            with tag("div", css="who"):
                tag("b", user.display_name, dir="auto")
                tag("span", f"@{user.username}", css="quiet", dir="ltr")
            with tag("div", css="row-marks"):
                tag("span", words(f"people.role.{user.role.value}"), css="holder", testid="role")
                for state in (name for name, on in _states(person, me) if on):
                    tag("span", words(f"people.{state}"), css=f"holder state-{state}", testid=state)
        with tag("details", testid="more"):
            tag("summary", words("people.more"))
            with form(f"{at}/role", css="office-row"):
                _choose_role(words, user.role)
                submit(words("people.give_role"), testid="give-role")
            if sign_on:
                with form(f"{at}/email"):
                    _ask_email(words, user.email or "")
                    submit(words("people.give_email"), testid="give-email")
            with tag("p", css="quiet"):
                tag("span", words(f"people.role_why.{user.role.value}"))
            with tag("div", css="office-row"):
                _draw_acts(words, person, at)
            if person.sessions:
                draw_sessions(words, person.sessions, at)


def _draw_acts(words: Words, person: Person, at: str) -> None:
    if person.locked:
        with form(f"{at}/unlock", css=""):
            submit(words("people.unlock"), sign="lock_open", testid="unlock")
    if person.sessions:
        with form(f"{at}/sessions/end", css=""):
            submit(words("people.end_all"), sign="logout", testid="end-all")
    if not person.user.disabled:
        with form(f"{at}/link", css=""):
            submit(words("people.new_link"), sign="key", testid="new-link")
    if person.second_step:
        with form(f"{at}/second-step/off", css=""):
            submit(words("people.second_step_off"), testid="second-step-off")
    if person.user.disabled:
        with form(f"{at}/disabled", css=""):
            tag("input", type="hidden", name="disabled", value="false")
            submit(words("people.enable"), testid="enable")
    else:
        sure = after_a_yes(words("people.disable"), words("people.disable_why"), testid="disable")
        with sure, form(f"{at}/disabled", css=""):
            tag("input", type="hidden", name="disabled", value="true")
            submit(words("people.disable_yes"), css="danger", testid="disable-yes")


def _states(person: Person, me: User) -> tuple[tuple[str, bool], ...]:
    return (
        ("me", person.user.id == me.id),
        ("disabled", person.user.disabled),
        ("locked", person.locked),
        ("second_step", person.second_step),
        ("online", bool(person.sessions)),
    )
