"""Looks at passwords and at whom a provider vouches for, and counts what is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Final

import structlog
from fastapi import Request

from bot.console.visitor import LOGIN_KEY, address_of, browser_of, network_of
from bot.domain.people import Identity, Role, User
from bot.errors import SignOnFailed, TooManyAttempts
from bot.store.attempts import Limit
from bot.store.unit_of_work import Store, Work

log = structlog.get_logger()

NAME: Final = "name"
CODE: Final = "code"
_SOON: Final = timedelta(minutes=5)
_DAY: Final = timedelta(days=1)


def limits_of(username: str, address: str) -> tuple[Limit, ...]:
    """Return how often a password may be wrong: for one name, whether somebody has it or not, and from one address."""
    name = username.casefold()
    return (
        Limit(NAME, name, 5, _SOON),
        Limit(NAME, name, 50, _DAY),
        Limit("address", address, 30, _SOON),
    )


class Entrance:
    """The way in."""

    def __init__(self, store: Store, second_step_for: Collection[Role] = ()) -> None:
        self._store = store
        self._second_step_for = frozenset(second_step_for)

    def needs_second_step(self, user: User) -> bool:
        """True where somebody's role may not log in by password alone."""
        return user.role in self._second_step_for

    async def has_second_step(self, user: User) -> bool:
        """True where a code is asked for after the password."""
        async with self._store.begin() as work:
            return await work.access.second_step(user.id) is not None

    async def check(self, username: str, password: str, address: str) -> User | None:
        """Return whose name and password these are, else None. Raises TooManyAttempts; then the password was not looked at."""
        limits = limits_of(username, address)
        async with self._store.begin() as work:
            await work.attempts.begin(limits)
        async with self._store.begin() as work:
            user = await work.users.check(username, password)
            if user is not None:
                await work.attempts.was_right(limits, forget=NAME)
            else:  # as much work for a name that nobody has
                known = await work.users.named(username)
                whose = {"username": known.username} if known else {}
                await work.audit.note(None, "login_refused", address=address, **whose)
        return user

    async def check_code(
        self, user_id: int, use: Callable[[Work, User], Awaitable[str | None]]
    ) -> tuple[User | None, str | None]:
        """Let `use` look at a code of somebody; return them and what it found. Raises TooManyAttempts without looking."""
        limits = (Limit(CODE, str(user_id), 5, _SOON), Limit(CODE, str(user_id), 50, _DAY))
        async with self._store.begin() as work:
            await work.attempts.begin(limits)
        async with self._store.begin() as work:
            user = await work.users.get(user_id)
            if user is None or user.disabled:
                return None, None
            found = await use(work, user)
            if found is not None:
                await work.attempts.was_right(limits, forget=CODE)
            else:
                await work.audit.note(None, "code_refused", username=user.username)
        return user, found

    async def admit(self, ask: Callable[[], Awaitable[Identity]], address: str) -> User | str:
        """Return whom the single sign-on provider vouches for, else what is wrong: the name of a text under `login:`."""
        limits = (Limit("address", address, 30, _SOON),)
        try:
            async with self._store.begin() as work:
                await work.attempts.begin(limits)
            identity = await ask()
        except TooManyAttempts as exc:
            log.warning("login.locked", by=exc.kind)
            return "locked"
        except SignOnFailed as exc:
            log.warning("sign_on.refused", why=str(exc))
            async with self._store.begin() as work:
                await work.audit.note(None, "sign_on_refused", address=address)
            return "sign_on"
        async with self._store.begin() as work:
            user, linked = await work.access.vouched_for(identity)
            if user is None or user.disabled:
                whose = {"username": user.username} if user else {}
                await work.audit.note(None, "sign_on_refused", address=address, **whose)
                return "unknown"
            if linked:
                await work.audit.note(user, "sign_on_linked")
            await work.attempts.was_right(limits, forget="")
        return user

    async def begin_session(self, request: Request, user: User, *, how: str = "password") -> None:
        """Log somebody in with this browser, and note that."""
        async with self._store.begin() as work:
            browser, network = browser_of(request), network_of(request)
            limited = self.needs_second_step(user) and await work.access.second_step(user.id) is None
            token = await work.sessions.start(user, browser=browser, network=network, limited=limited)
            await work.audit.note(user, "login", how=how, browser=browser, address=network)
        request.session[LOGIN_KEY] = token
        log.info("login.accepted", user=user.id)

    async def enter(self, request: Request, username: str, password: str) -> User | str:
        """Return whose name and password these are, else what is wrong: the name of a text under `login:`."""
        try:
            user = await self.check(username, password, address_of(request))
        except TooManyAttempts as exc:
            log.warning("login.locked", by=exc.kind)
            return "locked"
        if user is None:
            log.info("login.refused")
            return "wrong"
        return user
