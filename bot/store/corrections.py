"""What people corrected in readings: one in force for each message and kind, the earlier ones kept as undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.correction import Correction, CorrectionKind, CorrectionState
from bot.domain.people import Message, User
from bot.store import rows
from bot.store.tables import CorrectionRow

_IN_FORCE = CorrectionRow.state != CorrectionState.UNDONE.value


class Corrections:
    """Corrections of readings, for the console and for trainers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, message: Message, user: User, kind: CorrectionKind, became: str) -> Correction:
        """Keep a correction in place of the one before it. For callers that hold the conversation's row lock."""
        await self.undo(message.id, kind)
        read = message.reading
        was = (read.emotion.value if kind is CorrectionKind.EMOTION else read.intent) if read else None
        row = CorrectionRow(
            conversation_id=message.conversation_id,
            message_id=message.id,
            kind=kind.value,
            was=was,
            became=became,
            user_id=user.id,
            state=CorrectionState.NEW.value,
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return rows.correction(row)

    async def undo(self, message_id: int, kind: CorrectionKind) -> bool:
        """Take back what is in force for a message; False where nothing is."""
        undone = await self._session.scalars(
            update(CorrectionRow)
            .where(CorrectionRow.message_id == message_id, CorrectionRow.kind == kind.value, _IN_FORCE)
            .values(state=CorrectionState.UNDONE.value, undone_at=func.clock_timestamp())
            .returning(CorrectionRow.id)
        )
        return bool(list(undone))

    async def of(self, conversation_id: str) -> list[Correction]:
        """Return what is in force in a conversation, oldest first."""
        return await self._all(CorrectionRow.conversation_id == conversation_id)

    async def since(self, moment: datetime) -> list[Correction]:
        """Return what is in force and was made since a moment, oldest first."""
        return await self._all(CorrectionRow.made_at >= moment)

    async def _all(self, about: ColumnElement[bool]) -> list[Correction]:
        found = await self._session.scalars(select(CorrectionRow).where(about, _IN_FORCE).order_by(CorrectionRow.id))
        return [rows.correction(row) for row in found]
