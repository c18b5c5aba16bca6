"""Channels whose provider takes nothing from the shop for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.messages import ChannelStop
from bot.store.tables import ChannelStopRow

# Where a channel is stopped again and again, people hear of it once in so long.
_TOLD_AGAIN: Final = timedelta(days=1)


class ChannelStops:
    """Until when nothing goes out in which channel."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, channel: str, until: datetime, now: datetime) -> bool:
        """Stop a channel until then, or for longer; True where people have to be told, once a day."""
        new = insert(ChannelStopRow).values(channel=channel, until=until, told_at=now)
        told = case((ChannelStopRow.told_at <= now - _TOLD_AGAIN, now), else_=ChannelStopRow.told_at)
        kept = await self._session.scalar(
            new.on_conflict_do_update(
                index_elements=["channel"],
                set_={"until": func.greatest(ChannelStopRow.until, until), "told_at": told},
            ).returning(ChannelStopRow.told_at)
        )
        return bool(kept == now)

    async def standing(self, now: datetime) -> list[ChannelStop]:
        """Return the stops that are not over."""
        found = await self._session.scalars(
            select(ChannelStopRow).where(ChannelStopRow.until > now).order_by(ChannelStopRow.channel)
        )
        return [ChannelStop(row.channel, row.until) for row in found]

    async def until(self, channel: str, now: datetime) -> datetime | None:
        """Return until when a channel is stopped; None where it is not."""
        return next((stop.until for stop in await self.standing(now) if stop.channel == channel), None)
