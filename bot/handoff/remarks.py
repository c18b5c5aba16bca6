"""What colleagues leave at a chat for each other, whoever holds it: notes and tags. Nothing here reaches shopper or assistant."""

from __future__ import annotations

import structlog

from bot.domain.people import User
from bot.domain.permissions import Permission
from bot.domain.remarks import MAX_TAGS, Note, Tag, tag_key, tag_name
from bot.errors import NotAllowed
from bot.store.unit_of_work import Store

log = structlog.get_logger()


class Remarks:
    """Each remark is one transaction with its line in the audit; what a note says is not in it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, conversation_id: str, user: User, text: str) -> Note:
        """Leave a note; raises ValueError when it is empty or too long, LookupError where there is no such chat."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(user, Permission.CHATS)
            await work.conversations.get(conversation_id)
            note = await work.notes.add(conversation_id, user.id, text)
            await work.audit.note(user, "note", conversation_id)
            await work.changed(conversation_id)
        log.info("remarks.noted", conversation=conversation_id, note=note.id)
        return note

    async def tag(self, conversation_id: str, user: User, name: str) -> Tag:
        """Put a tag on a chat; raises ValueError for a name that is none, NotAllowed when the chat has too many."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(user, Permission.CHATS)
            await work.conversations.get(conversation_id, lock=True)
            key = tag_key(tag_name(name))
            here = await work.tags.of(conversation_id)
            if len(here) >= MAX_TAGS and key not in {tag_key(tag.name) for tag in here}:
                raise NotAllowed(f"a chat has at most {MAX_TAGS} tags")
            tag = await work.tags.add(conversation_id, user.id, name)
            await work.audit.note(user, "tag", conversation_id, tag=tag.name)
            await work.changed(conversation_id)
        return tag

    async def untag(self, conversation_id: str, user: User, tag: Tag) -> None:
        """Take a tag off a chat; one that is off already is no trouble."""
        async with self._store.begin() as work:
            await work.users.must_be_allowed(user, Permission.CHATS)
            await work.tags.remove(conversation_id, tag.id)
            await work.audit.note(user, "untag", conversation_id, tag=tag.name)
            await work.changed(conversation_id)

    async def known_tags(self) -> list[Tag]:
        """Return the tags there are, the most used first."""
        async with self._store.begin() as work:
            return await work.tags.all()
