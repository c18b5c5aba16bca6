"""Send what is in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.channels.ports import Sender
from bot.domain.conversation import Holder
from bot.domain.messages import NUDGE, Attachment, Author, Delivery, Kind, Reply, Template
from bot.domain.people import Conversation, MediaState, Message
from bot.errors import ChannelStopped, DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable, WindowClosed
from bot.metrics import Metrics
from bot.store.unit_of_work import Store, Work
from bot.turns.jobs import DELIVER, SEND_TRIES, delivery_lock
from bot.turns.reports import now_known
from bot.turns.stops import stop

log = structlog.get_logger()

# A longer wait is not a job's: a job that waits holds back those behind it.
_LONG = timedelta(minutes=2)
# What is written first chose its hour; later than this, it may have become another.
_LATE = timedelta(minutes=15)
_WITH_FILE = frozenset({Kind.PHOTO, Kind.DOCUMENT})


@dataclass(frozen=True)
class _Parcel:
    """A reply on its way: noted as SENDING, `before` being what it was noted as until then."""

    message: Message
    conversation: Conversation
    reply: Reply
    sender: Sender

    @property
    def in_doubt(self) -> bool:
        """True when it was handed to the provider before, and what came of it is not known."""
        return self.message.delivery is Delivery.SENDING


@dataclass(frozen=True)
class Begun:
    """What was found in the outbox: a reply to hand over once that is committed, and whether others come after it."""

    parcel: _Parcel | None
    more: bool
    held: bool = False


class Outbox:
    """Delivers queued replies, one conversation at a time, in the order in which they were written.

    A reply is noted as being sent before it is handed over. Where the answer is lost - a crash, a broken connection - the
    provider is asked first, if it can be; else it is sent again and counted, for a reply twice is better than none.
    `quiet_until` tells until when nobody wants news, at a moment, or None.
    """

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        metrics: Metrics,
        *,
        default_language: str = "en",
        quiet_until: Callable[[datetime], datetime | None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._senders = senders
        self._metrics = metrics
        self._default_language = default_language
        self._quiet_until = quiet_until
        self._clock = clock

    async def deliver(self, conversation_id: str) -> None:
        """Send every queued reply; raises DeliveryError when trying again later may help."""
        await self.go_on(conversation_id, await self._next(conversation_id))

    async def begin(self, work: Work, conversation_id: str, conversation: Conversation | None = None) -> Begun:
        """Begin with the oldest reply in a transaction; `go_on` must follow it.

        `conversation` was read and locked by this transaction, which has not passed it to an operator since; without one it is looked up.
        """
        queued = await work.messages.to_send(conversation_id, limit=2)
        if queued and await self._held(work, queued):
            return Begun(None, more=False, held=True)
        parcel = await self._begin(work, queued[0], conversation) if queued else None
        return Begun(parcel, more=len(queued) > 1)  # what is queued from now on has a job of its own

    async def go_on(self, conversation_id: str, begun: Begun) -> None:
        """Hand over what was begun, then what comes after it; raises DeliveryError when trying again later may help."""
        waits = False
        while not begun.held:
            state = await self._send(begun.parcel) if begun.parcel is not None else None
            waits = waits or begun.parcel is None or state is Delivery.WAITING
            # One held back for long is looked at again, to have it looked at then.
            if not begun.more and state is not Delivery.QUEUED:
                break
            begun = await self._next(conversation_id)
        if waits:
            await self._nudge(conversation_id)

    async def _next(self, conversation_id: str) -> Begun:
        with self._metrics.timed("outbox"):
            async with self._store.begin() as work:
                return await self.begin(work, conversation_id)

    async def _held(self, work: Work, queued: Sequence[Message]) -> bool:
        """True where the first reply may not go out yet; what comes after it waits with it, and somebody looks again then."""
        now, first = self._clock(), queued[0]
        until = first.not_before
        if (until is None or until <= now) and all(_unasked(message, now) for message in queued):
            until = self._quiet_until(now)
        if until is None or until <= now:
            return False
        await self._look_again(work, first.conversation_id, until)
        return True

    async def _look_again(self, work: Work, conversation_id: str, until: datetime) -> None:
        lock, seconds = delivery_lock(conversation_id), (until - self._clock()).total_seconds()
        await work.look_again(DELIVER, lock=lock, seconds=seconds, conversation_id=conversation_id)

    async def _begin(self, work: Work, message: Message, conversation: Conversation | None) -> _Parcel | None:
        """Return the reply if it is to be sent now; else note what becomes of it."""
        # Looked up again for each reply, just before it goes out: the holder may have changed. Locked for the bot's, so
        # that none is noted as being sent once an operator has the chat.
        if conversation is None:
            conversation = await work.conversations.get(message.conversation_id, lock=message.author is Author.BOT)
        sender = self._senders.get(message.channel)
        if sender is None:
            log.error("delivery.no_channel", message=message.id, channel=message.channel)
            await work.messages.set_delivery(message.id, Delivery.FAILED, code="channel_off")
        elif message.delivery is Delivery.QUEUED and (stop := self._stopped(message, conversation, sender)):
            state, code = stop
            log.info("delivery.stopped", message=message.id, state=state, code=code)
            await work.messages.set_delivery(message.id, state, code=code)
        else:
            message = replace(message, text=await work.messages.sending(message.id))
            return _Parcel(message, conversation, await _reply(work, message), sender)
        return None

    def _stopped(
        self, message: Message, conversation: Conversation, sender: Sender
    ) -> tuple[Delivery, str | None] | None:
        """Return what becomes of a reply that is not to be sent now."""
        if message.author is Author.BOT and conversation.holder is Holder.OPERATOR:
            return Delivery.WITHDRAWN, None
        if conversation.unreachable_since:
            return Delivery.FAILED, "unreachable"
        if message.template is None and not sender.capabilities.can_reply(conversation, self._clock()):
            return Delivery.WAITING, "window_closed"
        return None

    async def _send(self, parcel: _Parcel) -> Delivery:
        """Hand a reply over, and return what is noted of it."""
        message = parcel.message
        try:
            provider_id = await self._arrived_before(parcel)
            if provider_id is None:
                with self._metrics.timed("send"):
                    provider_id = await _hand_over(parcel)
        except WindowClosed as exc:
            return await self._noted(parcel, Delivery.WAITING, code=exc.code)
        except ShopperUnreachable as exc:
            async with self._store.begin() as work:
                await work.conversations.set(parcel.conversation.id, unreachable_since=self._clock())
            return await self._noted(parcel, Delivery.FAILED, code=exc.code or "unreachable")
        except DeliveryRefused as exc:
            log.warning("delivery.refused", message=message.id, code=exc.code)
            return await self._noted(parcel, Delivery.FAILED, code=exc.code or "refused")
        except RateLimited as exc:
            return await self._slowed(parcel, exc)
        except DeliveryError as exc:
            given_up = message.attempts + 1 >= SEND_TRIES
            log.warning("delivery.failed", message=message.id, code=exc.code, given_up=given_up, in_doubt=exc.uncertain)
            # What is in doubt stays SENDING, so that the next try asks first.
            again = Delivery.SENDING if exc.uncertain or parcel.in_doubt else Delivery.QUEUED
            noted = await self._noted(parcel, Delivery.FAILED if given_up else again, code=exc.code)
            if not given_up:
                raise
            return noted
        return await self._noted(parcel, Delivery.SENT, provider_id=provider_id)

    async def _slowed(self, parcel: _Parcel, exc: RateLimited) -> Delivery:
        """Put a reply back for as long as the provider asks; raises again where its job may wait so long."""
        message, stopped = parcel.message, isinstance(exc, ChannelStopped)
        log.info("delivery.slowed", message=message.id, seconds=exc.retry_after)
        if parcel.in_doubt and not stopped:
            raise exc
        pause = timedelta(seconds=exc.retry_after)
        until = self._clock() + pause if pause > _LONG and not stopped else None
        async with self._store.begin() as work:
            if isinstance(exc, ChannelStopped):
                await stop(work, message.channel, exc, self._clock())
            if not parcel.in_doubt:
                await work.messages.not_sent(message.id, until=until)
            await work.changed(message.conversation_id)
        if until is None and not stopped:
            raise exc
        return Delivery.QUEUED

    async def _arrived_before(self, parcel: _Parcel) -> str | None:
        """Return the id of a reply that arrived although nobody told us, where the provider can be asked."""
        message = parcel.message
        if not parcel.in_doubt or message.sending_since is None:
            return None
        async with self._store.begin() as work:
            known = await work.messages.sent_as(message.conversation_id)
        found = await parcel.sender.find(parcel.conversation.address, parcel.reply, message.sending_since, known)
        log.warning("delivery.in_doubt", message=message.id, arrived=found is not None)
        return found

    async def _nudge(self, conversation_id: str) -> None:
        """Ask a shopper to write where replies wait for that, once a silence, by a template if the channel has one."""
        async with self._store.begin() as work:
            if not await work.messages.waits(conversation_id):
                return
            conversation = await work.conversations.get(conversation_id, lock=True)
            wrote, nudged = conversation.last_inbound_at, conversation.nudged_at
            sender = self._senders.get(conversation.channel)
            if sender is None or (nudged is not None and (wrote is None or nudged > wrote)):
                return
            if stopped := await work.channel_stops.until(conversation.channel, self._clock()):
                await self._look_again(work, conversation_id, self._quiet_until(stopped) or stopped)
                return
            # Noted first: of two nudges and none, none is the lesser harm.
            await work.conversations.set(conversation_id, nudged_at=self._clock())
            await work.changed(conversation_id)
        try:
            await sender.template(
                conversation.address, Template(NUDGE, conversation.language or self._default_language)
            )
        except ChannelStopped as exc:
            async with self._store.begin() as work:
                until = await stop(work, conversation.channel, exc, self._clock())
                await work.conversations.set(conversation_id, nudged_at=nudged)
                await self._look_again(work, conversation_id, self._quiet_until(until) or until)
        except DeliveryError as exc:
            log.warning("delivery.not_nudged", conversation=conversation_id, code=exc.code)
        else:
            log.info("delivery.nudged", conversation=conversation_id)

    async def _noted(
        self, parcel: _Parcel, state: Delivery, *, provider_id: str | None = None, code: str | None = None
    ) -> Delivery:
        message = parcel.message
        with self._metrics.timed("note delivery"):
            if provider_id is not None and parcel.sender.capabilities.reports:
                async with self._store.begin() as work:
                    await now_known(work, message.id, message.channel, provider_id)
            else:
                async with self._store.one_by_one() as work:
                    await work.messages.set_delivery(message.id, state, provider_id=provider_id, code=code)
        return state


def _unasked(message: Message, now: datetime) -> bool:
    """True for something written first that was kept from going out at once."""
    return message.author is Author.BOT and message.in_reply_to is None and now - message.created_at > _LATE


async def _hand_over(parcel: _Parcel) -> str | None:
    address, reply = parcel.conversation.address, parcel.reply
    if reply.template is not None:
        return await parcel.sender.template(address, reply.template)
    return await parcel.sender.send(address, reply)


async def _reply(work: Work, message: Message) -> Reply:
    attachment = None
    if message.kind in _WITH_FILE:
        files = (await work.media.of([message.id])).get(message.id, [])
        for file in files:
            if file.state is MediaState.STORED and file.key is not None:
                kind = file.content_type or "application/octet-stream"
                attachment = Attachment(file.key, kind, file.file_name or "", file.size)
    return Reply(message.text, message.buttons, message.share_contact, attachment, message.template)
