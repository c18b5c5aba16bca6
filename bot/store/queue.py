"""The queue as pages show it: its lines, its counters, and what each user has seen of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select, true, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder
from bot.domain.emotion import Emotion
from bot.domain.messages import Author
from bot.domain.people import UNREAD_AT_MOST, Conversation, Followed, QueueRow
from bot.domain.queue import UNKNOWN, QueueFilter, Whose
from bot.domain.remarks import tag_key
from bot.store import rows
from bot.store.tables import (
    ComplaintRow,
    ConversationRow,
    ConversationTagRow,
    HandoffRow,
    MessageRow,
    SeenRow,
    TagRow,
    TargetRow,
    UserRow,
)

_SHOWN: Final = 200  # characters of a last message
_HOTTEST: Final = (
    ConversationRow.severity.desc(),
    ConversationRow.waiting_since.asc(),
    ConversationRow.last_inbound_at.desc().nulls_last(),
    ConversationRow.id,
)
# Who the shopper was is no longer known: nobody has anything to do there.
_known: Final = ConversationRow.gone_at.is_(None)
language_of = func.coalesce(ConversationRow.language, UNKNOWN)
problem_of = (
    select(ComplaintRow.problem)
    .where(ComplaintRow.conversation_id == ConversationRow.id)
    .order_by(ComplaintRow.id.desc())
    .limit(1)
    .correlate(ConversationRow)
    .scalar_subquery()
)


class Queue:
    """Conversations, the hottest first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lines(self, chosen: QueueFilter, user_id: int, *, limit: int) -> list[QueueRow]:
        """Return the first lines of what somebody chose; one query, however many there are."""
        found = await self._session.execute(_lines(_admitted(chosen, user_id), limit))
        return [
            QueueRow(
                conversation=rows.conversation(row.ConversationRow),
                handoff=rows.handoff(row.HandoffRow) if row.HandoffRow else None,
                last_text=row.text or "",
                last_author=Author(row.author) if row.author else None,
                last_emotion=Emotion(row.emotion) if row.emotion else None,
                last_at=row.created_at,
                operator_name=row.display_name,
                problem=row.problem,
                recent=tuple(row.recent or ()),
                tags=tuple(row.tags or ()),
                next_due=row.next_due,
            )
            for row in found
        ]

    async def held(self) -> dict[tuple[Holder, int | None], int]:
        """Return how many conversations each holder has, each operator by themself."""
        by = (ConversationRow.holder, ConversationRow.operator_id)
        found = await self._session.execute(select(*by, func.count()).where(_known).group_by(*by))
        return {(Holder(holder), operator): count for holder, operator, count in found}

    async def shares(self, chosen: QueueFilter, user_id: int) -> dict[str, dict[str, int]]:
        """Return how many of somebody's, waiting or other conversations each value of a filter would leave."""
        of = {"language": language_of, "channel": ConversationRow.channel, "severity": ConversationRow.severity}
        chosen_out = _whose(chosen.whose, user_id)
        counted: dict[str, dict[str, int]] = {}
        for name, column in (of | {"problem": problem_of}).items():
            value = column.label("value")
            found = await self._session.execute(select(value, func.count()).where(chosen_out).group_by(value))
            counted[name] = {str(key): count for key, count in found if key is not None}
        tagged = await self._session.execute(
            select(TagRow.name, func.count())
            .join(ConversationTagRow, ConversationTagRow.tag_id == TagRow.id)
            .join(ConversationRow, ConversationRow.id == ConversationTagRow.conversation_id)
            .where(chosen_out)
            .group_by(TagRow.id)
        )
        counted["tag"] = {str(name): count for name, count in tagged}
        return counted

    async def waiting(self, among: Collection[str] | None = None) -> dict[str, Conversation]:
        """Return what waits by its id; where some are named, of these."""
        found = await self._session.scalars(
            select(ConversationRow).where(
                ConversationRow.holder == Holder.QUEUE.value,
                true() if among is None else ConversationRow.id.in_(among),
            )
        )
        return {str(row.id): rows.conversation(row) for row in found}

    async def seen(self, user_id: int, since: datetime) -> dict[str, int]:
        """Return up to which message a user looked at each conversation that they opened since a moment."""
        found = await self._session.execute(
            select(SeenRow.conversation_id, SeenRow.message_id).where(SeenRow.user_id == user_id, SeenRow.at >= since)
        )
        return {str(conversation): message for conversation, message in found}

    async def look(self, user_id: int, conversation_id: str, message_id: int) -> None:
        """Note that a user has seen a conversation up to a message; never back."""
        statement = insert(SeenRow).values(user_id=user_id, conversation_id=conversation_id, message_id=message_id)
        new = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id", "conversation_id"],
                set_={"message_id": func.greatest(SeenRow.message_id, new.message_id), "at": func.clock_timestamp()},
            )
        )

    async def follow(self, user_id: int, conversation_id: str, *, on: bool) -> None:
        """Let a user follow a conversation, or no more."""
        since = func.clock_timestamp() if on else None
        statement = insert(SeenRow).values(
            user_id=user_id, conversation_id=conversation_id, message_id=0, followed_at=since
        )
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["user_id", "conversation_id"], set_={"followed_at": since})
        )

    async def followed(self) -> dict[int, dict[str, Followed]]:
        """Return what each user follows and does not hold."""
        newest = (
            select(func.max(MessageRow.id))
            .where(MessageRow.conversation_id == ConversationRow.id, MessageRow.author == Author.SHOPPER.value)
            .correlate(ConversationRow)
            .scalar_subquery()
        )
        found = await self._session.execute(
            select(SeenRow.user_id, ConversationRow, func.coalesce(newest, 0).label("newest"))
            .join(ConversationRow, ConversationRow.id == SeenRow.conversation_id)
            .where(SeenRow.followed_at.is_not(None), ConversationRow.operator_id.is_distinct_from(SeenRow.user_id))
        )
        mine: dict[int, dict[str, Followed]] = {}
        for user_id, row, number in found:
            mine.setdefault(user_id, {})[str(row.id)] = Followed(rows.conversation(row), number)
        return mine

    async def followers(self, conversation_id: str) -> frozenset[int]:
        """Return who follows a conversation."""
        asked = select(SeenRow.user_id).where(
            SeenRow.conversation_id == conversation_id, SeenRow.followed_at.is_not(None)
        )
        return frozenset(await self._session.scalars(asked))

    async def open_now(self, user_id: int, conversation_id: str, moment: datetime | None) -> None:
        """Note when a user had a conversation open last that they have looked at; None once they left it."""
        theirs = update(SeenRow).where(SeenRow.user_id == user_id, SeenRow.conversation_id == conversation_id)
        await self._session.execute(theirs.values(open_at=moment))

    async def open_since(self, conversation_id: str, moment: datetime) -> frozenset[int]:
        """Return who has had a conversation open since a moment."""
        asked = select(SeenRow.user_id).where(SeenRow.conversation_id == conversation_id, SeenRow.open_at >= moment)
        return frozenset(await self._session.scalars(asked))


