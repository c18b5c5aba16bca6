"""A provider that takes nothing more from the shop: the whole channel waits, and people are told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.errors import ChannelStopped
from bot.store.unit_of_work import Work
from bot.turns.jobs import CHANNEL_STOPPED

log = structlog.get_logger()


async def stop(work: Work, channel: str, failure: ChannelStopped, now: datetime) -> datetime:
    """Stop a channel for as long as its provider asks; return until when."""
    until = now + timedelta(seconds=failure.retry_after)
    log.error("delivery.channel_stopped", channel=channel, code=failure.code, seconds=failure.retry_after)
    if await work.channel_stops.begin(channel, until, now):
        await work.defer(CHANNEL_STOPPED, lock=f"{CHANNEL_STOPPED}:{channel}", channel=channel)
    return until
