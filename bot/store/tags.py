"""Words that chats are found again by."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.remarks import Tag, tag_key, tag_name
from bot.store.tables import ConversationTagRow, TagRow


class Tags:
    """A tag's name is as it was first written; the same name in another case is the same tag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, conversation_id: str, user_id: int, name: str) -> Tag:
        """Put a tag on a conversation, new or known; raises ValueError when its name is empty or too long."""
        kept = tag_name(name)
        statement = insert(TagRow).values(name=kept, key=tag_key(kept))
        row = await self._session.scalar(
            # an update that changes nothing, so that the row comes back when it was there
            statement.on_conflict_do_update(index_elements=["key"], set_={"key": statement.excluded.key}).returning(
                TagRow
            )
        )
        assert row is not None, "an upsert always returns its row"
        await self._session.execute(
            insert(ConversationTagRow)
            .values(conversation_id=conversation_id, tag_id=row.id, user_id=user_id)
            .on_conflict_do_nothing()
        )
        return Tag(row.id, row.name)

    async def remove(self, conversation_id: str, tag_id: int) -> None:
        """Take a tag off a conversation; one that nothing carries any more is forgotten."""
        await self._session.execute(
            delete(ConversationTagRow).where(
                ConversationTagRow.conversation_id == conversation_id, ConversationTagRow.tag_id == tag_id
            )
        )
        carried = select(ConversationTagRow.tag_id).where(ConversationTagRow.tag_id == tag_id).exists()
        await self._session.execute(delete(TagRow).where(TagRow.id == tag_id, ~carried))

    async def of(self, conversation_id: str) -> list[Tag]:
        """Return the tags of a conversation, by name."""
        return (await self.of_many([conversation_id])).get(conversation_id, [])

    async def of_many(self, conversation_ids: Iterable[str]) -> dict[str, list[Tag]]:
        """Return the tags of several conversations in one query; those without any are left out."""
        found = await self._session.execute(
            select(ConversationTagRow.conversation_id, TagRow)
            .join(TagRow, TagRow.id == ConversationTagRow.tag_id)
            .where(ConversationTagRow.conversation_id.in_([uuid.UUID(each) for each in conversation_ids]))
            .order_by(TagRow.key)
        )
        tags: dict[str, list[Tag]] = {}
        for conversation_id, row in found:
            tags.setdefault(str(conversation_id), []).append(Tag(row.id, row.name))
        return tags

    async def all(self, limit: int = 500) -> list[Tag]:
        """Return all tags with how many conversations carry them, the most used first."""
        used = func.count(ConversationTagRow.conversation_id)
        found = await self._session.execute(
            select(TagRow, used)
            .outerjoin(ConversationTagRow, ConversationTagRow.tag_id == TagRow.id)
            .group_by(TagRow.id)
            .order_by(used.desc(), TagRow.key)
            .limit(limit)
        )
        return [Tag(row.id, row.name, count) for row, count in found]
