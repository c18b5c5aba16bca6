"""Reminds people before a channel closes on a shopper who is still owed an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from actions.policy import Policy
from bot.channels.ports import Sender
from bot.domain.duty import Presence
from bot.domain.people import Conversation, Handoff
from bot.handoff.desk import Desk
from bot.handoff.notices import Notices
from bot.handoff.watch import Alerting
from bot.store.unit_of_work import Store, Work

log = structlog.get_logger()


class ClosingWindows:
    """Looks which chats close soon. Any number may look at once: each is decided again under its lock."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        desk: Desk,
        notices: Notices,
        alerts: Alerting,
        policy: Callable[[], Policy],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._senders = senders
        self._desk = desk
        self._notices = notices
        self._alerts = alerts
        self._policy = policy
        self._now = now

    async def look(self) -> None:
        """Remind of every chat that closes soon, once a silence."""
        policy, now = self._policy(), self._now()
        rules = policy.duty.window
        if not rules.on:
            return
        for channel, sender in self._senders.items():
            window = sender.capabilities.reply_window
            if window is None:
                continue
            between = (now - window, now - window + rules.before)
            async with self._store.begin() as work:
                found = [conversation.id for conversation, _ in await work.windows.closing(channel, *between)]
            for conversation_id in found:
                async with self._store.begin() as work:
                    await work.conversations.get(conversation_id, lock=True)
                    for conversation, handoff in await work.windows.closing(channel, *between, conversation_id):
                        await self._remind(work, conversation, handoff, policy, now)

    async def _remind(
        self, work: Work, conversation: Conversation, handoff: Handoff, policy: Policy, now: datetime
    ) -> None:
        await work.conversations.set(conversation.id, closing_told_at=now)
        # Each silence is another thing to be told about.
        about = f"window {conversation.last_inbound_at:%Y%m%d%H%M%S}"
        await self._alerts.tell(work, handoff.id, about, await self._whom(work, conversation, policy, now))
        quiet = policy.outreach.quiet_hours
        asleep = quiet is not None and quiet.hold(now.astimezone(policy.hours.zone).time())
        if policy.duty.window.tell_shopper and not asleep:
            await self._desk.say(work, conversation, self._notices.window_closing(self._notices.page(conversation)))
        await work.audit.note(None, "window_closing", conversation.id)
        await work.changed(conversation.id)
        log.info("handoff.window_closing", conversation=conversation.id)

    @staticmethod
    async def _whom(work: Work, conversation: Conversation, policy: Policy, now: datetime) -> set[int]:
        if conversation.operator_id is not None:
            return {conversation.operator_id}
        colleagues = await work.duty.colleagues(now, policy.duty.offline_after, policy.duty.capacity)
        return {each.user.id for each in colleagues if each.presence is Presence.ONLINE}
