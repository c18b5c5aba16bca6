"""What is watched while people hold a chat: who waits, who owes an answer, and what was done about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Select, Text, and_, cast, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder
from bot.domain.duty import STOPPED, AlertFacts, HeldChat, WaitingChat
from bot.domain.messages import Author
from bot.store import rows
from bot.store.tables import (
    AlertLinkRow,
    AlertRow,
    ChannelStopRow,
    ConversationRow,
    HandoffRow,
    MessageRow,
    PresenceRow,
    UserRow,
    WatchStepRow,
)

# Noted each time a chat comes back to the queue: it waits from then on.
BACK: Final = "back"


class Watching:
    """Chats in people's hands."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def waiting(self, conversation_id: str | None = None) -> list[WaitingChat]:
        """Return the chats that wait for a person (or this one), the hottest first."""
        steps = _steps()
        back = (
            select(WatchStepRow.at)
            .where(WatchStepRow.handoff_id == HandoffRow.id, WatchStepRow.step == BACK)
            .scalar_subquery()
        )
        since = func.greatest(HandoffRow.opened_at, back)
        statement = (
            select(ConversationRow, HandoffRow, since, steps)
            .join(HandoffRow, _open_handoff())
            .where(ConversationRow.holder == Holder.QUEUE.value)
            .order_by(ConversationRow.severity.desc(), ConversationRow.waiting_since)
        )
        return [
            WaitingChat(rows.conversation(row), rows.handoff(handed), waits, frozenset(done or ()))
            for row, handed, waits, done in await self._session.execute(_of(statement, conversation_id))
        ]

    async def held(self, conversation_id: str | None = None) -> list[HeldChat]:
        """Return the chats that operators hold (or this one), with who owes what since when; one query."""
        own = MessageRow.conversation_id == ConversationRow.id
        answered = (
            select(func.max(MessageRow.id).label("id"), func.max(MessageRow.created_at).label("at"))
            .where(own, MessageRow.author == Author.OPERATOR.value, MessageRow.created_at >= HandoffRow.opened_at)
            .lateral("answered")
        )
        owed = (
            select(MessageRow.id, MessageRow.created_at.label("at"))
            .where(
                own,
                MessageRow.author == Author.SHOPPER.value,
                MessageRow.id > func.coalesce(answered.c.id, 0),
                or_(MessageRow.created_at >= HandoffRow.opened_at, MessageRow.id == HandoffRow.message_id),
            )
            .order_by(MessageRow.id)
            .limit(1)
            .lateral("owed")
        )
        statement = (
            select(
                ConversationRow, HandoffRow, UserRow, PresenceRow.seen_at,
                owed.c.id, owed.c.at, answered.c.at, _steps(),
            )
            .join(HandoffRow, _open_handoff())
            .join(UserRow, UserRow.id == ConversationRow.operator_id)
            .outerjoin(PresenceRow, PresenceRow.user_id == UserRow.id)
            .outerjoin(answered, true())
            .outerjoin(owed, true())
            .where(ConversationRow.holder == Holder.OPERATOR.value)
            .order_by(ConversationRow.id)
        )  # fmt: skip
        return [
            HeldChat(
                conversation=rows.conversation(row),
                handoff=rows.handoff(handed),
                operator=rows.user(person),
                seen_at=seen,
                held_since=row.held_since or handed.claimed_at or handed.opened_at,
                owed_id=owed_id,
                owed_since=owed_at,
                answered_at=answered_at,
                steps=frozenset(done or ()),
            )
            for row, handed, person, seen, owed_id, owed_at, answered_at, done in await self._session.execute(
                _of(statement, conversation_id)
            )
        ]

    async def step(self, handoff_id: int, step: str, now: datetime) -> bool:
        """Note that something was done about a handoff; False when it was before."""
        added = await self._session.execute(
            insert(WatchStepRow)
            .values(handoff_id=handoff_id, step=step, at=now)
            .on_conflict_do_nothing()
            .returning(WatchStepRow.handoff_id)
        )
        return added.first() is not None

    async def back(self, handoff_id: int, now: datetime) -> None:
        """Note that a chat waits again."""
        statement = insert(WatchStepRow).values(handoff_id=handoff_id, step=BACK, at=now)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["handoff_id", "step"], set_={"at": now})
        )


