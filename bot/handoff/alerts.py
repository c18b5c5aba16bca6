"""Alerts: what people are told of a chat, by ids, severity, reason and language only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from bot.store.unit_of_work import Work


class Alerts:
    """Keeps alerts for the consoles of those they are for."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now

    async def tell(self, work: Work, handoff_id: int, about: str, user_ids: Collection[int]) -> None:
        """Alert these people, once about each thing."""
        await work.alerts.add(handoff_id, about, user_ids, self._now())
