"""People who log in, and what they did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Role, User
from bot.errors import NotAllowed
from bot.store import rows
from bot.store.tables import AuditRow, UserRow

_hasher = PasswordHasher()
# Compared against when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash("nobody")
_FAILURES_ALLOWED = 5
_LOCKED_FOR = timedelta(minutes=5)


class Users:
    """Operators, trainers and admins."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, username: str, password: str, role: Role, display_name: str | None = None) -> User:
        """Add somebody, or give them a new password, role and name."""
        statement = insert(UserRow).values(
            username=username,
            display_name=display_name or username,
            role=role.value,
            password_hash=_hasher.hash(password),
        )
        new = statement.excluded
        row = await self._session.scalar(
            statement.on_conflict_do_update(
                index_elements=["username"],
                set_={
                    "display_name": new.display_name,
                    "role": new.role,
                    "password_hash": new.password_hash,
                    "failed_logins": 0,
                    "locked_until": None,
                },
            ).returning(UserRow)
        )
        assert row is not None, "an upsert always returns its row"
        return rows.user(row)

    async def check(self, username: str, password: str) -> User | None:
        """Return the person when the password is theirs, else None.

        Raises NotAllowed while the account is locked: five wrong passwords lock it for five minutes.
        """
        row = await self._session.scalar(select(UserRow).filter_by(username=username).with_for_update())
        if row is not None and row.locked_until is not None and row.locked_until > datetime.now(UTC):
            raise NotAllowed("too many wrong passwords; try again in a few minutes")
        try:
            _hasher.verify(row.password_hash if row else _NOBODY, password)
        except VerifyMismatchError:
            if row is not None:
                row.failed_logins += 1
                if row.failed_logins >= _FAILURES_ALLOWED:
                    row.failed_logins, row.locked_until = 0, datetime.now(UTC) + _LOCKED_FOR
            return None
        if row is None:
            return None
        row.failed_logins, row.locked_until = 0, None
        return rows.user(row)

    async def get(self, user_id: int) -> User | None:
        """Return somebody by id."""
        row = await self._session.get(UserRow, user_id)
        return rows.user(row) if row else None

    async def all(self) -> list[User]:
        """Return everybody, by name."""
        return [rows.user(row) for row in await self._session.scalars(select(UserRow).order_by(UserRow.username))]

    async def count(self) -> int:
        """Return how many may log in."""
        return (await self._session.scalar(select(func.count()).select_from(UserRow))) or 0


class Audit:
    """Who did what, when."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note(self, user: User | None, act: str, conversation_id: str | None = None, **details: Any) -> None:
        """Write one act down. Never a message's text."""
        await self._session.execute(
            insert(AuditRow).values(
                user_id=user.id if user else None, act=act, conversation_id=conversation_id, details=details
            )
        )
