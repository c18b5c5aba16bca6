"""What channels brought and nobody could read: kept until somebody looks, and read again once it can be."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.messages import DeadLetter
from bot.domain.people import KeptLetter
from bot.store import rows
from bot.store.tables import DeadLetterRow

_LONGEST: Final = 100_000  # characters of a body


class DeadLetters:
    """The letters nobody could read."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, letter: DeadLetter) -> int:
        """Keep a letter, and return its id."""
        kept = {"channel": letter.channel, "body": letter.body[:_LONGEST], "reason": letter.reason}
        added = await self._session.scalar(insert(DeadLetterRow).values(kept).returning(DeadLetterRow.id))
        assert isinstance(added, int), "an insert returns its row"
        return added

    async def unread(self, limit: int = 1000) -> list[KeptLetter]:
        """Return the letters that were not read since, oldest first."""
        asked = select(DeadLetterRow).where(DeadLetterRow.replayed_at.is_(None)).order_by(DeadLetterRow.id)
        return [rows.dead_letter(row) for row in await self._session.scalars(asked.limit(limit))]

    async def count(self) -> int:
        """Return how many letters wait."""
        asked = select(func.count()).select_from(DeadLetterRow).where(DeadLetterRow.replayed_at.is_(None))
        return await self._session.scalar(asked) or 0

    async def replayed(self, letter_id: int) -> None:
        """Note that a letter was read after all."""
        await self._session.execute(
            update(DeadLetterRow).where(DeadLetterRow.id == letter_id).values(replayed_at=func.clock_timestamp())
        )

    async def drop(self, *letter_ids: int) -> int:
        """Delete letters; return how many there were."""
        gone = await self._session.scalars(
            delete(DeadLetterRow).where(DeadLetterRow.id.in_(letter_ids)).returning(DeadLetterRow.id)
        )
        return len(list(gone))

    async def drop_before(self, moment: datetime) -> int:
        """Delete letters older than a moment; return how many."""
        gone = await self._session.scalars(
            delete(DeadLetterRow).where(DeadLetterRow.received_at < moment).returning(DeadLetterRow.id)
        )
        return len(list(gone))
