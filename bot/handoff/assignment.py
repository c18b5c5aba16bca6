"""Giving waiting chats to people: who may have one, who gets it, and one giver at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog

from actions.policy import Policy
from bot.domain.conversation import Holder
from bot.domain.duty import Colleague, Team, WaitingChat
from bot.domain.queue import concerns
from bot.handoff.desk import Desk
from bot.handoff.duty import is_snoozed
from bot.store.unit_of_work import Store, Work

log = structlog.get_logger()

_LOCK: Final = "assignment"
# Somebody who had a chat and did not answer in it does not get it again.
LEFT: Final = "left "


class Assignment:
    """Gives waiting chats, the hottest first, where the policy says so. Any number may do so at once."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._desk = desk
        self._policy = policy
        self._now = now

    async def give(self) -> int:
        """Give every waiting chat that somebody has room for; return how many were given."""
        rules = self._policy().duty
        if not rules.assign.on:
            return 0
        async with self._store.begin() as work:
            await work.alone(_LOCK)
            colleagues = {
                each.user.id: each
                for each in await work.duty.colleagues(self._now(), rules.offline_after, rules.capacity)
                if each.has_room
            }
            teams = await work.teams.all() if colleagues else []
            given = 0
            for chat in await work.watching.waiting() if colleagues else ():
                if is_snoozed(chat.conversation, self._now()):
                    continue
                given += await self._give(work, chat, colleagues, teams)
            return given

    async def _give(
        self, work: Work, chat: WaitingChat, colleagues: dict[int, Colleague], teams: Sequence[Team]
    ) -> int:
        former = await work.duty.former_operator(chat.conversation.id)
        chosen = choose(chat, colleagues, teams, former)
        if chosen is None:
            return 0
        now = await work.conversations.get(chat.conversation.id, lock=True)
        if now.holder is not Holder.QUEUE:  # somebody took it meanwhile
            return 0
        await self._desk.give(work, now, chosen.user, "assigned")
        colleagues[chosen.user.id] = replace(chosen, load=chosen.load + 1)
        log.info("handoff.assigned", conversation=now.id, operator=chosen.user.id)
        return 1


def choose(
    chat: WaitingChat, colleagues: Mapping[int, Colleague], teams: Sequence[Team], former: int | None
) -> Colleague | None:
    """Return who gets a chat: one of its team or language with room, the former operator first, then who has the least to do."""
    left = {step.removeprefix(LEFT) for step in chat.steps if step.startswith(LEFT)}
    may = [
        each
        for each in colleagues.values()
        if each.has_room and str(each.user.id) not in left and is_for(chat, each, teams)
    ]
    return min(may, key=lambda each: (each.user.id != former, each.load / each.capacity, each.user.id), default=None)


def is_for(chat: WaitingChat, colleague: Colleague, teams: Sequence[Team]) -> bool:
    """True for a member of the chat's team; without one, for who is in no team or in one that speaks the shopper's language."""
    return concerns(chat.conversation, colleague.user.id, teams)
