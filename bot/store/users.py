"""People who log in."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Role, User
from bot.domain.permissions import Permission, may
from bot.errors import NotAllowed
from bot.store import rows
from bot.store.tables import UserRow

_hasher: Final = PasswordHasher()
# Compared against when the name is unknown, so that the answer takes as long as for a known one.
_NOBODY: Final = _hasher.hash("nobody")


class Users:
    """Operators, leads, trainers and admins."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, username: str, password: str, role: Role, display_name: str | None = None) -> User:
        """Add somebody, or give them a new password, role and name."""
        statement = insert(UserRow).values(
            username=username,
            display_name=display_name or username,
            role=role.value,
            password_hash=await _hashed(password),
        )
        new = statement.excluded
        row = await self._session.scalar(
            statement.on_conflict_do_update(
                index_elements=["username"],
                set_={"display_name": new.display_name, "role": new.role, "password_hash": new.password_hash},
            ).returning(UserRow)
        )
        assert row is not None, "an upsert always returns its row"
        return rows.user(row)

    async def invite(self, username: str, role: Role, display_name: str) -> User | None:
        """Add somebody who has no password yet; None where the username is taken."""
        nobodys = await _hashed(secrets.token_urlsafe(32))
        values = {"username": username, "display_name": display_name, "role": role.value, "password_hash": nobodys}
        added = insert(UserRow).values(values).on_conflict_do_nothing(index_elements=["username"]).returning(UserRow)
        row = await self._session.scalar(added)
        return rows.user(row) if row else None

    async def check(self, username: str, password: str) -> User | None:
        """Return the person when the password is theirs and they may log in, else None; it takes as long for nobody.

        Whoever calls counts the attempts, see `bot/store/attempts.py`.
        """
        row = await self._session.scalar(select(UserRow).filter_by(username=username))
        kept = row.password_hash if row else _NOBODY
        if not await asyncio.to_thread(_matches, kept, password) or row is None or row.disabled_at is not None:
            return None
        if _hasher.check_needs_rehash(kept):
            row.password_hash = await _hashed(password)
        return rows.user(row)

    async def set_password(self, user_id: int, password: str) -> None:
        """Give somebody a new password."""
        changed = update(UserRow).where(UserRow.id == user_id).values(password_hash=await _hashed(password))
        await self._session.execute(changed)

    async def set_role(self, user_id: int, role: Role) -> None:
        """Give somebody another role; raises NotAllowed where nobody would be left to manage people."""
        await self._admins()
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(role=role.value))
        await self._somebody_manages()

    async def set_disabled(self, user_id: int, *, disabled: bool) -> None:
        """Lock somebody out, or let them in again; raises NotAllowed where nobody would be left to manage people."""
        since = datetime.now(UTC) if disabled else None
        await self._admins()
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(disabled_at=since))
        await self._somebody_manages()

    async def rename(self, user_id: int, display_name: str) -> None:
        """Change the name that shoppers and colleagues see."""
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(display_name=display_name))

    async def get(self, user_id: int) -> User | None:
        """Return somebody by id."""
        row = await self._session.get(UserRow, user_id)
        return rows.user(row) if row else None

    async def named(self, username: str) -> User | None:
        """Return somebody by the name they log in with."""
        row = await self._session.scalar(select(UserRow).filter_by(username=username))
        return rows.user(row) if row else None

    async def must_be_allowed(self, user: User, *permissions: Permission) -> None:
        """Raise NotAllowed unless somebody may do one of these now, whatever was true when their page was opened."""
        now = await self._session.scalar(
            select(UserRow).filter_by(id=user.id).execution_options(populate_existing=True)
        )
        if now is None or not any(may(rows.user(now), permission) for permission in permissions):
            raise NotAllowed(f"{' or '.join(permissions)} is not for this person")

    async def all(self) -> list[User]:
        """Return everybody, by name."""
        return [rows.user(row) for row in await self._session.scalars(select(UserRow).order_by(UserRow.username))]

    async def count(self) -> int:
        """Return how many there are."""
        return (await self._session.scalar(select(func.count()).select_from(UserRow))) or 0

    async def _admins(self) -> list[int]:
        """Return the admins, locked: of two who demote each other at once, the second comes after the first."""
        admins = select(UserRow.id).where(UserRow.role == Role.ADMIN.value, UserRow.disabled_at.is_(None))
        return list(await self._session.scalars(admins.with_for_update()))

    async def _somebody_manages(self) -> None:
        if not await self._admins():
            raise NotAllowed("the last admin stays")


async def _hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, password)


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except VerifyMismatchError:
        return False
