"""Counts guesses, in the database: a limit that each gateway counted for itself would grow with their number."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import TooManyAttempts
from bot.store.tables import LoginAttemptRow

_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """How many wrong guesses there may be about one thing (`kind`, `value`) within a time."""

    kind: str
    value: str
    tries: int
    within: timedelta

    @property
    def key(self) -> str:
        """What is counted. Four bytes: people type passwords where the name belongs, and this gives none of them away."""
        return hashlib.blake2b(f"{self.kind}:{self.value}".encode(), digest_size=4).hexdigest()


class Attempts:
    """Guesses that were wrong, or are being looked at."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, limits: Sequence[Limit]) -> None:
        """Count a guess before it is looked at; commit before you look. Raises TooManyAttempts where a limit is reached."""
        now = datetime.now(UTC)
        await self._session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.at < now - _KEPT))
        keys = sorted({limit.key for limit in limits})
        for key in keys:  # in order, so that two guesses never wait for each other
            await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"attempt:{key}"))))
        for limit in limits:
            since = now - limit.within
            counted = select(func.count(), func.min(LoginAttemptRow.at)).where(
                LoginAttemptRow.key == limit.key, LoginAttemptRow.at > since
            )
            tries, first = (await self._session.execute(counted)).one()
            if tries >= limit.tries:
                raise TooManyAttempts(limit.kind, retry_after=(first - since).total_seconds())
        await self._session.execute(insert(LoginAttemptRow), [{"key": key} for key in keys])

    async def was_right(self, limits: Sequence[Limit], *, forget: str) -> None:
        """Take a guess back that was right; of the kind `forget` all earlier ones, too."""
        for limit in {limit.key: limit for limit in limits}.values():
            mine = LoginAttemptRow.key == limit.key
            if limit.kind != forget:
                newest = select(func.max(LoginAttemptRow.id)).where(mine).scalar_subquery()
                mine = LoginAttemptRow.id == newest
            await self._session.execute(delete(LoginAttemptRow).where(mine))

    async def forget(self, kind: str, value: str) -> None:
        """Forget all guesses about one thing: open what they locked."""
        key = Limit(kind, value, 0, _KEPT).key
        await self._session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.key == key))

    async def locked(self, limits: Sequence[Limit]) -> set[Limit]:
        """Return those by which one more guess would be refused."""
        now = datetime.now(UTC)
        query = select(LoginAttemptRow.key, LoginAttemptRow.at).where(
            LoginAttemptRow.key.in_({limit.key for limit in limits}), LoginAttemptRow.at > now - _KEPT
        )
        guesses = [(key, at) for key, at in await self._session.execute(query)]
        return {
            limit
            for limit in limits
            if sum(key == limit.key and at > now - limit.within for key, at in guesses) >= limit.tries
        }
