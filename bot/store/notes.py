"""What colleagues write about a chat for each other."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.remarks import Note, note_text
from bot.store.tables import MessageRow, NoteRow


class Notes:
    """Notes are rows of their own, apart from messages: nothing that sends or reads messages can meet one."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, conversation_id: str, user_id: int, text: str) -> Note:
        """Keep a note; raises ValueError when it is empty or too long."""
        row = await self._session.scalar(
            insert(NoteRow)
            .values(conversation_id=conversation_id, user_id=user_id, text=note_text(text))
            .returning(NoteRow)
        )
        assert row is not None, "an insert returns its row"
        return _note(row)

    async def of(self, conversation_id: str) -> list[Note]:
        """Return the notes of a conversation, oldest first."""
        found = await self._session.scalars(
            select(NoteRow).filter_by(conversation_id=conversation_id).order_by(NoteRow.id)
        )
        return [_note(row) for row in found]

    async def messages_after(self, note_id: int) -> int:
        """Return how many messages came after a note in its conversation; 0 where it is gone."""
        note = select(NoteRow.conversation_id, NoteRow.at).where(NoteRow.id == note_id).subquery()
        counted = select(func.count()).where(
            MessageRow.conversation_id == note.c.conversation_id, MessageRow.created_at >= note.c.at
        )
        return await self._session.scalar(counted) or 0


def _note(row: NoteRow) -> Note:
    return Note(row.id, str(row.conversation_id), row.user_id, row.text, row.at)
