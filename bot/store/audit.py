"""Who did what, when."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import AuditEntry, User
from bot.store.tables import AuditRow, UserRow


@dataclass(frozen=True)
class AuditFilter:
    """Which acts: of whom, which, about what, in which time. `until` is no longer in it."""

    user_id: int | None = None
    act: str | None = None
    conversation_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Audit:
    """Acts, never a message's text."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note(self, user: User | None, act: str, conversation_id: str | None = None, **details: Any) -> None:
        """Write one act down."""
        await self._session.execute(
            insert(AuditRow).values(
                user_id=user.id if user else None, act=act, conversation_id=conversation_id, details=details
            )
        )

    async def page(self, wanted: AuditFilter, *, before: int | None = None, limit: int) -> list[AuditEntry]:
        """Return acts, the newest first; `before` is the id of the last one on the page before this one."""
        query = (
            select(AuditRow, UserRow.display_name)
            .outerjoin(UserRow, UserRow.id == AuditRow.user_id)
            .order_by(AuditRow.id.desc())
            .limit(limit)
        )
        if wanted.user_id is not None:
            query = query.where(AuditRow.user_id == wanted.user_id)
        if wanted.act is not None:
            query = query.where(AuditRow.act == wanted.act)
        if wanted.conversation_id is not None:
            query = query.where(AuditRow.conversation_id == uuid.UUID(wanted.conversation_id))
        if wanted.since is not None:
            query = query.where(AuditRow.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(AuditRow.at < wanted.until)
        if before is not None:
            query = query.where(AuditRow.id < before)
        return [_entry(row, name) for row, name in await self._session.execute(query)]

    async def acts(self) -> list[str]:
        """Return the names of all acts on record."""
        return list(await self._session.scalars(select(AuditRow.act).distinct().order_by(AuditRow.act)))


def _entry(row: AuditRow, name: str | None) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        user_id=row.user_id,
        user_name=name,
        act=row.act,
        conversation_id=str(row.conversation_id) if row.conversation_id else None,
        details=row.details,
    )
