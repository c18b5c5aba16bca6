"""Forgetting: one shopper at once, and everybody's words with age. Figures outlive words; see docs/privacy.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, delete, false, func, or_, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder
from bot.domain.messages import Author, Delivery
from bot.domain.promise import PromiseState
from bot.store.events import EVENTS, has_events
from bot.store.holdings import (
    CONVERSATIONS,
    COUNTED,
    MEDIA,
    MESSAGES,
    PROMISES,
    about_shoppers,
    begun,
    emptied,
    holding,
    of,
)
from bot.store.tables import WHO, WORDS, AuditRow, ConversationRow, DeadLetterRow, MessageRow, PromiseRow

_OWED: Final = (PromiseState.OPEN.value, PromiseState.NEEDS_APPROVAL.value)
_ON_ITS_WAY: Final = (Delivery.QUEUED.value, Delivery.SENDING.value)
# The line that tells a shopper that all is deleted has this long to reach them, before their address goes too.
_TOLD_WITHIN: Final = timedelta(days=1)
_LEAST_KNOWN: Final = 5  # characters of an address by which a letter is found


class Erasure:
    """Deletes what is kept of shoppers. What returns `keys` leaves it to the caller to delete those files in the vault."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def forget(self, conversation_id: str, *, keep: Sequence[int] = ()) -> list[str]:
        """Delete everything of a conversation but some messages; return the keys of its files.

        Orders stay: they are the shop's books. So do promises, since the shop still owes them; what was written down with
        one goes as soon as it is no longer owed. The address goes at once where no message is kept, else a day later.
        """
        keys = await self._keys(of(MEDIA, [conversation_id]))
        # The last line answers a message that goes.
        await self._do(update(MessageRow).where(MessageRow.id.in_(keep)).values(in_reply_to=None, quotes_id=None))
        for table in about_shoppers():
            if table is PROMISES:
                continue
            theirs = of(table, [conversation_id])
            await self._do(delete(table).where(theirs & table.c.id.not_in(keep) if table is MESSAGES else theirs))
        address = await self._session.scalar(select(ConversationRow.address).filter_by(id=conversation_id))
        await self._do(delete(DeadLetterRow).where(naming(address or "")))
        if await has_events(self._session):
            await self._do(delete(EVENTS).where(EVENTS.c.sender_id == conversation_id))
        values: dict[str, Any] = {
            "shopper_name": None,
            "language": None,
            "traditional": None,
            "forgotten_at": func.clock_timestamp(),
        }
        await self._do(update(ConversationRow).filter_by(id=conversation_id).values(**values))
        if not keep:
            await self._let_go([conversation_id])
        await self._settle()
        return keys

    async def empty_messages(self, before: datetime, *, limit: int) -> tuple[int, list[str]]:
        """Empty messages older than a moment; return how many, and the keys of their files. Open chats are left alone."""
        due = (
            select(MessageRow.id)
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(MessageRow.emptied_at.is_(None), MessageRow.created_at < before, _at_rest())
            .order_by(MessageRow.created_at)
            .limit(limit)
            # Whoever takes one of these chats now waits for us; whoever has just taken one is not waited for.
            .with_for_update(of=ConversationRow, skip_locked=True)
        )
        ids = list(await self._session.scalars(due))
        keys = await self._keys(MEDIA.c.message_id.in_(ids))
        await self._do(delete(MEDIA).where(MEDIA.c.message_id.in_(ids)))
        await self._do(update(MESSAGES).where(MESSAGES.c.id.in_(ids)).values(_without_words(MESSAGES)))
        return len(ids), keys

    async def empty_others(self, before: datetime, *, limit: int) -> int:
        """Empty what else holds words older than a moment, and delete it where nothing is counted from it."""
        done = 0
        at_rest = select(ConversationRow.id).where(_at_rest()).correlate(None)
        for table in about_shoppers():
            words = holding(table, WORDS)
            if not words or table in {MESSAGES, MEDIA}:
                continue
            key = next(iter(table.primary_key.columns))
            due = select(key).where(begun(table) < before, of(table, at_rest)).order_by(begun(table)).limit(limit)
            if table in COUNTED:
                due = due.where(or_(*(column != "" for column in words)))
                act: Any = update(table).where(key.in_(due)).values(emptied(table, WORDS))
            else:
                act = delete(table).where(key.in_(due))
            done += len(list(await self._session.scalars(act.returning(key))))
        await self._settle()
        return done

    async def let_go(self, before: datetime | None, now: datetime, *, limit: int) -> int:
        """Delete who the shopper is, where nothing was said since a moment or all was deleted a day ago."""
        came = func.coalesce(ConversationRow.last_inbound_at, ConversationRow.created_at)
        worded = _has(MessageRow, MessageRow.emptied_at.is_(None))
        told = ConversationRow.forgotten_at < now - _TOLD_WITHIN
        reasons = [and_(told, came <= ConversationRow.forgotten_at)]
        if before is not None:
            reasons.append(and_(came < before, ~worded))
        due = (
            select(ConversationRow.id)
            # Who is blocked must be known again.
            .where(ConversationRow.gone_at.is_(None), ConversationRow.blocked_at.is_(None), _at_rest(), or_(*reasons))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = [str(found) for found in await self._session.scalars(due)]
        await self._let_go(ids)
        await self._settle()
        return len(ids)

    async def drop_events(self, before: datetime | None, *, limit: int) -> int:
        """Delete what Rasa remembers from before a moment, and of shoppers who are gone."""
        if not await has_events(self._session):
            return 0
        sender = EVENTS.c.sender_id == func.cast(ConversationRow.id, String)
        old = EVENTS.c.timestamp < before.timestamp() if before is not None else ConversationRow.gone_at.is_not(None)
        due = (
            select(EVENTS.c.id)
            .outerjoin(ConversationRow, sender)
            .where(or_(old, ConversationRow.gone_at.is_not(None)), or_(ConversationRow.id.is_(None), _at_rest()))
            .limit(limit)
        )
        gone = await self._session.execute(delete(EVENTS).where(EVENTS.c.id.in_(due)).returning(EVENTS.c.id))
        return len(gone.all())

    async def drop_audit(self, before: datetime) -> int:
        """Delete the record of acts older than a moment."""
        gone = await self._session.scalars(delete(AuditRow).where(AuditRow.at < before).returning(AuditRow.id))
        return len(list(gone))

    async def _let_go(self, conversation_ids: Sequence[str]) -> None:
        """Delete what says who these shoppers are; what figures are counted from stays, and names nobody."""
        for table in about_shoppers():
            theirs = of(table, conversation_ids)
            if table is PROMISES:
                continue  # `_settle` looks after them
            if table in COUNTED:
                await self._do(update(table).where(theirs).values(_without_words(table) | emptied(table, WHO)))
            else:
                await self._do(delete(table).where(theirs))
        values = emptied(CONVERSATIONS, WORDS, WHO) | {"gone_at": func.clock_timestamp()}
        await self._do(update(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(conversation_ids)).values(values))

    async def _settle(self) -> None:
        """Empty the promises of those who are forgotten, as soon as nothing is owed."""
        forgotten = select(ConversationRow.id).where(
            or_(ConversationRow.forgotten_at.is_not(None), ConversationRow.gone_at.is_not(None))
        )
        due = PromiseRow.state.not_in(_OWED) & (PromiseRow.details != "") & PromiseRow.conversation_id.in_(forgotten)
        await self._do(update(PROMISES).where(due).values(emptied(PROMISES, WORDS)))
        gone = select(ConversationRow.id).where(ConversationRow.gone_at.is_not(None))
        known = PromiseRow.shopper_key.not_like("gone:%") & PromiseRow.conversation_id.in_(gone)
        await self._do(update(PROMISES).where(PromiseRow.state.not_in(_OWED), known).values(emptied(PROMISES, WHO)))

    async def _keys(self, which: ColumnElement[bool]) -> list[str]:
        found = await self._session.scalars(select(MEDIA.c.key).where(which, MEDIA.c.key.is_not(None)))
        return [str(key) for key in found]

    async def _do(self, statement: Any) -> None:
        await self._session.execute(statement)


def naming(address: str) -> ColumnElement[bool]:
    """True for letters that name an address; a form writes `+30` as `%2B30`, so that its sign does not count."""
    known = address.lstrip("+")
    return func.strpos(DeadLetterRow.body, known) > 0 if len(known) >= _LEAST_KNOWN else false()


def _at_rest() -> ColumnElement[bool]:
    """True for conversations that nobody is busy with: the bot holds them, nothing is owed, unread or on its way out."""
    unread = and_(MessageRow.author == Author.SHOPPER.value, MessageRow.handled_at.is_(None))
    return and_(
        ConversationRow.holder == Holder.BOT.value,
        ~_has(PromiseRow, PromiseRow.state.in_(_OWED)),
        ~_has(MessageRow, or_(unread, MessageRow.delivery.in_(_ON_ITS_WAY))),
    )


def _has(row: type[PromiseRow | MessageRow], which: ColumnElement[bool]) -> ColumnElement[bool]:
    """True for conversations with such a row, whatever the query around is about."""
    return select(row.id).where(row.conversation_id == ConversationRow.id, which).correlate(ConversationRow).exists()


def _without_words(table: SqlTable) -> dict[str, Any]:
    values = emptied(table, WORDS)
    if table is MESSAGES:
        waiting = MESSAGES.c.delivery == Delivery.WAITING.value
        # What still waited for its shopper to write has nothing to say any more.
        values |= {
            "delivery": case((waiting, Delivery.WITHDRAWN.value), else_=MESSAGES.c.delivery),
            "emptied_at": func.clock_timestamp(),
        }
    return values
