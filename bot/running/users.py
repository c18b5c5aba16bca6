"""`python -m bot users`: people who may log in, for whoever has a shell where Warmline runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bot.domain.passwords import LONGEST, SHORTEST, Fault, fault_of
from bot.domain.people import Role, User, email_of
from bot.domain.permissions import ALLOWED
from bot.errors import NotAllowed
from bot.running.once import in_transaction
from bot.settings import Settings
from bot.store.unit_of_work import Work

users = typer.Typer(no_args_is_help=True, help="People who may log in.")

_FAULTS = {
    Fault.SHORT: f"a password has at least {SHORTEST} characters",
    Fault.LONG: f"a password has at most {LONGEST} characters",
    Fault.NAME: "this password is too close to the username",
    Fault.COMMON: "this password is one that everybody guesses first",
}


@users.command("add")
def add_user(
    username: str,
    role: Annotated[Role, typer.Option()] = Role.OPERATOR,
    name: Annotated[str | None, typer.Option(help="What shoppers and colleagues see.")] = None,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",  # nosec B107
) -> None:
    """Add somebody, or give them a new password, role or name."""
    _accept(password, username)

    async def add(work: Work) -> None:
        user = await work.users.add(username, password, role, name)
        await work.sessions.end_all(user.id)
        await work.audit.note(None, "user_added", username=username, role=role.value)

    asyncio.run(in_transaction(add))
    typer.echo(f"{username} may log in as {role.value}")


@users.command("list")
def list_users() -> None:
    """Show who may log in."""

    async def listed(work: Work) -> None:
        sessions = await work.sessions.of_everybody()
        for user in await work.users.all():
            state = "disabled" if user.disabled else f"{len(sessions.get(user.id, ()))} sessions"
            typer.echo(f"{user.username}\t{user.role.value}\t{user.display_name}\t{state}")

    asyncio.run(in_transaction(listed))


@users.command("roles")
def list_roles() -> None:
    """Show what each role may do."""
    for role, permissions in ALLOWED.items():
        typer.echo(f"{role.value}\t{', '.join(sorted(permissions))}")


@users.command("role")
def give_role(username: str, role: Role) -> None:
    """Give somebody another role."""

    async def give(work: Work, user: User) -> None:
        await work.users.set_role(user.id, role)
        await work.sessions.look_again(user.id)
        await work.audit.note(None, "role_given", username=username, role=role.value)

    _with(username, give)
    typer.echo(f"{username} is {role.value} now")


@users.command("email")
def give_email(username: str, email: Annotated[str, typer.Argument(help="Empty: none.")] = "") -> None:
    """Let somebody sign in at the single sign-on provider with this address, which must have verified it."""
    address = email_of(email)
    if email and address is None:
        raise typer.BadParameter("this is no e-mail address")

    async def give(work: Work, user: User) -> None:
        if not await work.access.set_email(user.id, address):
            raise NotAllowed("this address is somebody else's")
        await work.audit.note(None, "email_given", username=username)

    _with(username, give)
    typer.echo(f"{username} signs in as {address or 'nobody'} at the provider")


@users.command("subject")
def link_subject(username: str, subject: str) -> None:
    """Link somebody to the `sub` that the single sign-on provider knows them by, where it verifies no addresses."""
    issuer = Settings.from_env().oidc_issuer
    if issuer is None:
        raise typer.BadParameter("OIDC_ISSUER is not set")

    async def link(work: Work, user: User) -> None:
        await work.access.set_subject(user.id, f"{issuer} {subject}")
        await work.audit.note(None, "sign_on_linked", username=username)

    _with(username, link)
    typer.echo(f"{username} is linked")


@users.command("password")
def reset_password(
    username: str,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",  # nosec B107
) -> None:
    """Give somebody a new password; they are signed out everywhere."""
    _accept(password, username)

    async def reset(work: Work, user: User) -> None:
        await work.users.set_password(user.id, password)
        await work.sessions.end_all(user.id)
        await _unlock(work, username)
        await work.audit.note(None, "password_reset", username=username)

    _with(username, reset)
    typer.echo(f"{username} has a new password")


@users.command("unlock")
def unlock(username: str) -> None:
    """Let somebody try their password again, after too many wrong ones."""

    async def open_again(work: Work, user: User) -> None:
        await _unlock(work, username)
        await work.attempts.forget("code", str(user.id))
        await work.audit.note(None, "user_unlocked", username=username)

    _with(username, open_again)
    typer.echo(f"{username} may try again")


@users.command("second-step-off")
def second_step_off(username: str) -> None:
    """Let somebody who lost phone and recovery codes log in by password, to set the second step up anew."""

    async def turn_off(work: Work, user: User) -> None:
        await work.access.turn_off(user.id)
        await work.sessions.end_all(user.id)
        await work.audit.note(None, "second_step_reset", username=username)

    _with(username, turn_off)
    typer.echo(f"{username} logs in by password alone now")


@users.command("end-sessions")
def end_sessions(username: str) -> None:
    """Sign somebody out everywhere."""

    async def end(work: Work, user: User) -> None:
        ended.append(await work.sessions.end_all(user.id))
        await work.audit.note(None, "session_ended", username=username)

    ended: list[int] = []
    _with(username, end)
    typer.echo(f"{sum(ended)} sessions of {username} ended")


@users.command("disable")
def disable(username: str) -> None:
    """Lock somebody out, for good or until `enable`."""

    async def lock_out(work: Work, user: User) -> None:
        await work.users.set_disabled(user.id, disabled=True)
        await work.sessions.end_all(user.id)
        await work.audit.note(None, "user_disabled", username=username)

    _with(username, lock_out)
    typer.echo(f"{username} may not log in any more")


@users.command("enable")
def enable(username: str) -> None:
    """Let somebody in again."""

    async def let_in(work: Work, user: User) -> None:
        await work.users.set_disabled(user.id, disabled=False)
        await work.audit.note(None, "user_enabled", username=username)

    _with(username, let_in)
    typer.echo(f"{username} may log in again")


def _with(username: str, act: Callable[[Work, User], Awaitable[None]]) -> None:
    async def find_and_act(work: Work) -> None:
        user = await work.users.named(username)
        if user is None:
            raise NotAllowed(f"there is nobody called {username}; `users list` shows everybody")
        await act(work, user)

    asyncio.run(in_transaction(find_and_act))


async def _unlock(work: Work, username: str) -> None:
    await work.attempts.forget("name", username.casefold())


def _accept(password: str, username: str) -> None:
    if fault := fault_of(password, username):
        raise typer.BadParameter(_FAULTS[fault])
