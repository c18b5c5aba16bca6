"""What the de-escalation policy decided in each turn, and on what: numbers and labels, so that it can be decided again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.people import Decided
from bot.store.tables import DECISIONS, DecisionRow

_ADD = insert(DECISIONS).on_conflict_do_nothing()


class Decisions:
    """The policy's decisions, once a message."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, conversation_id: str, message_key: str, decided: Mapping[str, Any]) -> None:
        """Keep a decision; the same message counts once, however often its turn is tried."""
        row = {"conversation_id": conversation_id, "message_key": message_key, "decided": dict(decided)}
        await self._session.execute(_ADD, row)

    async def since(self, moment: datetime) -> list[Decided]:
        """Return the decisions since a moment, each conversation's together and oldest first."""
        found = await self._session.scalars(
            select(DecisionRow)
            .where(DecisionRow.created_at >= moment)
            .order_by(DecisionRow.conversation_id, DecisionRow.id)
        )
        return [Decided(str(row.conversation_id), row.created_at, row.decided) for row in found]

    async def of(self, conversation_id: str) -> dict[str, Mapping[str, Any]]:
        """Return a conversation's decisions by message key."""
        found = await self._session.scalars(select(DecisionRow).where(DecisionRow.conversation_id == conversation_id))
        return {row.message_key: row.decided for row in found}
