"""The durable inbox: a message and the job that will answer it are stored in one commit, before the provider gets its 200."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.domain.messages import DeadLetter, Delivery, Edit, InboundMessage, Kind, Reachability, Report
from bot.errors import ChannelStopped
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELIVER, DRAIN, FETCH_MEDIA, delivery_lock, media_lock, turn_lock
from bot.turns.reports import hear
from bot.turns.stops import stop
from responses.traditional import writes_traditional

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
            message.channel,
            message.address,
            name=message.shopper_name,
            language=None,
            traditional=None if message.payload else writes_traditional(message.text),
        )
        stored = await self._stored(work, conversation.id, message)
        if stored is None and message.album:
            return await self._part_of_album(work, conversation.id, message)
        if stored is None:
            log.info("inbox.repeated", conversation=conversation.id)
            return False
        if message.proven_phone:
            await work.proofs.add(conversation.id, "phone", message.proven_phone, source=message.channel)
        await self._fetch(work, conversation.id, stored, message)
        await work.changed(conversation.id)
        log.info("inbox.received", conversation=conversation.id, message=stored, kind=message.kind)
        return True

    @staticmethod
    async def _stored(work: Work, conversation_id: str, message: InboundMessage) -> int | None:
        """Store a message with the jobs it makes; return its id, None where it is here already."""
        received = await work.messages.receive(conversation_id, message)
        if received is None:
            return None
        # What could not be said to them while the channel was closed can be said now.
        if received.released:
            await work.defer(DELIVER, lock=delivery_lock(conversation_id), conversation_id=conversation_id)
        # A job for each message: a waiting job of an earlier message may already have looked and found nothing.
        await work.defer(DRAIN, lock=turn_lock(conversation_id), conversation_id=conversation_id)
        return received.id

    async def _part_of_album(self, work: Work, conversation_id: str, message: InboundMessage) -> bool:
        first = await work.messages.known(message.channel, message.external_id)
        if first is None or not await self._fetch(work, conversation_id, first.id, message):
            log.info("inbox.repeated", conversation=conversation_id)
            return False
        if message.text and not await work.messages.add_words(first.id, message.text) and not first.text:
            await self._caption(work, conversation_id, message)
        await work.changed(conversation_id)
        return True

    async def _caption(self, work: Work, conversation_id: str, message: InboundMessage) -> None:
        """Keep the words of an album whose first part is being answered already as a message of their own."""
        words = replace(message, external_id=f"{message.external_id}:words", kind=Kind.TEXT, media=(), album=False)
        await self._stored(work, conversation_id, words)

    async def _fetch(self, work: Work, conversation_id: str, message_id: int, message: InboundMessage) -> bool:
        """Keep the message's files, with a job for each; return whether any was new."""
        new = await work.media.arrived(message_id, message.media)
        for media_id in new:
            await work.defer(FETCH_MEDIA, lock=media_lock(media_id), media_id=media_id, conversation_id=conversation_id)
        return bool(new)

    async def edited(self, edit: Edit) -> None:
        """Give a stored message new words. One that the bot has not begun to answer is read with them."""
        async with self._store.begin() as work:
            message = await work.messages.reword(edit.channel, edit.external_id, edit.text)
            if message is not None:
                await work.changed(message.conversation_id)
                log.info("inbox.edited", conversation=message.conversation_id, message=message.id)

    async def reachability(self, change: Reachability) -> None:
        """Keep that a shopper blocked us or is back; somebody who never wrote is ignored."""
        async with self._store.begin() as work:
            conversation = await work.conversations.known(change.channel, change.address)
            if conversation is None:
                return
            since = None if change.reachable else datetime.now(UTC)
            await work.conversations.set(conversation.id, unreachable_since=since)
            await work.changed(conversation.id)
            log.info("inbox.reachability", conversation=conversation.id, reachable=change.reachable)

    async def dead(self, letter: DeadLetter) -> None:
        """Keep what could not be read."""
        async with self._store.begin() as work:
            kept = await work.dead_letters.add(letter)
        log.error("inbox.dead_letter", channel=letter.channel, letter=kept, reason=letter.reason)

    async def delivery_changed(
        self,
        channel: str,
        provider_id: str,
        state: Delivery,
        code: str | None = None,
        *,
        again_in: float | None = None,
    ) -> None:
        """Keep what the provider says about a reply it took earlier, and send it again where that may help."""
        async with self._store.begin() as work:
            await hear(work, Report(channel, provider_id, state, code, again_in))

    async def channel_stopped(self, channel: str, failure: ChannelStopped) -> None:
        """Hold everything in a channel whose provider says that it takes nothing more."""
        async with self._store.begin() as work:
            await stop(work, channel, failure, datetime.now(UTC))
