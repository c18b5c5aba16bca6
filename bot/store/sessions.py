"""Browsers that people are logged in with: rows that can be listed and ended."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Session, User
from bot.store import rows
from bot.store.tables import SessionRow, UserRow

SESSIONS_CHANNEL: Final = "warmline_session"
IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
_SEEN_EVERY: Final = timedelta(minutes=1)
_KEPT: Final = timedelta(days=30)


def key_of(token: str) -> str:
    """Return what is stored of the token in a cookie: who reads the table can log in with nothing in it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """Open until ended, idle for too long, or simply too old."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def start(self, user: User, *, browser: str, network: str, limited: bool = False) -> str:
        """Begin a session and return its token, for the browser's cookie."""
        token = secrets.token_urlsafe(32)
        long_ago = datetime.now(UTC) - _KEPT
        await self._session.execute(
            delete(SessionRow).where(SessionRow.user_id == user.id, SessionRow.seen_at < long_ago)
        )
        values = {"key": key_of(token), "user_id": user.id, "browser": browser, "network": network}
        values["limited"] = limited
        await self._session.execute(insert(SessionRow).values(values))
        return token

    async def open_fully(self, session_id: int) -> None:
        """Let a limited session open every page its user may see."""
        await self._session.execute(update(SessionRow).where(SessionRow.id == session_id).values(limited=False))

    async def of(self, token: str) -> tuple[Session, User] | None:
        """Return an open session and whose it is, as long as they may log in."""
        query = (
            select(SessionRow, UserRow)
            .join(UserRow, UserRow.id == SessionRow.user_id)
            .where(SessionRow.key == key_of(token), _open(), UserRow.disabled_at.is_(None))
        )
        found = (await self._session.execute(query)).first()
        if found is None:
            return None
        row, user = found
        if row.seen_at < datetime.now(UTC) - _SEEN_EVERY:
            await self._seen([row.key])
        return rows.session(row), rows.user(user)

    async def of_user(self, user_id: int) -> list[Session]:
        """Return somebody's open sessions, the last used first."""
        query = select(SessionRow).where(SessionRow.user_id == user_id, _open()).order_by(SessionRow.seen_at.desc())
        return [rows.session(row) for row in await self._session.scalars(query)]

    async def of_everybody(self) -> dict[int, list[Session]]:
        """Return all open sessions by whose they are, the last used first."""
        found: dict[int, list[Session]] = {}
        for row in await self._session.scalars(select(SessionRow).where(_open()).order_by(SessionRow.seen_at.desc())):
            found.setdefault(row.user_id, []).append(rows.session(row))
        return found

    async def still_open(self, keys: Collection[str], *, in_use: Collection[str] = ()) -> dict[str, int]:
        """Return those that are still open, by key, with their ids; those `in_use` count as seen."""
        if not keys:
            return {}
        query = (
            select(SessionRow.key, SessionRow.id)
            .join(UserRow, UserRow.id == SessionRow.user_id)
            .where(SessionRow.key.in_(keys), _open(), UserRow.disabled_at.is_(None))
        )
        found = {row.key: row.id for row in await self._session.execute(query)}
        await self._seen([key for key in in_use if key in found])
        return found

    async def end(self, session_id: int, *, of: int) -> bool:
        """End one session of somebody, and send its open pages away; False where they have no such session."""
        return bool(await self._end(SessionRow.id == session_id, SessionRow.user_id == of))

    async def end_all(self, user_id: int, *, but: int | None = None) -> int:
        """End all sessions of somebody but one; return how many."""
        return await self._end(SessionRow.user_id == user_id, SessionRow.id != (but or 0))

    async def look_again(self, user_id: int) -> None:
        """Let somebody's open pages be drawn anew: what they may do has changed."""
        ids = await self._session.scalars(select(SessionRow.id).where(SessionRow.user_id == user_id, _open()))
        await self._tell(list(ids))

    async def _end(self, *which: ColumnElement[bool]) -> int:
        ended = (
            update(SessionRow)
            .where(*which, SessionRow.ended_at.is_(None))
            .values(ended_at=datetime.now(UTC))
            .returning(SessionRow.id)
        )
        ids = list(await self._session.scalars(ended))
        await self._tell(ids)
        return len(ids)

    async def _tell(self, ids: list[int]) -> None:
        for session_id in ids:
            news = {"channel": SESSIONS_CHANNEL, "id": str(session_id)}
            await self._session.execute(text("SELECT pg_notify(:channel, :id)"), news)

    async def _seen(self, keys: list[str]) -> None:
        if keys:
            now = datetime.now(UTC)
            await self._session.execute(update(SessionRow).where(SessionRow.key.in_(keys)).values(seen_at=now))


def _open() -> ColumnElement[bool]:
    now = datetime.now(UTC)
    return SessionRow.ended_at.is_(None) & (SessionRow.seen_at > now - IDLE) & (SessionRow.created_at > now - LONGEST)
