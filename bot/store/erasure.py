"""Forgetting a shopper: everything that was said, read and kept of one conversation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.promise import PromiseState
from bot.store.tables import (
    ComplaintRow,
    ConversationRow,
    ConversationTagRow,
    CorrectionRow,
    DecisionRow,
    HandoffRow,
    MediaRow,
    MessageRow,
    NoteRow,
    OutreachRow,
    PromiseRow,
    ProofAttemptRow,
    ProofRow,
    SeenRow,
)

_OWED = (PromiseState.OPEN.value, PromiseState.NEEDS_APPROVAL.value)


async def erase(session: AsyncSession, conversation_id: str, keep: Sequence[int]) -> list[str]:
    """Delete everything of a conversation but the messages in `keep`; return the keys of its files, for the vault.

    Orders stay: they are the shop's books. So do promises, since the shop still owes them; what was written down with one
    goes as soon as it is no longer owed. What Rasa remembers goes too, where it keeps that in this database.
    """
    files = await session.scalars(
        select(MediaRow.key)
        .join(MessageRow, MessageRow.id == MediaRow.message_id)
        .where(MessageRow.conversation_id == conversation_id, MediaRow.key.is_not(None))
    )
    keys = [key for key in files if key is not None]
    # The last line answers a message that goes.
    await session.execute(update(MessageRow).where(MessageRow.id.in_(keep)).values(in_reply_to=None, quotes_id=None))
    await session.execute(
        delete(MessageRow).where(MessageRow.conversation_id == conversation_id, MessageRow.id.not_in(keep))
    )
    for table in (
        ProofRow, ProofAttemptRow, ComplaintRow, CorrectionRow, DecisionRow, OutreachRow, HandoffRow, NoteRow,
        ConversationTagRow, SeenRow,
    ):  # fmt: skip
        await session.execute(delete(table).where(table.conversation_id == conversation_id))
    await session.execute(
        update(PromiseRow)
        .where(PromiseRow.conversation_id == conversation_id, PromiseRow.state.not_in(_OWED))
        .values(details="")
    )
    await session.execute(
        update(ConversationRow).where(ConversationRow.id == conversation_id).values(shopper_name=None, language=None)
    )
    if await session.scalar(text("SELECT to_regclass('rasa.events') IS NOT NULL")):
        await session.execute(text("DELETE FROM rasa.events WHERE sender_id = :id"), {"id": conversation_id})
    return keys
