"""Conversations and handoffs. Moves are made under a row lock, so that two people never both succeed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Integer, bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder, moved
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Author
from bot.domain.people import Conversation, Handoff, Message, Said
from bot.store import rows
from bot.store.tables import CONVERSATIONS, MESSAGES, ConversationRow, HandoffRow

_AT_ONCE: Final = 500
_THIS = CONVERSATIONS.c.id == bindparam("conversation")
_THEIRS = MESSAGES.c.conversation_id == bindparam("conversation")
_GET = select(CONVERSATIONS).where(_THIS)
LOCKED = _GET.with_for_update()
"""A conversation, locked until the transaction ends; asked with `conversation`, its id."""
_OPENED = insert(CONVERSATIONS).values(last_inbound_at=func.clock_timestamp())
_OF_ADDRESS = _OPENED.on_conflict_do_update(
    index_elements=["channel", "address"],
    set_={
        "last_inbound_at": _OPENED.excluded.last_inbound_at,
        "unreachable_since": None,
        "snoozed_until": None,  # who writes wakes the chat
        "shopper_name": func.coalesce(_OPENED.excluded.shopper_name, CONVERSATIONS.c.shopper_name),
        "traditional": func.coalesce(_OPENED.excluded.traditional, CONVERSATIONS.c.traditional),
    },
).returning(CONVERSATIONS)


_SAID = (
    select(MESSAGES.c.text, MESSAGES.c.buttons, MESSAGES.c.created_at)
    .where(_THEIRS, MESSAGES.c.author != Author.SHOPPER.value)
    .order_by(MESSAGES.c.id.desc())
    .limit(1)
    .subquery()
)
_NEWEST = (
    select(MESSAGES.c.id)
    .where(_THEIRS, MESSAGES.c.author == Author.SHOPPER.value, MESSAGES.c.created_at >= bindparam("since"))
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
_AT_TURN = (
    select(
        *rows.MESSAGE,
        CONVERSATIONS,
        _SAID.c.text.label("said"),
        _SAID.c.buttons.label("offered"),
        _SAID.c.created_at.label("said_at"),
        select(func.count()).select_from(_NEWEST).scalar_subquery().label("came"),
    )
    .join_from(MESSAGES, CONVERSATIONS)
    .outerjoin(_SAID, true())
    .where(_THEIRS, MESSAGES.c.author == Author.SHOPPER.value, MESSAGES.c.handled_at.is_(None))
    .order_by(MESSAGES.c.id)
    .limit(_AT_ONCE)
)


@dataclass(frozen=True)
class AtTurn:
    """What nobody has handled yet, oldest first; what was said to the shopper last; how many messages came lately."""

    unread: tuple[Message, ...]
    conversation: Conversation
    said: Said | None
    came: int


class Conversations:
    """The threads with shoppers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_address(
        self, channel: str, address: str, *, name: str | None, language: str | None, traditional: bool | None = None
    ) -> Conversation:
        """Return the conversation with a shopper, opening it on their first message; keep what their message shows."""
        values = {"channel": channel, "address": address, "shopper_name": name, "traditional": traditional}
        row = (await self._session.execute(_OF_ADDRESS, values | {"language": language})).first()
        assert row is not None, "an upsert always returns its row"
        return rows.conversation(row)

    async def get(self, conversation_id: str, *, lock: bool = False) -> Conversation:
        """Return a conversation, locked against other movers if asked; raises LookupError when there is none."""
        asked = LOCKED if lock else _GET
        row = (await self._session.execute(asked, {"conversation": conversation_id})).first()
        if row is None:
            raise LookupError(f"no conversation {conversation_id}")
        return rows.conversation(row)

    async def at_turn(self, conversation_id: str, since: datetime, *, limit: int) -> AtTurn | None:
        """Return what a turn begins with, None where nothing is unread. What came since a moment is counted up to `limit`."""
        asked = {"conversation": conversation_id, "since": since, "most": limit}
        found = (await self._session.execute(_AT_TURN, asked)).all()
        if not found:
            return None
        row = found[0]
        said = Said(row.said, rows.buttons(row.offered), row.said_at) if row.said_at else None
        conversation = rows.conversation(SimpleNamespace(**{c.name: row._mapping[c] for c in CONVERSATIONS.c}))  # noqa: SLF001 - SQLAlchemy's public name for it
        return AtTurn(tuple(map(rows.message, found)), conversation, said, row.came)

    async def known(self, channel: str, address: str) -> Conversation | None:
        """Return the conversation with an address, or None when they never wrote."""
        row = await self._session.scalar(select(ConversationRow).filter_by(channel=channel, address=address))
        return rows.conversation(row) if row else None

    async def pass_to(self, conversation_id: str, holder: Holder, *, operator_id: int | None = None) -> Conversation:
        """Move a conversation to another holder under its row lock; raises WrongTurn when it cannot go there."""
        now = await self.get(conversation_id, lock=True)
        moved(now.holder, holder)
        values: dict[str, Any] = {"holder": holder.value, "operator_id": operator_id, "held_since": None}
        values["snoozed_until"] = None
        if holder is Holder.OPERATOR:
            values |= {"held_since": func.clock_timestamp(), "team_id": None}
        elif holder is Holder.BOT:
            values |= {"severity": 0, "waiting_since": None, "team_id": None}
        elif holder is Holder.QUEUE:
            values |= {"waiting_since": func.coalesce(ConversationRow.waiting_since, func.clock_timestamp())}
        await self._session.execute(update(ConversationRow).filter_by(id=conversation_id).values(**values))
        return await self.get(conversation_id)

    async def set(self, conversation_id: str, **values: object) -> None:
        """Change plain columns (`language`, `severity`, `unreachable_since`, `no_outreach`)."""
        await self._session.execute(update(ConversationRow).filter_by(id=conversation_id).values(**values))

    async def place_in_queue(self, conversation_id: str) -> int:
        """Return how many waiting conversations are answered up to and with this one, by the order of the queue."""
        mine = (
            select(ConversationRow.severity, ConversationRow.waiting_since)
            .where(ConversationRow.id == conversation_id)
            .subquery()
        )
        before = (ConversationRow.severity > mine.c.severity) | (
            (ConversationRow.severity == mine.c.severity) & (ConversationRow.waiting_since < mine.c.waiting_since)
        )
        counted = await self._session.scalar(
            select(func.count())
            .select_from(ConversationRow)
            .join(mine, before)
            .where(ConversationRow.holder == Holder.QUEUE.value)
        )
        return (counted or 0) + 1

    async def counts(self) -> dict[Holder, int]:
        """Return how many conversations each holder has."""
        found = await self._session.execute(
            select(ConversationRow.holder, func.count()).group_by(ConversationRow.holder)
        )
        return dict.fromkeys(Holder, 0) | {Holder(name): count for name, count in found}


