"""The durable inbox: a message and the job that will answer it are stored in one commit, before the provider gets its 200."""

from __future__ import annotations

import structlog

from bot.domain.messages import Delivery, InboundMessage
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DRAIN, turn_lock

log = structlog.get_logger()


class Inbox:
    """Takes what channels parsed. Implements `bot.channels.ports.Intake`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def receive(self, *messages: InboundMessage) -> int:
        """Store messages with their jobs in one commit; return how many were new. A repeated id changes nothing."""
        if not messages:
            return 0
        async with self._store.begin() as work:
            new = 0
            for message in messages:
                new += await self._receive(work, message)
        return new

    async def _receive(self, work: Work, message: InboundMessage) -> bool:
        conversation = await work.conversations.of_address(
            message.channel, message.address, name=message.shopper_name, language=None
        )
        stored = await work.messages.receive(conversation.id, message)
        if stored is None:
            log.info("inbox.repeated", conversation=conversation.id)
            return False
        if message.proven_phone:
            await work.proofs.add(conversation.id, "phone", message.proven_phone, source=message.channel)
        # A job for each message: a waiting job of an earlier message may already have looked and found nothing.
        await work.defer(DRAIN, lock=turn_lock(conversation.id), conversation_id=conversation.id)
        await work.changed(conversation.id)
        log.info("inbox.received", conversation=conversation.id, message=stored, kind=message.kind)
        return True

    async def delivery_changed(self, channel: str, provider_id: str, state: Delivery, code: str | None = None) -> None:
        """Keep what the provider says about a reply it took earlier; unknown ids are ignored."""
        async with self._store.begin() as work:
            conversation_id = await work.messages.delivery_changed(channel, provider_id, state, code)
            if conversation_id:
                await work.changed(conversation_id)
