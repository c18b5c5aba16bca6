"""Chats in which an answer is owed while their channel is about to close."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder
from bot.domain.messages import Author
from bot.domain.people import Conversation, Handoff
from bot.store import rows
from bot.store.tables import ConversationRow, HandoffRow, MessageRow

_WITH_PEOPLE = (Holder.QUEUE.value, Holder.OPERATOR.value)


class Windows:
    """Which chats close soon."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def closing(
        self, channel: str, since: datetime, until: datetime, conversation_id: str | None = None
    ) -> list[tuple[Conversation, Handoff]]:
        """Return chats with people whose shopper wrote last between two moments, is owed an answer, and nobody was told."""
        owed = func.coalesce(_newest(Author.SHOPPER) > func.coalesce(_newest(Author.OPERATOR), 0), False)
        untold = or_(
            ConversationRow.closing_told_at.is_(None), ConversationRow.closing_told_at < ConversationRow.last_inbound_at
        )
        asked = (
            select(ConversationRow, HandoffRow)
            .join(HandoffRow, (HandoffRow.conversation_id == ConversationRow.id) & HandoffRow.closed_at.is_(None))
            .where(
                ConversationRow.channel == channel,
                ConversationRow.holder.in_(_WITH_PEOPLE),
                ConversationRow.last_inbound_at.between(since, until),
                ConversationRow.unreachable_since.is_(None),
                ConversationRow.blocked_at.is_(None),
                owed,
                untold,
            )
            .order_by(ConversationRow.last_inbound_at)
        )
        if conversation_id is not None:
            asked = asked.where(ConversationRow.id == conversation_id)
        return [(rows.conversation(row), rows.handoff(handed)) for row, handed in await self._session.execute(asked)]


def _newest(author: Author) -> ScalarSelect[int]:
    own = (MessageRow.conversation_id == ConversationRow.id, MessageRow.author == author.value)
    return select(func.max(MessageRow.id)).where(*own).correlate(ConversationRow).scalar_subquery()
