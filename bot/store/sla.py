"""By when something of a handoff has to be done, and whether it was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.duty import Target, TargetKind, Wanted
from bot.domain.handoff import Reason
from bot.domain.messages import Author
from bot.store.tables import HandoffRow, MessageRow, TargetRow

# How long after its end a handoff is still looked at: its last answers may have come since the look before.
_AFTERWARDS: Final = timedelta(hours=1)


class Targets:
    """The targets of handoffs. When each began and was met is told by messages and handoffs, whenever somebody looks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def wanted(self, now: datetime) -> list[Wanted]:
        """Return what should have a target and has none yet."""
        found: list[Wanted] = []
        waited = HandoffRow.reason != Reason.TAKEN_OVER.value
        for kind, condition in ((TargetKind.FIRST_REPLY, waited), (TargetKind.RESOLUTION, HandoffRow.id.is_not(None))):
            rows = await self._session.execute(
                select(HandoffRow.id, HandoffRow.conversation_id, HandoffRow.severity, HandoffRow.opened_at).where(
                    HandoffRow.closed_at.is_(None), condition, ~_known(kind, HandoffRow.id, HandoffRow.opened_at)
                )
            )
            found += [Wanted(handoff, str(chat), severity, kind, since) for handoff, chat, severity, since in rows]
        before = func.lag(MessageRow.author).over(partition_by=HandoffRow.id, order_by=MessageRow.id)
        talk = (
            select(
                HandoffRow.id.label("handoff"), HandoffRow.conversation_id, HandoffRow.severity, MessageRow.author,
                MessageRow.created_at.label("at"), before.label("before"),
            )
            .join(
                MessageRow,
                and_(
                    MessageRow.conversation_id == HandoffRow.conversation_id,
                    MessageRow.created_at.between(HandoffRow.opened_at, func.coalesce(HandoffRow.closed_at, now)),
                    MessageRow.author.in_((Author.SHOPPER.value, Author.OPERATOR.value)),
                ),
            )
            .where(or_(HandoffRow.closed_at.is_(None), HandoffRow.closed_at >= now - _AFTERWARDS))
            .subquery()
        )  # fmt: skip
        rows = await self._session.execute(
            select(talk.c.handoff, talk.c.conversation_id, talk.c.severity, talk.c.at).where(
                talk.c.author == Author.SHOPPER.value,
                talk.c.before == Author.OPERATOR.value,
                ~_known(TargetKind.NEXT_REPLY, talk.c.handoff, talk.c.at),
            )
        )
        kind = TargetKind.NEXT_REPLY
        return found + [Wanted(handoff, str(chat), severity, kind, at) for handoff, chat, severity, at in rows]

    async def add(self, wanted: Wanted, due_at: datetime) -> None:
        """Set a target, once."""
        await self._session.execute(
            insert(TargetRow)
            .values(handoff_id=wanted.handoff_id, kind=wanted.kind.value, started_at=wanted.since, due_at=due_at)
            .on_conflict_do_nothing()
        )

    async def postpone(self, conversation_id: str, by: timedelta) -> None:
        """Move by when everything is due that is open and not late yet; a negative time moves it back."""
        ours = and_(HandoffRow.id == TargetRow.handoff_id, HandoffRow.conversation_id == conversation_id)
        still = and_(HandoffRow.closed_at.is_(None), TargetRow.met_at.is_(None), TargetRow.breached_at.is_(None))
        await self._session.execute(update(TargetRow).where(ours, still).values(due_at=TargetRow.due_at + by))

    async def settle(self, now: datetime) -> list[str]:
        """Note what was met and what was not; return the conversations of new breaches."""
        answered = (
            select(func.min(MessageRow.created_at))
            .where(
                MessageRow.conversation_id == HandoffRow.conversation_id,
                MessageRow.author == Author.OPERATOR.value,
                MessageRow.created_at >= TargetRow.started_at,
            )
            .correlate(HandoffRow, TargetRow)
            .scalar_subquery()
        )
        own = and_(HandoffRow.id == TargetRow.handoff_id, TargetRow.met_at.is_(None))
        reply = TargetRow.kind != TargetKind.RESOLUTION.value
        # What nobody answered before the handoff was over is owed no more.
        end = func.least(answered, HandoffRow.closed_at)
        for condition, met in ((reply, end), (~reply, HandoffRow.closed_at)):
            await self._session.execute(update(TargetRow).where(own, condition, met.is_not(None)).values(met_at=met))
        late = (
            update(TargetRow)
            .where(TargetRow.breached_at.is_(None), TargetRow.due_at < func.coalesce(TargetRow.met_at, now))
            .where(HandoffRow.id == TargetRow.handoff_id)
            .values(breached_at=TargetRow.due_at)
            .returning(HandoffRow.conversation_id)
        )
        return sorted({str(conversation) for (conversation,) in await self._session.execute(late)})

    async def next_due(self, conversation_ids: Collection[str]) -> dict[str, Target]:
        """Return by conversation the target that is due first and not met."""
        found = await self._session.execute(
            select(TargetRow, HandoffRow.conversation_id)
            .join(HandoffRow, HandoffRow.id == TargetRow.handoff_id)
            .where(HandoffRow.conversation_id.in_(conversation_ids), TargetRow.met_at.is_(None))
            .order_by(TargetRow.due_at.desc())
        )
        # The first that is due comes last, and stays.
        return {str(conversation): _target(row, str(conversation)) for row, conversation in found}

    async def open_breaches(self) -> list[Target]:
        """Return what is late and still to be done, the longest late first."""
        found = await self._session.execute(
            select(TargetRow, HandoffRow.conversation_id)
            .join(HandoffRow, HandoffRow.id == TargetRow.handoff_id)
            .where(TargetRow.met_at.is_(None), TargetRow.breached_at.is_not(None))
            .order_by(TargetRow.due_at)
            .limit(100)
        )
        return [_target(row, str(conversation)) for row, conversation in found]


def _known(kind: TargetKind, handoff: Any, since: Any) -> ColumnElement[bool]:
    return exists().where(TargetRow.handoff_id == handoff, TargetRow.kind == kind.value, TargetRow.started_at == since)


def _target(row: TargetRow, conversation_id: str) -> Target:
    return Target(
        id=row.id,
        handoff_id=row.handoff_id,
        conversation_id=conversation_id,
        kind=TargetKind(row.kind),
        started_at=row.started_at,
        due_at=row.due_at,
        met_at=row.met_at,
        breached_at=row.breached_at,
    )
