"""The shop's own canned replies, and its changes of those that come with Warmline."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.canned import Canned
from bot.store.tables import CannedRow


class CannedReplies:
    """One row a name, language and stance."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[Canned]:
        """Return every row, those that hide a reply as well."""
        return [
            Canned(row.name, row.language, row.stance, row.text)
            for row in await self._session.scalars(select(CannedRow).order_by(CannedRow.name))
        ]

    async def put(self, reply: Canned, user_id: int) -> None:
        """Keep a reply in place of what there is."""
        values = {"text": reply.text, "user_id": user_id, "at": func.clock_timestamp()}
        await self._session.execute(
            insert(CannedRow)
            .values(name=reply.name, language=reply.language, stance=reply.stance, **values)
            .on_conflict_do_update(index_elements=["name", "language", "stance"], set_=values)
        )

    async def drop(self, reply: Canned) -> None:
        """Forget the shop's own wording: one that comes with Warmline is there again."""
        await self._session.execute(
            delete(CannedRow).filter_by(name=reply.name, language=reply.language, stance=reply.stance)
        )
