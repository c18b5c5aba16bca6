"""The files of messages: what is known of them. The files themselves are in the vault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.messages import Author, Kind, Media
from bot.domain.people import MediaState, StoredMedia
from bot.store import rows
from bot.store.tables import MediaRow, MessageRow


class MediaRecords:
    """Every file that came with a message or goes out with a reply."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def arrived(self, message_id: int, media: Sequence[Media]) -> list[int]:
        """Add files of a shopper's message, to be fetched; return the ids of those that were new."""
        if not media:
            return []
        added = await self._session.scalars(
            insert(MediaRow)
            .values(
                [
                    {
                        "message_id": message_id,
                        "ref": file.ref,
                        "same_as": file.same_as,
                        "content_type": file.content_type,
                        "file_name": file.file_name,
                        "size": file.size,
                        "state": MediaState.WAITING.value,
                    }
                    for file in media
                ]
            )
            .on_conflict_do_nothing(index_elements=["message_id", "same_as"])
            .returning(MediaRow.id)
        )
        return list(added)

    async def get(self, media_id: int) -> StoredMedia | None:
        """Return one file, or None when it is gone."""
        row = await self._session.get(MediaRow, media_id, populate_existing=True)
        return rows.media(row) if row else None

    async def of(self, message_ids: Sequence[int]) -> dict[int, list[StoredMedia]]:
        """Return the files of messages, by message, in the order in which they came; one query."""
        found: dict[int, list[StoredMedia]] = {}
        if message_ids:
            asked = select(MediaRow).where(MediaRow.message_id.in_(message_ids)).order_by(MediaRow.id)
            for row in await self._session.scalars(asked):
                found.setdefault(row.message_id, []).append(rows.media(row))
        return found

    async def stored(self, media_id: int, *, key: str, content_type: str, size: int) -> None:
        """Note that a file is in the vault, and what it really is."""
        await self._set(
            media_id, state=MediaState.STORED.value, key=key, content_type=content_type, size=size, reason=None
        )

    async def refused(self, media_id: int, reason: str) -> None:
        """Note why a file is not kept: `gone`, `too_big`, `infected`, `kind`."""
        await self._set(media_id, state=MediaState.REFUSED.value, reason=reason)

    async def forgotten(self) -> list[tuple[int, str]]:
        """Return the files that wait to be fetched and that no job knows of, with their conversations, oldest first."""
        known = text(
            "media.id NOT IN (SELECT (args->>'media_id')::bigint FROM procrastinate_jobs"
            " WHERE task_name = 'fetch_media' AND status IN ('todo', 'doing'))"
        )
        asked = (
            select(MediaRow.id, MessageRow.conversation_id)
            .join(MessageRow, MessageRow.id == MediaRow.message_id)
            .where(MediaRow.state == MediaState.WAITING.value, known)
            .order_by(MediaRow.id)
            .limit(500)
        )
        return [(media_id, str(conversation)) for media_id, conversation in await self._session.execute(asked)]

    async def kept_since_before(self, moment: datetime, limit: int = 500) -> list[StoredMedia]:
        """Return stored files older than a moment, oldest first."""
        asked = (
            select(MediaRow)
            .where(MediaRow.state == MediaState.STORED.value, MediaRow.created_at < moment)
            .order_by(MediaRow.created_at)
            .limit(limit)
        )
        return [rows.media(row) for row in await self._session.scalars(asked)]

    async def of_conversation(self, conversation_id: str) -> list[StoredMedia]:
        """Return every file of a conversation."""
        asked = (
            select(MediaRow)
            .join(MessageRow, MessageRow.id == MediaRow.message_id)
            .where(MessageRow.conversation_id == conversation_id)
            .order_by(MediaRow.id)
        )
        return [rows.media(row) for row in await self._session.scalars(asked)]

    async def pictures_since(self, conversation_id: str, moment: datetime) -> frozenset[str]:
        """Return the keys of the turns in which the shopper sent a photo or a film since a moment."""
        found = await self._session.scalars(
            select(func.coalesce(MessageRow.turn_id, MessageRow.id))
            .where(
                MessageRow.conversation_id == conversation_id,
                MessageRow.author == Author.SHOPPER.value,
                MessageRow.kind.in_((Kind.PHOTO.value, Kind.VIDEO.value)),
                MessageRow.created_at >= moment,
            )
            .distinct()
        )
        return frozenset(map(str, found))

    async def deleted(self, media_id: int) -> None:
        """Note that a file is no longer in the vault."""
        await self._set(media_id, state=MediaState.DELETED.value, key=None, file_name=None)

    async def _set(self, media_id: int, **values: object) -> None:
        await self._session.execute(update(MediaRow).where(MediaRow.id == media_id).values(**values))
