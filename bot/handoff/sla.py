"""Keeps the times that the shop wants to keep: sets targets in its hours, and notes which were met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from actions.hours import after_open_time
from actions.policy import Policy
from bot.domain.duty import TargetKind, Wanted
from bot.store.unit_of_work import Store

log = structlog.get_logger()


class Sla:
    """Any number may keep it at once: a target is there only once, and all times are those of what happened."""

    def __init__(
        self, store: Store, policy: Callable[[], Policy], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now

    async def keep(self) -> None:
        """Set the targets that are missing, and note what was met or not."""
        policy, now = self._policy(), self._now()
        async with self._store.begin() as work:
            for wanted in await work.targets.wanted(now) if policy.sla.on else ():
                await work.targets.add(wanted, due(policy, wanted))
                await work.changed(wanted.conversation_id)
            for conversation_id in await work.targets.settle(now):
                log.info("sla.breached", conversation=conversation_id)
                await work.changed(conversation_id)


def due(policy: Policy, wanted: Wanted) -> datetime:
    """Return by when it has to be done, counted in the shop's hours."""
    minutes = {
        TargetKind.FIRST_REPLY: policy.sla.first_reply,
        TargetKind.NEXT_REPLY: policy.sla.next_reply,
        TargetKind.RESOLUTION: policy.sla.resolution,
    }[wanted.kind][max(1, min(wanted.severity, 5))]
    return after_open_time(policy.hours, wanted.since, timedelta(minutes=minutes))
