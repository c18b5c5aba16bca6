"""Orders, who may see them, and what was complained about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.order import Order, number_key
from bot.domain.people import Complaint, Proof
from bot.store import rows
from bot.store.tables import ORDERS, PROOFS, ComplaintRow, OrderRow, ProofAttemptRow, ProofRow

# What `number_key` does, in SQL; the index `orders_key` is on this very expression.
_number_key = func.upper(func.regexp_replace(ORDERS.c.number, "[^[:alnum:]]", "", "g"))
_FIND = select(ORDERS).where(_number_key == bindparam("key"))
_PROVEN = select(PROOFS).where(PROOFS.c.conversation_id == bindparam("conversation"))


class Orders:
    """The shop's orders."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, number: str) -> Order | None:
        """Return the order with this number in any spelling.

        Digits alone find `WL-2001` by `2001` too, as long as one order only ends so.
        """
        key = number_key(number)
        if not key:
            return None
        row = (await self._session.execute(_FIND, {"key": key})).first()
        if row is None and key.isdigit() and len(key) >= 4:
            bare = func.regexp_replace(ORDERS.c.number, "[^0-9]", "", "g")
            similar = (await self._session.execute(select(ORDERS).where(bare == key).limit(2))).all()
            row = similar[0] if len(similar) == 1 else None
        return rows.order(row) if row else None

    async def of_contacts(self, *, phones: Collection[str], emails: Collection[str], limit: int = 10) -> list[Order]:
        """Return the orders of somebody's proven phones and e-mails, newest first."""
        if not phones and not emails:
            return []
        found = await self._session.scalars(
            select(OrderRow)
            .where(or_(OrderRow.phone.in_(phones), OrderRow.email.in_(emails)))
            .order_by(OrderRow.placed_at.desc(), OrderRow.number)
            .limit(limit)
        )
        return [rows.order(row) for row in found]

    async def put(self, orders: Sequence[Order]) -> None:
        """Add orders or bring them up to date; where the status changes and no date is given, it changed now."""
        if not orders:
            return
        statement = insert(OrderRow).values([asdict(order) | {"items": list(order.items)} for order in orders])
        new = statement.excluded
        changed = case(
            (new.status != OrderRow.status, func.clock_timestamp()),
            else_=OrderRow.status_since,
        )
        columns = {c.name: new[c.name] for c in OrderRow.__table__.columns if c.name != "number"}
        columns["status_since"] = func.coalesce(new.status_since, changed)
        await self._session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=columns))

    async def count(self, *, demo: bool | None = None) -> int:
        """Return how many orders there are, or how many demo (or real) ones."""
        statement = select(func.count()).select_from(OrderRow)
        if demo is not None:
            statement = statement.where(OrderRow.demo.is_(demo))
        return (await self._session.scalar(statement)) or 0

    async def remove_demo(self) -> int:
        """Remove the demo shop's orders; return how many there were."""
        gone = await self._session.scalars(delete(OrderRow).where(OrderRow.demo.is_(True)).returning(OrderRow.number))
        return len(list(gone))


class Proofs:
    """What shoppers have proven about themselves, and how often they were wrong."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, conversation_id: str) -> list[Proof]:
        """Return the phones and e-mails proven in a conversation."""
        found = await self._session.execute(_PROVEN, {"conversation": conversation_id})
        return [Proof(kind=row.kind, value=row.value, source=row.source) for row in found]

    async def add(self, conversation_id: str, kind: str, value: str, source: str) -> None:
        """Keep a proof; keeping it again changes nothing."""
        await self._session.execute(
            insert(ProofRow)
            .values(conversation_id=conversation_id, kind=kind, value=value, source=source)
            .on_conflict_do_nothing()
        )

    async def failed(self, conversation_id: str, order_number: str) -> None:
        """Count a wrong e-mail or phone."""
        await self._session.execute(
            insert(ProofAttemptRow).values(conversation_id=conversation_id, order_number=order_number)
        )

    async def failures_since(self, conversation_id: str, moment: datetime) -> int:
        """Return how many wrong proofs came since a moment."""
        counted = await self._session.scalar(
            select(func.count())
            .select_from(ProofAttemptRow)
            .where(ProofAttemptRow.conversation_id == conversation_id, ProofAttemptRow.created_at >= moment)
        )
        return counted or 0


class Complaints:
    """What a shopper complained about, once a message."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, conversation_id: str, message_key: str, problem: str, order_number: str | None) -> None:
        """Count a complaint; the same message counts once, however often its turn is tried."""
        await self._session.execute(
            insert(ComplaintRow)
            .values(
                conversation_id=conversation_id, message_key=message_key, problem=problem, order_number=order_number
            )
            .on_conflict_do_nothing()
        )

    async def since(self, conversation_id: str, moment: datetime) -> list[Complaint]:
        """Return the complaints since a moment, oldest first."""
        found = await self._session.scalars(
            select(ComplaintRow)
            .where(ComplaintRow.conversation_id == conversation_id, ComplaintRow.created_at >= moment)
            .order_by(ComplaintRow.id)
        )
        return [
            Complaint(
                message_key=row.message_key,
                problem=row.problem,
                order_number=row.order_number,
                created_at=row.created_at,
            )
            for row in found
        ]
