"""Promises: made within their budgets, never twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.promise import (
    Limits,
    NewPromise,
    Promise,
    PromiseKind,
    PromiseMove,
    PromiseState,
    Spent,
    month_of,
    moved,
    new_code,
    stands_in_the_way,
)
from bot.store import rows
from bot.store.tables import PromiseRow

_OPEN = (PromiseState.OPEN.value, PromiseState.NEEDS_APPROVAL.value)


class Promises:
    """What the shop owes shoppers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def made_for(self, conversation_id: str, message_key: str) -> Promise | None:
        """Return the promise a message has led to, however often its turn is tried."""
        found = await self._session.scalar(
            select(PromiseRow).filter_by(conversation_id=conversation_id, message_key=message_key)
        )
        return rows.promise(found) if found else None

    async def of_order(self, order_number: str) -> list[Promise]:
        """Return what an order was promised and is not withdrawn, the newest first."""
        return await self._all(PromiseRow.order_number == order_number, PromiseRow.state != PromiseState.WITHDRAWN)

    async def open_of(self, conversation_id: str, order_numbers: Collection[str]) -> list[Promise]:
        """Return what is still to be done for a conversation or for one of these orders, the newest first."""
        about = or_(PromiseRow.conversation_id == conversation_id, PromiseRow.order_number.in_(order_numbers))
        return await self._all(about, PromiseRow.state.in_(_OPEN))

    async def made_in(self, conversation_id: str) -> list[Promise]:
        """Return what was promised in a conversation, whatever became of it, the newest first."""
        return await self._all(PromiseRow.conversation_id == conversation_id)

    async def get(self, code: str) -> Promise:
        """Return a promise by its code; raises LookupError when there is none."""
        return rows.promise(await self._row(code))

    async def move(self, code: str, move: PromiseMove) -> Promise:
        """Move a promise under its row lock; raises WrongTurn when it cannot go there."""
        row = await self._row(code, lock=True)
        row.state = moved(PromiseState(row.state), move)
        await self._session.flush()
        return rows.promise(row)

    async def add_details(self, code: str, details: str) -> None:
        """Keep what the shopper told us for a promise that is still to be done, in place of what they told before."""
        await self._session.execute(
            update(PromiseRow).where(PromiseRow.code == code, PromiseRow.state.in_(_OPEN)).values(details=details)
        )

    async def overdue(self, now: datetime, *, limit: int = 50) -> tuple[list[Promise], int]:
        """Return promises whose day has passed and that are still to be done, the longest waiting first, and how many there are."""
        found = await self._session.execute(
            select(PromiseRow, func.count().over().label("all"))
            .where(*self._late(now))
            .order_by(PromiseRow.due_at, PromiseRow.id)
            .limit(limit)
        )
        late = found.all()
        return [rows.promise(row.PromiseRow) for row in late], late[0].all if late else 0

    async def has_room(self, new: NewPromise, limits: Limits, now: datetime) -> bool:
        """True when a promise would be within its budgets at this moment; only `make` is sure of it."""
        ours = (
            PromiseRow.kind == new.kind,
            PromiseRow.state != PromiseState.WITHDRAWN,
            PromiseRow.made_at >= month_of(now),
        )
        shop = await self._spent(new.currency, *ours)
        shopper = await self._spent(new.currency, *ours, PromiseRow.shopper_key == new.shopper_key)
        return limits.allow(new.amount, shopper=shopper, shop=shop)

    async def make(self, new: NewPromise, limits: Limits, now: datetime) -> Promise | None:
        """Make a promise within its budgets, or return the one this message or an earlier one has led to.

        None when a budget is used up or something else was promised for it. Who comes at the same moment waits here
        until this transaction is over.
        """
        # always in this order, so that nobody waits for somebody who waits for them
        await self._lock(f"promises of {new.shopper_key}")
        await self._lock(f"promises of {month_of(now):%Y-%m}")
        if made := await self.made_for(new.conversation_id, new.message_key):
            return made
        before = await self.of_order(new.order_number)
        if same := [p for p in before if (p.kind, p.problem) == (new.kind, new.problem)]:
            if new.kind is not PromiseKind.CHANGE_ADDRESS:
                return same[0]
            await self._withdraw(same)
        if stands_in_the_way(before, new.kind, new.problem) or not await self.has_room(new, limits, now):
            return None
        return await self._add(new, limits.state_of(new), now)

    async def _add(self, new: NewPromise, state: PromiseState, now: datetime) -> Promise:
        values = {name: value for name, value in asdict(new).items() if name != "needs_approval"}
        values["order_number"] = new.order_number or None
        while True:  # until a code is drawn that nobody has; with 190 million of them, once
            added = await self._session.scalar(
                insert(PromiseRow)
                .values(**values, code=new_code(), state=state, made_at=now)
                .on_conflict_do_nothing(index_elements=["code"])
                .returning(PromiseRow)
            )
            if added:
                return rows.promise(added)

    async def _withdraw(self, promises: Sequence[Promise]) -> None:
        """Take back what was not done yet."""
        await self._session.execute(
            update(PromiseRow)
            .where(PromiseRow.id.in_([promise.id for promise in promises]), PromiseRow.state.in_(_OPEN))
            .values(state=PromiseState.WITHDRAWN)
        )

    async def _spent(self, currency: str | None, *about: ColumnElement[bool]) -> Spent:
        amount = func.sum(PromiseRow.amount).filter(PromiseRow.currency == currency)
        counted = (await self._session.execute(select(func.count(), amount).where(*about))).one()
        return Spent(count=counted[0], amount=counted[1] or Decimal(0))

    @staticmethod
    def _late(now: datetime) -> tuple[ColumnElement[bool], ...]:
        return PromiseRow.state.in_(_OPEN), PromiseRow.due_at < now

    async def _row(self, code: str, *, lock: bool = False) -> PromiseRow:
        wanted = select(PromiseRow).filter_by(code=code)
        row = await self._session.scalar(
            wanted.with_for_update() if lock else wanted, execution_options={"populate_existing": True}
        )
        if row is None:
            raise LookupError(f"no promise {code}")
        return row

    async def _all(self, *about: ColumnElement[bool]) -> list[Promise]:
        found = await self._session.scalars(select(PromiseRow).where(*about).order_by(PromiseRow.id.desc()))
        return [rows.promise(row) for row in found]

    async def _lock(self, name: str) -> None:
        """Wait for whoever holds a name, and hold it until the transaction ends."""
        await self._session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
