"""Send what is in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from bot.channels.ports import Sender
from bot.domain.conversation import Holder
from bot.domain.messages import Author, Delivery, Reply
from bot.domain.people import Conversation, Message
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable
from bot.store.unit_of_work import Store

log = structlog.get_logger()

# With the back-off of jobs.BackOff this is about five minutes of trying.
_TRIES = 10


class Outbox:
    """Delivers queued replies, one conversation at a time, in the order in which they were written."""

    def __init__(self, store: Store, senders: Mapping[str, Sender]) -> None:
        self._store = store
        self._senders = senders

    async def deliver(self, conversation_id: str) -> None:
        """Send every queued reply; raises DeliveryError when trying again later may help."""
        while True:
            async with self._store.begin() as work:
                reply = await work.messages.next_queued(conversation_id)
                if reply is None:
                    return
                # Looked up again for each reply, just before it goes out: the holder may have changed.
                conversation = await work.conversations.get(conversation_id)
            await self._send(conversation, reply)

    async def _send(self, conversation: Conversation, reply: Message) -> None:
        sender = self._senders.get(reply.channel)
        if reply.author is Author.BOT and conversation.holder is Holder.OPERATOR:
            log.info("delivery.withdrawn", message=reply.id)
            await self._note(reply, Delivery.WITHDRAWN)
        elif conversation.unreachable_since:
            await self._note(reply, Delivery.FAILED, code="unreachable")
        elif sender is None:
            log.error("delivery.no_channel", message=reply.id, channel=reply.channel)
            await self._note(reply, Delivery.FAILED, code="channel_off")
        else:
            await self._hand_to(sender, conversation, reply)

    async def _hand_to(self, sender: Sender, conversation: Conversation, reply: Message) -> None:
        try:
            provider_id = await sender.send(conversation.address, Reply(reply.text, reply.buttons, reply.share_contact))
        except ShopperUnreachable as exc:
            async with self._store.begin() as work:
                await work.conversations.set(conversation.id, unreachable_since=datetime.now(UTC))
            await self._note(reply, Delivery.FAILED, code=exc.code or "unreachable")
        except DeliveryRefused as exc:
            log.warning("delivery.refused", message=reply.id, code=exc.code)
            await self._note(reply, Delivery.FAILED, code=exc.code or "refused")
        except RateLimited as exc:
            log.info("delivery.slowed", message=reply.id, seconds=exc.retry_after)
            raise
        except DeliveryError as exc:
            given_up = reply.attempts + 1 >= _TRIES
            log.warning("delivery.failed", message=reply.id, code=exc.code, given_up=given_up)
            await self._note(reply, Delivery.FAILED if given_up else Delivery.QUEUED, code=exc.code)
            if not given_up:
                raise
        else:
            await self._note(reply, Delivery.SENT, provider_id=provider_id)

    async def _note(
        self, reply: Message, state: Delivery, *, provider_id: str | None = None, code: str | None = None
    ) -> None:
        async with self._store.begin() as work:
            await work.messages.set_delivery(reply.id, state, provider_id=provider_id, code=code)
            await work.changed(reply.conversation_id)
