"""What the bot wrote first, once about each thing, and what there may be to write about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.types import Text

from bot.domain.handoff import HELPED
from bot.domain.messages import Author
from bot.domain.order import UNDER_WAY, Order, OrderStatus
from bot.domain.outreach import Outreach, OutreachKind, Pressed
from bot.domain.people import Handoff
from bot.domain.promise import Promise, PromiseKind, PromiseState
from bot.store import rows
from bot.store.tables import ConversationRow, HandoffRow, MessageRow, OrderRow, OutreachRow, PromiseRow, ProofRow

_NOT_THERE_YET = tuple(status.value for status in UNDER_WAY | {OrderStatus.DELAYED})
_LATENESS = func.concat(OrderRow.number, " ", func.to_char(func.timezone("UTC", OrderRow.promised_at), "YYYY-MM-DD"))


class Outreaches:
    """The record of what was written first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, conversation_id: str, kind: OutreachKind, about: str, now: datetime, *, skipped: str | None = None
    ) -> int | None:
        """Record an outreach and return its id, or None when there is one about the same. Who comes at the same moment waits."""
        return await self._session.scalar(
            insert(OutreachRow)
            .values(conversation_id=conversation_id, kind=kind.value, about=about, created_at=now, skipped=skipped)
            .on_conflict_do_nothing()
            .returning(OutreachRow.id)
        )

    async def sent_as(self, outreach_id: int, message_id: int) -> None:
        """Note which message went out."""
        await self._session.execute(update(OutreachRow).filter_by(id=outreach_id).values(message_id=message_id))

    async def answered(self, pressed: Pressed) -> None:
        """Keep an answer; a later one replaces it."""
        await self._session.execute(
            update(OutreachRow)
            .filter_by(id=pressed.outreach_id)
            .values(answer=pressed.answer, answered_at=func.clock_timestamp())
        )

    async def find(self, outreach_id: int, conversation_id: str) -> Outreach | None:
        """Return an outreach of this conversation."""
        row = await self._session.scalar(select(OutreachRow).filter_by(id=outreach_id, conversation_id=conversation_id))
        return rows.outreach(row) if row else None

    async def of(self, conversation_id: str) -> list[Outreach]:
        """Return everything that was written first in a conversation, newest first."""
        found = await self._session.scalars(
            select(OutreachRow).filter_by(conversation_id=conversation_id).order_by(OutreachRow.id.desc())
        )
        return [rows.outreach(row) for row in found]

    async def returned_handoffs(self, since: datetime, until: datetime) -> list[Handoff]:
        """Return the handoffs given back in this time in which an operator wrote and about which nothing was asked."""
        wrote = exists().where(
            MessageRow.conversation_id == HandoffRow.conversation_id,
            MessageRow.author == Author.OPERATOR.value,
            MessageRow.created_at.between(HandoffRow.opened_at, HandoffRow.closed_at),
        )
        found = await self._session.scalars(
            select(HandoffRow)
            .where(
                HandoffRow.outcome.in_([outcome.value for outcome in HELPED]),
                HandoffRow.closed_at.between(since, until),
                wrote,
                _unwritten(OutreachKind.CSAT, cast(HandoffRow.id, Text)),
            )
            .order_by(HandoffRow.id)
        )
        return [rows.handoff(row) for row in found]

    async def settled_handoffs(self, since: datetime, until: datetime, *, asked_before: datetime) -> list[Handoff]:
        """Return the handoffs given back in this time with none after them, of shoppers who were not asked for a likelihood lately.

        Who proved the same in two conversations is one shopper, and asked in one of them. Nothing was asked about the handoff.
        """
        later = aliased(HandoffRow)
        ours, theirs = aliased(ProofRow), aliased(ProofRow)
        same = (
            select(theirs.conversation_id)
            .join(ours, and_(ours.kind == theirs.kind, ours.value == theirs.value))
            .where(ours.conversation_id == HandoffRow.conversation_id)
        )
        lately = exists().where(
            OutreachRow.kind == OutreachKind.NPS.value,
            OutreachRow.skipped.is_(None),
            OutreachRow.created_at > asked_before,
            or_(OutreachRow.conversation_id == HandoffRow.conversation_id, OutreachRow.conversation_id.in_(same)),
        )
        found = await self._session.scalars(
            select(HandoffRow)
            .where(
                HandoffRow.outcome == "returned",
                HandoffRow.closed_at.between(since, until),
                ~exists().where(later.conversation_id == HandoffRow.conversation_id, later.id > HandoffRow.id),
                ~lately,
                _unwritten(OutreachKind.NPS, cast(HandoffRow.id, Text)),
            )
            .order_by(HandoffRow.id)
        )
        return [rows.handoff(row) for row in found]

    async def promises_done(
        self, after: Mapping[PromiseKind, timedelta], now: datetime, *, reach: timedelta
    ) -> list[Promise]:
        """Return the promises whose day passed so long ago, by kind, and at most `reach` longer, with nothing asked yet."""
        passed = [
            and_(PromiseRow.kind == kind.value, PromiseRow.due_at.between(now - wait - reach, now - wait))
            for kind, wait in after.items()
        ]
        found = await self._session.scalars(
            select(PromiseRow)
            .where(
                or_(False, *passed),
                PromiseRow.state.in_((PromiseState.OPEN.value, PromiseState.KEPT.value)),
                _unwritten(OutreachKind.FOLLOW_UP, PromiseRow.code),
            )
            .order_by(PromiseRow.id)
        )
        return [rows.promise(row) for row in found]

    async def late_orders(self, since: datetime, until: datetime) -> list[tuple[Order, list[str]]]:
        """Return the orders promised for this time and not there, nothing written about it, with the conversations that prove them.

        Of several conversations, the one with the newest message comes first.
        """
        proven = or_(
            and_(ProofRow.kind == "phone", ProofRow.value == OrderRow.phone),
            and_(ProofRow.kind == "email", ProofRow.value == OrderRow.email),
        )
        found = await self._session.execute(
            select(OrderRow, ConversationRow.id)
            .join(ProofRow, proven)
            .join(ConversationRow, ConversationRow.id == ProofRow.conversation_id)
            .where(
                OrderRow.promised_at.between(since, until),
                OrderRow.status.in_(_NOT_THERE_YET),
                _unwritten(OutreachKind.LATE_ORDER, _LATENESS),
            )
            .order_by(OrderRow.number, ConversationRow.last_inbound_at.desc().nulls_last(), ConversationRow.id)
        )
        orders: dict[str, tuple[Order, list[str]]] = {}
        for row, conversation in found:
            _, conversations = orders.setdefault(row.number, (rows.order(row), []))
            if str(conversation) not in conversations:
                conversations.append(str(conversation))
        return list(orders.values())

    async def told_since(self, conversation_ids: Collection[str], number: str, moment: datetime) -> bool:
        """True when a reply in one of these conversations named an order since a moment."""
        whole = f"(^|[^[:alnum:]]){re.escape(number)}($|[^[:alnum:]])"
        told = select(MessageRow.id).where(
            MessageRow.conversation_id.in_(conversation_ids),
            MessageRow.author != Author.SHOPPER.value,
            MessageRow.created_at >= moment,
            MessageRow.text.regexp_match(whole),
        )
        return await self._session.scalar(told.limit(1)) is not None


def _unwritten(kind: OutreachKind, about: SQLCoreOperations[str]) -> ColumnElement[bool]:
    return ~exists().where(OutreachRow.kind == kind.value, OutreachRow.about == about)
