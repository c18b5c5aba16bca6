"""Who is there, and in which teams."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import Holder
from bot.domain.duty import Colleague, Presence, Team, presence_at
from bot.domain.permissions import ALLOWED, Permission
from bot.store import rows
from bot.store.tables import ConversationRow, MessageRow, PresenceRow, TeamMemberRow, TeamRow, UserRow

_ANSWERING: Final = [role.value for role, permissions in ALLOWED.items() if Permission.CHATS in permissions]


class Duty:
    """Presence, by the heartbeats of open consoles."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def seen(self, user_id: int, now: datetime) -> datetime | None:
        """Note that somebody's console is open; return when it was last heard of before."""
        before = await self._session.scalar(
            select(PresenceRow.seen_at).where(PresenceRow.user_id == user_id).with_for_update()
        )
        await self._put(user_id, seen_at=now)
        return before

    async def set_away(self, user_id: int, *, away: bool) -> None:
        """Say that somebody stepped away, or is back."""
        await self._put(user_id, away=away)

    async def is_away(self, user_id: int) -> bool:
        """True for somebody who said so."""
        return bool(await self._session.scalar(select(PresenceRow.away).filter_by(user_id=user_id)))

    async def set_capacity(self, user_id: int, capacity: int | None) -> None:
        """Set how many chats somebody is given at once; None is the policy's number."""
        await self._put(user_id, capacity=capacity)

    async def count(self, now: datetime, offline_after: timedelta) -> int | None:
        """Return how many are there, or None where no console was ever open: then nothing is known."""
        there = (PresenceRow.seen_at > now - offline_after) & PresenceRow.away.is_(False)
        counted = (
            await self._session.execute(select(func.count(PresenceRow.seen_at), func.count().filter(there)))
        ).one()
        return counted[1] if counted[0] else None

    async def colleagues(self, now: datetime, offline_after: timedelta, capacity: int) -> list[Colleague]:
        """Return everybody who may answer shoppers with what they hold, by name."""
        load = (
            select(ConversationRow.operator_id, func.count().label("held"))
            .where(ConversationRow.holder == Holder.OPERATOR.value)
            .group_by(ConversationRow.operator_id)
            .subquery()
        )
        found = await self._session.execute(
            select(UserRow, PresenceRow, func.coalesce(load.c.held, 0))
            .outerjoin(PresenceRow, PresenceRow.user_id == UserRow.id)
            .outerjoin(load, load.c.operator_id == UserRow.id)
            .where(UserRow.role.in_(_ANSWERING), UserRow.disabled_at.is_(None))
            .order_by(func.lower(UserRow.display_name), UserRow.id)
        )
        return [
            Colleague(
                user=rows.user(person),
                presence=presence_at(there.seen_at, now, offline_after, away=there.away) if there else Presence.OFFLINE,
                seen_at=there.seen_at if there else None,
                load=held,
                capacity=there.capacity if there and there.capacity is not None else capacity,
            )
            for person, there, held in found
        ]

    async def former_operator(self, conversation_id: str) -> int | None:
        """Return who last answered this shopper."""
        return await self._session.scalar(
            select(MessageRow.operator_id)
            .where(MessageRow.conversation_id == conversation_id, MessageRow.operator_id.is_not(None))
            .order_by(MessageRow.id.desc())
            .limit(1)
        )

    async def _put(self, user_id: int, **values: object) -> None:
        statement = insert(PresenceRow).values(user_id=user_id, **values)
        await self._session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


class Teams:
    """People who answer the same chats."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[Team]:
        """Return every team, by name."""
        members = func.array_remove(func.array_agg(TeamMemberRow.user_id), None)
        found = await self._session.execute(
            select(TeamRow, members)
            .outerjoin(TeamMemberRow, TeamMemberRow.team_id == TeamRow.id)
            .group_by(TeamRow.id)
            .order_by(func.lower(TeamRow.name))
        )
        return [Team(row.id, row.name, tuple(row.languages), frozenset(people)) for row, people in found]

    async def add(self, name: str, languages: Collection[str] = ()) -> int:
        """Add a team; where there is one of this name, give it these languages. Return its id."""
        statement = insert(TeamRow).values(name=name, languages=sorted(languages))
        added: int | None = await self._session.scalar(
            statement.on_conflict_do_update(
                index_elements=[func.lower(TeamRow.name)], set_={"languages": statement.excluded.languages}
            ).returning(TeamRow.id)
        )
        assert added is not None, "an upsert always returns its row"
        return added

    async def change(self, team_id: int, languages: Collection[str], members: Collection[int]) -> None:
        """Give a team these languages and members."""
        await self._session.execute(update(TeamRow).filter_by(id=team_id).values(languages=sorted(languages)))
        await self._session.execute(delete(TeamMemberRow).filter_by(team_id=team_id))
        if members:
            await self._session.execute(
                insert(TeamMemberRow).values([{"team_id": team_id, "user_id": user} for user in sorted(members)])
            )

    async def remove(self, team_id: int) -> None:
        """Remove a team; chats that waited for it wait for everybody."""
        await self._session.execute(delete(TeamRow).filter_by(id=team_id))