def _whose(whose: Whose, user_id: int) -> ColumnElement[bool]:
    match whose:
        case Whose.WAITING:
            return ConversationRow.holder == Holder.QUEUE.value
        case Whose.MINE:
            return and_(ConversationRow.holder == Holder.OPERATOR.value, ConversationRow.operator_id == user_id)
        case Whose.BOT:
            return and_(ConversationRow.holder == Holder.BOT.value, _known)
        case Whose.ALL:
            return _known


def _admitted(chosen: QueueFilter, user_id: int) -> ColumnElement[bool]:
    conditions = [_whose(chosen.whose, user_id)]
    if chosen.language:
        conditions.append(language_of == chosen.language)
    if chosen.channel:
        conditions.append(ConversationRow.channel == chosen.channel)
    if chosen.severity:
        conditions.append(ConversationRow.severity >= chosen.severity)
    if chosen.problem:
        conditions.append(problem_of == chosen.problem)
    if chosen.followed:
        theirs = SeenRow.user_id == user_id
        conditions.append(
            ConversationRow.id.in_(select(SeenRow.conversation_id).where(theirs, SeenRow.followed_at.is_not(None)))
        )
    if chosen.tag:
        carried = (
            select(ConversationTagRow.conversation_id)
            .join(TagRow, TagRow.id == ConversationTagRow.tag_id)
            .where(TagRow.key == tag_key(chosen.tag))
        )
        conditions.append(ConversationRow.id.in_(carried))
    return and_(*conditions)


def _lines(admitted: ColumnElement[bool], limit: int) -> Select[Any]:
    """Choose first, then look at the messages of those chosen."""
    first = select(ConversationRow.id).where(admitted).order_by(*_HOTTEST).limit(limit).subquery("first")
    mine = MessageRow.conversation_id == ConversationRow.id
    newest = (
        select(func.left(MessageRow.text, _SHOWN).label("text"), MessageRow.author, MessageRow.created_at)
        .where(mine)
        .order_by(MessageRow.id.desc())
        .limit(1)
        .lateral("newest")
    )
    felt = (
        select(MessageRow.reading["emotion"].astext.label("emotion"))
        .where(mine, MessageRow.reading.is_not(None))
        .order_by(MessageRow.id.desc())
        .limit(1)
        .lateral("felt")
    )
    ids = (
        select(MessageRow.id)
        .where(mine, MessageRow.author == Author.SHOPPER.value)
        .order_by(MessageRow.id.desc())
        .limit(UNREAD_AT_MOST)
        .correlate(ConversationRow)
        .subquery("ids")
    )
    recent = select(func.array_agg(aggregate_order_by(ids.c.id, ids.c.id.desc()))).select_from(ids).scalar_subquery()
    tags = (
        select(func.array_agg(aggregate_order_by(TagRow.name, TagRow.key)))
        .join(ConversationTagRow, ConversationTagRow.tag_id == TagRow.id)
        .where(ConversationTagRow.conversation_id == ConversationRow.id)
        .correlate(ConversationRow)
        .scalar_subquery()
    )
    next_due = (
        select(func.min(TargetRow.due_at))
        .where(TargetRow.handoff_id == HandoffRow.id, TargetRow.met_at.is_(None))
        .correlate(HandoffRow)
        .scalar_subquery()
    )
    return (
        select(
            ConversationRow, HandoffRow, newest, felt.c.emotion, UserRow.display_name,
            problem_of.label("problem"), recent.label("recent"), tags.label("tags"),
            next_due.label("next_due"),
        )
        .join(first, first.c.id == ConversationRow.id)
        .outerjoin(HandoffRow, and_(HandoffRow.conversation_id == ConversationRow.id, HandoffRow.closed_at.is_(None)))
        .outerjoin(newest, true())
        .outerjoin(felt, true())
        .outerjoin(UserRow, UserRow.id == ConversationRow.operator_id)
        .order_by(*_HOTTEST)
    )  # fmt: skip