class Handoffs:
    """What was given to people, and how it ended."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(
        self, conversation_id: str, request: HandoffRequest, *, message_id: int | None, due_at: datetime | None
    ) -> None:
        """Record a handoff; where one is open already it stays, with the higher severity."""
        statement = insert(HandoffRow).values(
            conversation_id=conversation_id,
            message_id=message_id,
            reason=request.reason.value,
            severity=request.severity,
            words=request.words,
            due_at=due_at,
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["conversation_id"],
                index_where=HandoffRow.closed_at.is_(None),
                set_={"severity": func.greatest(HandoffRow.severity, statement.excluded.severity)},
            )
        )

    async def taken_over_since(self, moment: datetime) -> dict[str, list[datetime]]:
        """Return by conversation when operators took it from the bot since a moment."""
        found = await self._session.execute(
            select(HandoffRow.conversation_id, HandoffRow.opened_at).where(
                HandoffRow.reason == Reason.TAKEN_OVER.value, HandoffRow.opened_at >= moment
            )
        )
        moments: dict[str, list[datetime]] = {}
        for conversation, opened in found:
            moments.setdefault(str(conversation), []).append(opened)
        return moments

    async def claimed(self, conversation_id: str, operator_id: int) -> None:
        """Note who took the open handoff."""
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id, HandoffRow.closed_at.is_(None))
            .values(operator_id=operator_id, claimed_at=func.coalesce(HandoffRow.claimed_at, func.clock_timestamp()))
        )

    async def wishes(self, conversation_id: str, wish: str) -> None:
        """Keep what the shopper chose when nobody came in time."""
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id, HandoffRow.closed_at.is_(None))
            .values(wish=wish)
        )

    async def close(self, conversation_id: str, outcome: str, because: str | None = None) -> None:
        """End the open handoff, with an operator's own words for why it ended so."""
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.conversation_id == conversation_id, HandoffRow.closed_at.is_(None))
            .values(closed_at=func.clock_timestamp(), outcome=outcome, ended_because=because or None)
        )

    async def reopen(self, handoff_id: int) -> None:
        """Open a handoff again: it was not over."""
        await self._session.execute(
            update(HandoffRow)
            .where(HandoffRow.id == handoff_id)
            .values(closed_at=None, outcome=None, ended_because=None, operator_id=None)
        )

    async def of(self, conversation_id: str) -> list[Handoff]:
        """Return every handoff of a conversation, newest first."""
        found = await self._session.scalars(
            select(HandoffRow).filter_by(conversation_id=conversation_id).order_by(HandoffRow.id.desc())
        )
        return [rows.handoff(row) for row in found]
