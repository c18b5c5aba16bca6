"""Every message, in and out. A shopper's is unread until handled; a reply is the outbox row that sends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, case, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.emotion import Reading
from bot.domain.messages import Attachment, Author, Delivery, InboundMessage, Kind, Reply
from bot.domain.people import Conversation, MediaState, Message
from bot.store import rows
from bot.store.conversations import LOCKED
from bot.store.tables import MESSAGES, ChannelStopRow, ConversationRow, MediaRow, MessageRow

CHANNEL = "warmline_conversation"
"""Where pages hear which conversation changed."""

_ORDER = (
    Delivery.QUEUED,
    Delivery.SENDING,
    Delivery.SENT,
    Delivery.WAITING,
    Delivery.DELIVERED,
    Delivery.READ,
    Delivery.FAILED,
)
_OUTBOX = (Delivery.QUEUED.value, Delivery.SENDING.value)

_OF = MESSAGES.c.conversation_id == bindparam("conversation")
_THIS = MESSAGES.c.id == bindparam("message")
_THESE = MESSAGES.c.id.in_(bindparam("messages", expanding=True))
# What is kept of a shopper's message when it comes.
_INBOUND = (
    "conversation_id", "channel", "author", "kind", "text", "payload", "external_id", "language_hint", "quotes_id",
    "quoted_text", "delivery",
)  # fmt: skip
_STORED = (
    insert(MESSAGES)
    .values({name: bindparam(f"its_{name}", type_=MESSAGES.c[name].type) for name in _INBOUND})
    .on_conflict_do_nothing(index_elements=["channel", "external_id"])
    .returning(MESSAGES.c.id)
    .cte("stored")
)
_RELEASED = (
    update(MESSAGES)
    .where(
        MESSAGES.c.conversation_id == bindparam("its_conversation_id", type_=MESSAGES.c.conversation_id.type),
        MESSAGES.c.delivery == Delivery.WAITING.value,
        exists(select(_STORED.c.id)),
    )
    .values(delivery=Delivery.QUEUED.value, delivery_code=None)
    .returning(MESSAGES.c.id)
    .cte("released")
)
_RECEIVE = select(_STORED.c.id, exists(select(_RELEASED.c.id)).label("released"))
_BEGIN_TURN = update(MESSAGES).where(_THESE).values(turn_id=bindparam("turn")).returning(MESSAGES.c.id, MESSAGES.c.text)
_LOCKED = LOCKED.subquery("conversation")
_HANDLED = (
    update(MESSAGES)
    .where(MESSAGES.c.conversation_id == _LOCKED.c.id, _THESE, MESSAGES.c.handled_at.is_(None))
    .values(
        handled_at=func.statement_timestamp(),  # the same for all of them
        reading=case((MESSAGES.c.id == bindparam("bearer"), bindparam("noted", type_=JSONB(none_as_null=True)))),
        stance=bindparam("how"),
    )
    .returning(*_LOCKED.c)
)
_ADD_REPLIES = insert(MESSAGES).returning(MESSAGES.c.id, sort_by_parameter_order=True)
_TO_SEND = (
    select(
        *rows.MESSAGE,
        func.greatest(
            MESSAGES.c.not_before,
            select(ChannelStopRow.until).where(ChannelStopRow.channel == MESSAGES.c.channel).scalar_subquery(),
        ).label("held"),
    )
    .where(_OF, MESSAGES.c.delivery.in_(_OUTBOX))
    .order_by(MESSAGES.c.id)
    .limit(bindparam("most", type_=BigInteger))
)
_SENDING = (
    update(MESSAGES)
    .where(_THIS)
    .values(
        delivery=Delivery.SENDING.value,
        sending_since=func.clock_timestamp(),
        resent=MESSAGES.c.resent + case((MESSAGES.c.delivery == Delivery.SENDING.value, 1), else_=0),
    )
    .returning(MESSAGES.c.text)
)
_SET_DELIVERY = (
    update(MESSAGES)
    .where(_THIS)
    .values(
        delivery=bindparam("state"),
        attempts=MESSAGES.c.attempts + 1,
        provider_id=func.coalesce(bindparam("provider", type_=Text), MESSAGES.c.provider_id),
        delivery_code=bindparam("code"),
        delivered_at=func.clock_timestamp(),
    )
    .returning(func.pg_notify(CHANNEL, cast(MESSAGES.c.conversation_id, Text)))
)


@dataclass(frozen=True)
class Received:
    """A message that was new; `released` says that replies which waited for the shopper to write are queued again."""

    id: int
    released: bool


class Messages:
    """The transcript, the inbox and the outbox: one table, three ways to look at it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def receive(self, conversation_id: str, inbound: InboundMessage) -> Received | None:
        """Store a shopper's message once; None when this (channel, external id) is here already.

        For callers that hold the lock on the conversation: a reply that is just being found to have to wait is released too.
        """
        quoted = await self.at_provider(conversation_id, inbound.quotes) if inbound.quotes else None
        columns = {
            "conversation_id": conversation_id,
            "channel": inbound.channel,
            "author": Author.SHOPPER.value,
            "kind": inbound.kind.value,
            "text": inbound.text,
            "payload": inbound.payload,
            "external_id": inbound.external_id,
            "language_hint": inbound.language_hint,
            "quotes_id": quoted,
            "quoted_text": inbound.quoted_text,
            "delivery": Delivery.RECEIVED.value,
        }
        asked = {f"its_{name}": value for name, value in columns.items()}
        stored = await self._session.execute(_RECEIVE, asked)
        row = stored.first()
        return Received(row.id, row.released) if row else None

    async def at_provider(self, conversation_id: str, provider_id: str) -> int | None:
        """Return the message of a conversation that its provider calls so, ours or the shopper's."""
        address = select(ConversationRow.address).where(ConversationRow.id == conversation_id).scalar_subquery()
        return await self._session.scalar(
            select(MessageRow.id)
            .where(
                MessageRow.conversation_id == conversation_id,
                (MessageRow.provider_id == provider_id)
                | MessageRow.external_id.in_([provider_id, func.concat(address, ":", provider_id)]),
            )
            .order_by(MessageRow.id.desc())
            .limit(1)
        )

    async def known(self, channel: str, external_id: str) -> Message | None:
        """Return the shopper's message with this id of the provider's."""
        row = await self._session.scalar(select(MessageRow).filter_by(channel=channel, external_id=external_id))
        return rows.message(row) if row else None

    async def reword(self, channel: str, external_id: str, text: str) -> Message | None:
        """Give a shopper's message new words and keep the old ones; None when it is unknown or says so already."""
        row = await self._session.scalar(
            select(MessageRow).filter_by(channel=channel, external_id=external_id).with_for_update()
        )
        if row is None or row.text == text:
            return None
        await self._put(row, text)
        return rows.message(row)

    async def reword_reply(self, message_id: int, text: str) -> None:
        """Give a reply new words and keep the old ones."""
        await self._put(await self._session.get_one(MessageRow, message_id), text)

    async def _put(self, row: MessageRow, text: str) -> None:
        now = datetime.now(UTC)
        row.earlier = [*row.earlier, {"text": row.text, "until": now.isoformat()}]
        row.text, row.edited_at = text, now
        await self._session.flush()

    async def add_words(self, message_id: int, text: str) -> bool:
        """Give a message without words these, unless somebody has begun to answer it; return whether it took them."""
        taken = await self._session.scalar(
            update(MessageRow)
            .where(MessageRow.id == message_id, MessageRow.text == "", MessageRow.turn_id.is_(None))
            .values(text=text)
            .returning(MessageRow.id)
        )
        return taken is not None

    async def begin_turn(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """Fix which messages make one turn, known by the first: trying it again asks the same question.

        Return those that are still there, with their words as they are now: what was changed until this moment is answered
        with.
        """
        first = messages[0].id
        begun = await self._session.execute(_BEGIN_TURN, {"messages": [each.id for each in messages], "turn": first})
        words = {row.id: row.text for row in begun}
        return tuple(replace(each, text=words[each.id], turn_id=first) for each in messages if each.id in words)

    async def handled(
        self,
        conversation_id: str,
        message_ids: Sequence[int],
        *,
        reading: Reading | None,
        read_in: int | None = None,
        stance: str | None,
    ) -> Conversation | None:
        """Mark the messages of a turn handled and return its conversation, locked; None when somebody else did so already.

        What was read in them stands with one of them, `read_in`; else with the first.
        """
        bearer = read_in if read_in is not None else message_ids[0]
        noted = reading.as_json() if reading else None
        asked: dict[str, Any] = {"conversation": conversation_id, "messages": list(message_ids), "bearer": bearer}
        asked |= {"noted": noted, "how": stance}
        row = (await self._session.execute(_HANDLED, asked)).first()
        return rows.conversation(row) if row else None

    async def add_replies(
        self,
        conversation_id: str,
        channel: str,
        author: Author,
        replies: Sequence[Reply],
        *,
        in_reply_to: int | None = None,
        operator_id: int | None = None,
        delivery: Delivery = Delivery.QUEUED,
    ) -> list[int]:
        """Add replies to the outbox in the order given; return their ids."""
        if not replies:
            return []
        added = await self._session.scalars(
            _ADD_REPLIES,
            [
                {
                    "conversation_id": conversation_id,
                    "channel": channel,
                    "author": author.value,
                    "kind": _kind_of(reply).value,
                    "text": reply.text,
                    "buttons": [asdict(button) for button in reply.buttons],
                    "share_contact": reply.share_contact,
                    "template": asdict(reply.template) if reply.template else None,
                    "in_reply_to": in_reply_to,
                    "operator_id": operator_id,
                    "delivery": delivery.value,
                }
                for reply in replies
            ],
        )
        ids = list(added)
        files = [(message, reply.attachment) for message, reply in zip(ids, replies, strict=True) if reply.attachment]
        if files:
            await self._session.execute(insert(MediaRow).values([_attached(message, file) for message, file in files]))
        return ids

    async def to_send(self, conversation_id: str, limit: int) -> list[Message]:
        """Return the oldest replies of a conversation that have to be sent, or whose sending has no known end.

        Those of a channel that is stopped are held until its stop is over.
        """
        found = await self._session.execute(_TO_SEND, {"conversation": conversation_id, "most": limit})
        return [replace(rows.message(row), not_before=row.held) for row in found]

    async def sending(self, message_id: int) -> str:
        """Note that a reply is about to be handed to the provider, and return its words: they were changed until this moment.

        One that was handed over already is counted as sent again.
        """
        words = await self._session.scalar(_SENDING, {"message": message_id})
        assert words is not None, "a reply in the outbox is not deleted"
        return str(words)

    async def not_sent(self, message_id: int, *, until: datetime | None = None) -> None:
        """Put a reply back into the outbox that the provider has surely not taken, and hold it there."""
        await self._session.execute(
            update(MessageRow)
            .where(MessageRow.id == message_id)
            .values(delivery=Delivery.QUEUED.value, not_before=until)
        )

    async def sent_as(self, conversation_id: str, limit: int = 100) -> list[str]:
        """Return what the provider calls the newest messages of a conversation."""
        found = await self._session.scalars(
            select(MessageRow.provider_id)
            .where(MessageRow.conversation_id == conversation_id, MessageRow.provider_id.is_not(None))
            .order_by(MessageRow.id.desc())
            .limit(limit)
        )
        return [known for known in found if known is not None]

    async def waits(self, conversation_id: str) -> bool:
        """True when a reply waits for the shopper to write."""
        return bool(
            await self._session.scalar(
                select(
                    select(MessageRow.id)
                    .where(MessageRow.conversation_id == conversation_id, MessageRow.delivery == Delivery.WAITING.value)
                    .exists()
                )
            )
        )

    async def set_delivery(
        self, message_id: int, state: Delivery, *, provider_id: str | None = None, code: str | None = None
    ) -> None:
        """Record how sending went, and tell every page."""
        await self._session.execute(
            _SET_DELIVERY, {"message": message_id, "state": state.value, "provider": provider_id, "code": code}
        )

    async def send_again(self, conversation_id: str, message_id: int) -> bool:
        """Queue a reply that failed, with all its tries before it; False when it did not. What the bot said is not repeated."""
        queued = await self._session.scalar(
            update(MessageRow)
            .where(
                MessageRow.id == message_id,
                MessageRow.conversation_id == conversation_id,
                MessageRow.delivery == Delivery.FAILED.value,
                MessageRow.author.in_([Author.OPERATOR.value, Author.SYSTEM.value]),
            )
            .values(delivery=Delivery.QUEUED.value, delivery_code=None, attempts=0)
            .returning(MessageRow.id)
        )
        return queued is not None

    async def delivery_changed(self, channel: str, provider_id: str, state: Delivery, code: str | None) -> str | None:
        """Move a reply's state forward as the provider reports it, never back; return its conversation, if known."""
        earlier = [earlier.value for earlier in _ORDER[: _ORDER.index(state)]]
        found = await self._session.scalar(
            update(MessageRow)
            .where(
                MessageRow.channel == channel,
                MessageRow.provider_id == provider_id,
                MessageRow.delivery.in_(earlier),
            )
            .values(delivery=state.value, delivery_code=code)
            .returning(MessageRow.conversation_id)
        )
        return str(found) if found else None

    async def sent_under(self, channel: str, provider_id: str) -> bool:
        """True when a message is known by this id of the provider's."""
        known = select(MessageRow.id).filter_by(channel=channel, provider_id=provider_id).limit(1)
        return await self._session.scalar(known) is not None

    async def take_back(
        self, channel: str, provider_id: str, code: str | None, *, seconds: float, tries: int
    ) -> str | None:
        """Queue a reply again that the provider took and then could not deliver, to be sent after so many seconds.

        Each time it is twice as long, up to a minute, if that is more. Return its conversation; None where it is not known,
        has arrived after all or was tried often enough.
        """
        backed_off = func.least(60, func.power(2, MessageRow.attempts))
        pause = func.make_interval(0, 0, 0, 0, 0, 0, func.greatest(seconds, backed_off))
        found = await self._session.scalar(
            update(MessageRow)
            .where(
                MessageRow.channel == channel,
                MessageRow.provider_id == provider_id,
                MessageRow.delivery == Delivery.SENT.value,
                MessageRow.attempts < tries,
            )
            .values(
                delivery=Delivery.QUEUED.value,
                provider_id=None,
                delivery_code=code,
                not_before=func.clock_timestamp() + pause,
            )
            .returning(MessageRow.conversation_id)
        )
        return str(found) if found else None

    async def transcript(self, conversation_id: str, *, after: int = 0, limit: int = 200) -> list[Message]:
        """Return the newest `limit` messages with an id above `after` whose words are still kept, oldest first."""
        newest = (
            select(MessageRow)
            .where(
                MessageRow.conversation_id == conversation_id, MessageRow.id > after, MessageRow.emptied_at.is_(None)
            )
            .order_by(MessageRow.id.desc())
            .limit(limit)
        )
        return [rows.message(row) for row in reversed(list(await self._session.scalars(newest)))]

    async def count_from(self, conversation_id: str, message_id: int) -> int:
        """Return how many messages of a conversation there are from one on."""
        counted = select(func.count()).where(MessageRow.conversation_id == conversation_id, MessageRow.id >= message_id)
        return await self._session.scalar(counted) or 0

    async def get(self, message_id: int, *, lock: bool = False) -> Message | None:
        """Return one message, locked against other changes if asked, or None when it is gone."""
        row = await self._session.get(MessageRow, message_id, with_for_update=lock or None, populate_existing=True)
        return rows.message(row) if row else None

    async def reactions_answered(self, conversation_id: str, moment: datetime) -> bool:
        """True when a reaction since a moment was answered with words (it has a stance)."""
        found = await self._session.scalar(
            select(MessageRow.id)
            .where(
                MessageRow.conversation_id == conversation_id,
                MessageRow.kind == Kind.REACTION.value,
                MessageRow.stance.is_not(None),
                MessageRow.created_at >= moment,
            )
            .limit(1)
        )
        return found is not None

    async def conversations_with_work(self) -> tuple[list[str], list[str]]:
        """Return the conversations with unread messages, and those with replies that may go out now."""
        unread = await self._session.scalars(
            select(MessageRow.conversation_id)
            .where(MessageRow.author == Author.SHOPPER.value, MessageRow.handled_at.is_(None))
            .distinct()
        )
        due = or_(MessageRow.not_before.is_(None), MessageRow.not_before <= func.now())
        stopped = select(ChannelStopRow.channel).where(ChannelStopRow.until > func.now())
        queued = await self._session.scalars(
            select(MessageRow.conversation_id)
            .where(MessageRow.delivery.in_(_OUTBOX), due, MessageRow.channel.not_in(stopped))
            .distinct()
        )
        return [str(c) for c in unread], [str(c) for c in queued]


def _kind_of(reply: Reply) -> Kind:
    if reply.attachment is None:
        return Kind.TEXT
    return Kind.PHOTO if reply.attachment.content_type.startswith("image/") else Kind.DOCUMENT


def _attached(message_id: int, file: Attachment) -> dict[str, object]:
    return {
        "message_id": message_id,
        "ref": file.key,
        "same_as": file.key,
        "key": file.key,
        "content_type": file.content_type,
        "file_name": file.file_name,
        "size": file.size,
        "state": MediaState.STORED.value,
    }
