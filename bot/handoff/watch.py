"""Looks after chats in people's hands, every minute: what nobody takes, who owes an answer, who is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

import structlog

from actions.policy import Policy
from bot.domain.duty import HeldChat, Presence, Step
from bot.handoff.assignment import LEFT, Assignment
from bot.handoff.desk import Desk
from bot.handoff.duty import Due, due_for_held, due_for_waiting, reminder_of
from bot.handoff.notices import Notices
from bot.handoff.sla import Sla
from bot.store.unit_of_work import Store, Work

log = structlog.get_logger()

# The step that tells of a severe chat at once.
NEW: Final = "new"


class Alerting(Protocol):
    """Tells people about a chat, in the caller's transaction."""

    async def tell(self, work: Work, handoff_id: int, about: str, user_ids: Collection[int]) -> None:
        """Alert these people and whatever else listens, once about each thing."""
        ...

    async def tell_of_stop(self, work: Work, channel: str, user_ids: Collection[int]) -> None:
        """Alert them that nothing goes out in a channel for now."""
        ...


class Watch:
    """Does what is due. Any number may look at once: each chat is decided again under its lock."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        notices: Notices,
        alerts: Alerting,
        assignment: Assignment,
        sla: Sla,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._desk = desk
        self._notices = notices
        self._alerts = alerts
        self._assignment = assignment
        self._sla = sla
        self._policy = policy
        self._now = now

    async def look(self) -> None:
        """Do everything that is due now."""
        policy, now = self._policy(), self._now()
        async with self._store.begin() as work:
            held = [chat for chat in await work.watching.held() if due_for_held(chat, policy.duty, now) != Due.NOTHING]
            waiting = [
                chat
                for chat in await work.watching.waiting()
                if due_for_waiting(chat, policy.duty.waiting, policy.hours, now)
            ]
        for chat in held:
            await self._alone(partial(self._see_to_held, conversation_id=chat.conversation.id))
        for each in waiting:
            await self._alone(partial(self._see_to_waiting, conversation_id=each.conversation.id))
        await self._assignment.give()
        await self._sla.keep()

    async def handed_off(self, conversation_id: str) -> None:
        """Do what need not wait for the next look once a chat was handed over: give it, or tell of it where it is severe."""
        await self._sla.keep()
        await self._assignment.give()
        await self._alone(partial(self._tell_of_severe, conversation_id=conversation_id))

    async def channel_stopped(self, channel: str) -> None:
        """Tell everybody who answers shoppers that nothing goes out in a channel for now."""
        async with self._store.begin() as work:
            whom = await self._whom(work, self._policy(), self._now(), everybody=True)
            await self._alerts.tell_of_stop(work, channel, whom)

    async def _alone(self, act: Callable[[Work], Awaitable[None]]) -> None:
        """Do one thing in a transaction of its own: what breaks there holds up nothing else."""
        try:
            async with self._store.begin() as work:
                await act(work)
        except Exception as exc:  # noqa: BLE001  it is tried again a minute later; the others must not wait for it
            log.error("watch.failed", problem=type(exc).__name__)  # noqa: TRY400  a traceback may quote the shopper

    async def _tell_of_severe(self, work: Work, conversation_id: str) -> None:
        now, policy = self._now(), self._policy()
        for chat in await work.watching.waiting(conversation_id):
            severe = chat.conversation.severity >= policy.duty.alert_from_severity
            if severe and await work.watching.step(chat.handoff.id, NEW, now):
                there = await self._whom(work, policy, now, everybody=False)
                whom = there or await self._whom(work, policy, now, everybody=True)
                await self._alerts.tell(work, chat.handoff.id, NEW, whom)
                await work.changed(conversation_id)

    async def _see_to_held(self, work: Work, conversation_id: str) -> None:
        now, rules = self._now(), self._policy().duty
        await work.conversations.get(conversation_id, lock=True)
        for chat in await work.watching.held(conversation_id):
            match due := due_for_held(chat, rules, now):
                case Due.REMIND:
                    if await work.watching.step(chat.handoff.id, reminder_of(chat), now):
                        await self._alerts.tell(work, chat.handoff.id, reminder_of(chat), {chat.operator.id})
                        await work.changed(conversation_id)
                case Due.GONE | Due.SILENT:
                    await self._take_back(work, chat, f"returned_{due.value}", now)
                case Due.FINISHED:
                    await self._desk.end_quietly(work, chat.conversation, now)
                    log.info("handoff.timed_out", conversation=conversation_id)
                case Due.NOTHING:
                    pass

    async def _take_back(self, work: Work, chat: HeldChat, act: str, now: datetime) -> None:
        await self._desk.put_back(work, chat.conversation, chat.operator, act)
        await work.watching.back(chat.handoff.id, now)
        await work.watching.step(chat.handoff.id, f"{LEFT}{chat.operator.id}", now)
        log.info("handoff.taken_back", conversation=chat.conversation.id, operator=chat.operator.id, act=act)

    async def _see_to_waiting(self, work: Work, conversation_id: str) -> None:
        now, policy = self._now(), self._policy()
        await work.conversations.get(conversation_id, lock=True)
        for chat in await work.watching.waiting(conversation_id):
            step = due_for_waiting(chat, policy.duty.waiting, policy.hours, now)
            if step is None or not await work.watching.step(chat.handoff.id, step, now):
                continue
            log.info("handoff.step", conversation=conversation_id, step=step)
            if step is Step.TELL:
                page = self._notices.page(chat.conversation)
                await self._desk.say(work, chat.conversation, self._notices.nobody_came(page))
            else:
                everybody = step is Step.WIDEN
                await self._alerts.tell(
                    work, chat.handoff.id, step, await self._whom(work, policy, now, everybody=everybody)
                )
            await work.audit.note(None, f"waiting_{step}", conversation_id)
            await work.changed(conversation_id)

    @staticmethod
    async def _whom(work: Work, policy: Policy, now: datetime, *, everybody: bool) -> set[int]:
        rules = policy.duty
        colleagues = await work.duty.colleagues(now, rules.offline_after, rules.capacity)
        return {each.user.id for each in colleagues if everybody or each.presence is Presence.ONLINE}