class Alerts:
    """Who was alerted to what."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, handoff_id: int | None, about: str, user_ids: Collection[int], addresses: Collection[str], now: datetime
    ) -> list[tuple[int, str]]:
        """Alert these people and addresses; return id and target of those that are new. Without a handoff all are."""
        targets: list[dict[str, Any]] = [{"target": f"user {user}", "user_id": user} for user in sorted(user_ids)]
        targets += [{"target": name, "user_id": None} for name in addresses]
        if not targets:
            return []
        common = {"handoff_id": handoff_id, "about": about, "created_at": now}
        common |= {"seen_at": now} if handoff_id is None else {}
        added = await self._session.execute(
            insert(AlertRow)
            .values([common | target for target in targets])
            .on_conflict_do_nothing()
            .returning(AlertRow.id, AlertRow.target)
        )
        return [(alert, target) for alert, target in added]

    async def facts(self, alert_id: int) -> AlertFacts | None:
        """Return an alert with what may be said in it, locked until the transaction ends; None when it is gone."""
        found = await self._session.execute(
            select(AlertRow, HandoffRow, ConversationRow, AlertLinkRow, ChannelStopRow)
            .outerjoin(HandoffRow, HandoffRow.id == AlertRow.handoff_id)
            .outerjoin(ConversationRow, ConversationRow.id == HandoffRow.conversation_id)
            .outerjoin(AlertLinkRow, AlertLinkRow.user_id == AlertRow.user_id)
            .outerjoin(ChannelStopRow, AlertRow.about == func.concat(STOPPED, ChannelStopRow.channel))
            .where(AlertRow.id == alert_id)
        )
        row = found.first()
        if row is None:
            return None
        alert, handed, chat, link, stop = row
        to: dict[str, Any] = {
            "target": alert.target,
            "user_id": alert.user_id,
            "about": alert.about,
            "created_at": alert.created_at,
            "sent_at": alert.sent_at,
            "chat": link.chat if link else None,
            "spoken": link.language if link else None,
        }
        if handed is None:
            stands = stop is not None and stop.until > datetime.now(UTC)
            channel = alert.about.removeprefix(STOPPED)
            return AlertFacts(
                **to, conversation_id="", severity=0, reason="", language=None, stands=stands, channel=channel
            )
        owed = alert.about.startswith("owed ")
        stands = chat.operator_id == alert.user_id if owed else chat.holder == Holder.QUEUE.value
        return AlertFacts(
            **to,
            conversation_id=str(chat.id),
            severity=handed.severity,
            reason=handed.reason,
            language=chat.language,
            stands=handed.closed_at is None and stands,
        )

    async def sent(self, alert_id: int, now: datetime) -> None:
        """Note that an alert went out."""
        await self._session.execute(update(AlertRow).filter_by(id=alert_id).values(sent_at=now))

    async def sent_since(self, target: str, moment: datetime) -> int:
        """Return how many alerts went to a target since a moment."""
        counted = select(func.count()).where(AlertRow.target == target, AlertRow.sent_at >= moment)
        return await self._session.scalar(counted) or 0

    async def offer_link(self, user_id: int, token_hash: str, until: datetime, language: str) -> None:
        """Keep the hash of a link's token; an earlier link of theirs is good no more."""
        values = {"token_hash": token_hash, "token_until": until, "language": language}
        statement = insert(AlertLinkRow).values(user_id=user_id, **values)
        await self._session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))

    async def link(self, token_hash: str, chat: str, now: datetime) -> int | None:
        """Make a chat the own one of whoever got the link, once and in time; return who that is."""
        taken = await self._session.execute(
            update(AlertLinkRow)
            .where(AlertLinkRow.token_hash == token_hash, AlertLinkRow.token_until > now)
            .values(chat=chat, token_hash=None, token_until=None)
            .returning(AlertLinkRow.user_id)
        )
        row = taken.first()
        return int(row[0]) if row else None

    async def linked(self, user_id: int) -> str | None:
        """Return the channel of somebody's own chat for alerts, or None where they have none."""
        chat = await self._session.scalar(select(AlertLinkRow.chat).filter_by(user_id=user_id))
        return chat.partition(" ")[0] if chat else None

    async def unlink(self, user_id: int) -> None:
        """Send somebody no alerts any more."""
        await self._session.execute(
            update(AlertLinkRow).filter_by(user_id=user_id).values(chat=None, token_hash=None, token_until=None)
        )

    async def alerted(self, since: datetime) -> frozenset[int]:
        """Return who was alerted to something they have not seen."""
        found = await self._session.scalars(
            select(AlertRow.user_id)
            .where(AlertRow.user_id.is_not(None), AlertRow.seen_at.is_(None), AlertRow.created_at >= since)
            .distinct()
        )
        return frozenset(user for user in found if user is not None)

    async def unseen(self, user_id: int, since: datetime) -> list[tuple[str, str]]:
        """Return what somebody was alerted to and has not seen, as (conversation, about), and note that they saw it."""
        seen = (
            update(AlertRow)
            .where(AlertRow.user_id == user_id, AlertRow.seen_at.is_(None), AlertRow.created_at >= since)
            .where(HandoffRow.id == AlertRow.handoff_id, HandoffRow.closed_at.is_(None))
            .values(seen_at=func.clock_timestamp())
            .returning(HandoffRow.conversation_id, AlertRow.about, AlertRow.id)
        )
        found: Sequence[Any] = (await self._session.execute(seen)).all()
        return [(str(conversation), about) for conversation, about, _ in sorted(found, key=lambda row: row[2])]


def _open_handoff() -> Any:
    return and_(HandoffRow.conversation_id == ConversationRow.id, HandoffRow.closed_at.is_(None))


def _steps() -> Any:
    done = func.array_agg(cast(WatchStepRow.step, Text), type_=ARRAY(Text))
    return select(done).where(WatchStepRow.handoff_id == HandoffRow.id).correlate(HandoffRow).scalar_subquery()


def _of(statement: Select[Any], conversation_id: str | None) -> Select[Any]:
    return statement if conversation_id is None else statement.where(ConversationRow.id == conversation_id)
