"""The tables. Migrations in `migrations/` must end at the same schema; a test compares the two."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_now = func.clock_timestamp()
# The end of a phone number, turned round: people look for its last digits.
_ENDING = "reverse(regexp_replace({}, '[^0-9]', '', 'g'))"
_ORDER_KEY = "upper(regexp_replace(order_number, '[^[:alnum:]]', '', 'g'))"

# What a column holds of a shopper, for bot/store/holdings.py. A column of text without one of these is a label or an id.
WORDS: Final[dict[str, Any]] = {"holds": "words"}
"""What somebody said: emptied with age."""
WHO: Final[dict[str, Any]] = {"holds": "who"}
"""Who the shopper is: emptied when they are let go."""


class Table(DeclarativeBase):
    """Base of every table."""

    type_annotation_map: ClassVar = {
        str: Text,
        datetime: DateTime(timezone=True),
        uuid.UUID: UUID(as_uuid=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class UserRow(Table):
    """Somebody who may log in, unless they are disabled."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    disabled_at: Mapped[datetime | None]
    # The second step of logging in: asked for since `totp_since`; before that, the secret waits for its first code.
    totp_secret: Mapped[str | None]
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    # Single sign-on: who comes first with this verified address is linked, by issuer and subject, and only those count from then on.
    email: Mapped[str | None] = mapped_column(unique=True)
    subject: Mapped[str | None] = mapped_column(unique=True)


class SessionRow(Table):
    """A browser somebody is logged in with. `key` is the hash of the token in its cookie."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    browser: Mapped[str]
    network: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    seen_at: Mapped[datetime] = mapped_column(server_default=_now)
    ended_at: Mapped[datetime | None]
    limited: Mapped[bool] = mapped_column(server_default=sql("false"))


class PasswordLinkRow(Table):
    """A link by which somebody chooses a password, once. `key` is the hash of its token."""

    __tablename__ = "password_links"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    expires_at: Mapped[datetime]


class RecoveryCodeRow(Table):
    """A code for who lost their phone, as a hash; it is deleted when it is used."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]


class LoginAttemptRow(Table):
    """A guess at a password or a code. `key` is a short hash of what it was about; gone after a day."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("login_attempts_key", "key", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=_now, index=True)


class ConversationRow(Table):
    """The one thread with a shopper on a channel; `holder` says who speaks to them."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("conversations_snoozed", "snoozed_until", postgresql_where=sql("snoozed_until IS NOT NULL")),
        Index(
            "conversations_queue",
            "holder",
            sql("severity DESC"),
            "waiting_since",
            sql("last_inbound_at DESC NULLS LAST"),
        ),
        Index("conversations_hottest", sql("severity DESC"), "waiting_since", sql("last_inbound_at DESC NULLS LAST")),
        Index("conversations_search", "search", postgresql_using="gin"),
        Index(
            "conversations_phone",
            literal_column(_ENDING.format("address")).label("ending"),
            postgresql_ops={"ending": "text_pattern_ops"},
            postgresql_where=sql("channel = 'whatsapp'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    channel: Mapped[str]
    address: Mapped[str] = mapped_column(info=WHO)
    shopper_name: Mapped[str | None] = mapped_column(info=WHO)
    language: Mapped[str | None]
    traditional: Mapped[bool | None]  # in which characters they write Chinese, by the latest message that shows it
    holder: Mapped[str] = mapped_column(server_default=sql("'bot'"))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    severity: Mapped[int] = mapped_column(server_default=sql("0"))
    waiting_since: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    unreachable_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_now)
    # When they were forgotten at their own wish or an operator's, and when the last that told who they are went.
    forgotten_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    # When somebody was told that the channel closes on an answer that is owed.
    closing_told_at: Mapped[datetime | None]
    no_outreach: Mapped[bool] = mapped_column(server_default=sql("false"))
    # What the shopper was told already: that they write too fast, that a reply waits for them (by a template).
    slowed_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    # An operator's: nothing is due from anybody until then; nobody answers what comes since.
    snoozed_until: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    # Whose it is while it waits, where it was passed to a team; and since when its operator has it.
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    held_since: Mapped[datetime | None]
    # by migration 0010's functions; never read, only searched
    search: Mapped[str | None] = mapped_column(
        TSVECTOR, Computed("warmline_names(shopper_name)", persisted=True), deferred=True
    )


class ProofRow(Table):
    """What a shopper has proven about themself: that a phone number or an e-mail address is theirs."""

    __tablename__ = "proofs"
    __table_args__ = (
        UniqueConstraint("conversation_id", "kind", "value"),
        Index(
            "proofs_phone",
            literal_column(_ENDING.format("value")).label("ending"),
            postgresql_ops={"ending": "text_pattern_ops"},
            postgresql_where=sql("kind = 'phone'"),
        ),
        Index("proofs_value", "value"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str] = mapped_column(info=WHO)
    source: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=_now)


class ProofAttemptRow(Table):
    """A wrong e-mail or phone given for an order; counted so that nobody can guess their way in."""

    __tablename__ = "proof_attempts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    order_number: Mapped[str] = mapped_column(info=WHO)
    created_at: Mapped[datetime] = mapped_column(server_default=_now)


class MessageRow(Table):
    """One message of anybody. A shopper's is unread until `handled_at`; a reply is the outbox row that sends it."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("messages_transcript", "conversation_id", "id"),
        Index(
            "messages_unread",
            "conversation_id",
            "id",
            postgresql_where=sql("handled_at IS NULL AND author = 'shopper'"),
        ),
        Index("messages_outbox", "conversation_id", "id", postgresql_where=sql("delivery IN ('queued', 'sending')")),
        Index("messages_waiting", "conversation_id", postgresql_where=sql("delivery = 'waiting'")),
        Index("messages_provider", "channel", "provider_id"),
        Index("messages_search", "search", postgresql_using="gin"),
        Index("messages_worded", "created_at", postgresql_where=sql("emptied_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    channel: Mapped[str]
    author: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default=sql("'text'"))
    text: Mapped[str] = mapped_column(info=WORDS)
    payload: Mapped[str | None] = mapped_column(info=WORDS)
    buttons: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'"), info=WORDS)
    share_contact: Mapped[str | None] = mapped_column(info=WORDS)
    reading: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    stance: Mapped[str | None]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)
    # When its words went; what was read in it stays, for the figures.
    emptied_at: Mapped[datetime | None]
    # of a shopper's message
    external_id: Mapped[str | None] = mapped_column(info=WHO)
    language_hint: Mapped[str | None]
    handled_at: Mapped[datetime | None]
    turn_id: Mapped[int | None] = mapped_column(BigInteger)
    quotes_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    quoted_text: Mapped[str | None] = mapped_column(info=WORDS)
    edited_at: Mapped[datetime | None]
    earlier: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'"), info=WORDS)
    # of a reply
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    delivery: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    provider_id: Mapped[str | None] = mapped_column(info=WHO)
    delivery_code: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    sending_since: Mapped[datetime | None]
    # The provider asked not to try again before.
    not_before: Mapped[datetime | None]
    # The approved message that goes out for it: name, language and facts.
    template: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=WORDS)
    # How often it was sent again without knowing whether the provider had taken it before.
    resent: Mapped[int] = mapped_column(server_default=sql("0"))
    search: Mapped[str | None] = mapped_column(
        TSVECTOR, Computed("warmline_lexemes(text)", persisted=True), deferred=True
    )


class SeenRow(Table):
    """Up to which message a user has looked at a conversation, when they last had it open, and since when they follow it."""

    __tablename__ = "seen"
    __table_args__ = (Index("seen_followed", "user_id", postgresql_where=sql("followed_at IS NOT NULL")),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    message_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(server_default=_now)
    open_at: Mapped[datetime | None]
    followed_at: Mapped[datetime | None]


class MediaRow(Table):
    """A file of a message, in or out. The file itself is in the vault, under `key`."""

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("message_id", "same_as"),
        Index("media_waiting", "id", postgresql_where=sql("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    ref: Mapped[str] = mapped_column(info=WHO)
    same_as: Mapped[str] = mapped_column(info=WHO)
    content_type: Mapped[str | None]
    file_name: Mapped[str | None] = mapped_column(info=WORDS)
    size: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str]
    key: Mapped[str | None] = mapped_column(info=WHO)
    reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)


class DeadLetterRow(Table):
    """What a channel brought that could not be read. `body` may hold a shopper's words: retention deletes it, too."""

    __tablename__ = "dead_letters"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str]
    body: Mapped[str] = mapped_column(info=WORDS)
    reason: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=_now)
    replayed_at: Mapped[datetime | None]


class EarlyReportRow(Table):
    """What a provider said of a message before we knew what it calls it; the messages of others stay unknown and go after a day."""

    __tablename__ = "early_reports"
    __table_args__ = (Index("early_reports_of", "channel", "provider_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    state: Mapped[str]
    code: Mapped[str | None]
    again_in: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(server_default=_now)


class ChannelStopRow(Table):
    """Until when a provider takes nothing from the shop, and when people were last told of it."""

    __tablename__ = "channel_stops"

    channel: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    told_at: Mapped[datetime]


class HandoffRow(Table):
    """A conversation given to people: why, in whose words, who took it, and when it ended. `due_at` is what the shopper was told."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index("handoffs_one_open", "conversation_id", unique=True, postgresql_where=sql("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    reason: Mapped[str]
    severity: Mapped[int]
    words: Mapped[str] = mapped_column(info=WORDS)
    opened_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)
    due_at: Mapped[datetime | None]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    # The operator's own words for why it ended so.
    ended_because: Mapped[str | None] = mapped_column(info=WORDS)
    # What the shopper chose when nobody came in time: to wait, to be called, to be written to later.
    wish: Mapped[str | None]


class NoteRow(Table):
    """What a colleague wrote about a conversation, for colleagues only."""

    __tablename__ = "notes"
    __table_args__ = (
        Index("notes_of", "conversation_id", "id"),
        Index("notes_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(info=WORDS)
    at: Mapped[datetime] = mapped_column(server_default=_now)
    search: Mapped[str | None] = mapped_column(
        TSVECTOR, Computed("warmline_lexemes(text)", persisted=True), deferred=True
    )


class TagRow(Table):
    """A word that conversations are found again by; `key` is its name without case."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)


class ConversationTagRow(Table):
    """Which conversation carries which tag, and who put it there."""

    __tablename__ = "conversation_tags"

    conversation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(server_default=_now)


class CannedRow(Table):
    """The shop's own canned reply, or its change of one that comes with Warmline; without a text that one is hidden."""

    __tablename__ = "canned"
    __table_args__ = (UniqueConstraint("name", "language", "stance"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    stance: Mapped[str]
    text: Mapped[str | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(server_default=_now)


class ComplaintRow(Table):
    """One complaint: about which problem of which order, counted once a message however often the turn is retried."""

    __tablename__ = "complaints"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_key"),
        Index("complaints_order", sql(_ORDER_KEY)),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    message_key: Mapped[str]
    problem: Mapped[str]
    order_number: Mapped[str | None] = mapped_column(info=WHO)
    created_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)


class DecisionRow(Table):
    """What the policy decided in one turn, and on what: numbers and labels, no text but single words of repetition and danger."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("conversation_id", "message_key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    message_key: Mapped[str]
    decided: Mapped[dict[str, Any]] = mapped_column(info=WORDS)
    created_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)


class CorrectionRow(Table):
    """What a person says a message should have been read as; one in force for each message and kind."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index("corrections_in_force", "message_id", "kind", unique=True, postgresql_where=sql("state <> 'undone'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    kind: Mapped[str]
    was: Mapped[str | None]
    became: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=_now, index=True)
    state: Mapped[str]
    undone_at: Mapped[datetime | None]


class OrderRow(Table):
    """An order as the shop exported it. `phone` is E.164, `email` lower case; `demo` rows come with the demo shop."""

    __tablename__ = "orders"
    __table_args__ = (
        # the expressions by which bot/store/orders.py finds an order in any spelling of its number
        Index("orders_key", sql("upper(regexp_replace(number, '[^[:alnum:]]', '', 'g'))")),
        Index("orders_digits", sql("regexp_replace(number, '[^0-9]', '', 'g')")),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    customer_name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str]
    status_since: Mapped[datetime | None]
    placed_at: Mapped[datetime]
    promised_at: Mapped[datetime | None]
    carrier: Mapped[str | None]
    tracking: Mapped[str | None]
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str]
    items: Mapped[list[Any]]
    demo: Mapped[bool] = mapped_column(server_default=sql("false"))


class PromiseRow(Table):
    """What the shop owes a shopper. `shopper_key` is a hash; `details` may hold a new delivery address."""

    __tablename__ = "promises"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_key"),
        Index(
            "promises_once",
            "order_number",
            "problem",
            "kind",
            unique=True,
            postgresql_where=sql("state <> 'withdrawn' AND kind <> 'change_address'"),
        ),
        Index("promises_order", "order_number"),
        Index("promises_order_key", sql(_ORDER_KEY)),
        Index("promises_month", "kind", "made_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    message_key: Mapped[str]
    shopper_key: Mapped[str] = mapped_column(info=WHO)
    order_number: Mapped[str | None]
    kind: Mapped[str]
    problem: Mapped[str]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    currency: Mapped[str | None]
    details: Mapped[str] = mapped_column(server_default=sql("''"), info=WORDS)
    state: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]


class OutreachRow(Table):
    """One time that the bot wrote first: about what, as which message (or why not), and what the shopper answered."""

    __tablename__ = "outreach"
    # Not a conversation's own: the same order may be known in two of them.
    __table_args__ = (UniqueConstraint("kind", "about"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    about: Mapped[str] = mapped_column(info=WHO)
    created_at: Mapped[datetime] = mapped_column(index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    skipped: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]


class ProductRow(Table):
    """A product as the shop exported it, in one language. `grams` is what bot/domain/likeness.py makes of its words."""

    __tablename__ = "products"
    __table_args__ = (Index("products_grams", "grams", postgresql_using="gin"),)

    sku: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str]
    stock: Mapped[int | None]
    restock_at: Mapped[datetime | None]
    about: Mapped[str | None]
    attributes: Mapped[list[Any]]  # pairs: a JSON object would not keep the shop's order
    words: Mapped[list[Any]]
    url: Mapped[str | None]
    demo: Mapped[bool] = mapped_column(server_default=sql("false"))
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text))


class AuditRow(Table):
    """What somebody who may log in did; no user is the machine, or the command line."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_user", "user_id", "id"),
        Index("audit_act", "act", "id"),
        Index("audit_conversation", "conversation_id", "id"),
        Index("audit_time", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    act: Mapped[str]
    conversation_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'"))


class PresenceRow(Table):
    """When somebody's console was last heard of, whether they stepped away, and how many chats they take at once."""

    __tablename__ = "presence"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime | None]
    away: Mapped[bool] = mapped_column(server_default=sql("false"))
    capacity: Mapped[int | None]


class TeamRow(Table):
    """People who answer the same chats; `languages` empty where they answer in all."""

    __tablename__ = "teams"
    __table_args__ = (Index("teams_name", sql("lower(name)"), unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    languages: Mapped[list[Any]] = mapped_column(server_default=sql("'[]'"))


class TeamMemberRow(Table):
    """Somebody who is in a team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


class WatchStepRow(Table):
    """What was done once about a handoff that nobody took, or whose operator was silent."""

    __tablename__ = "watch_steps"

    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoffs.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class TargetRow(Table):
    """By when something of a handoff has to be done, in the shop's hours; `breached_at` once it was not."""

    __tablename__ = "sla_targets"
    __table_args__ = (
        UniqueConstraint("handoff_id", "kind", "started_at"),
        Index("sla_targets_open", "due_at", postgresql_where=sql("met_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoffs.id", ondelete="CASCADE"))
    kind: Mapped[str]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]


class AlertRow(Table):
    """One alert: to whom, about which step of which handoff, when it was seen in the console and sent elsewhere.

    One without a handoff is about a channel; the console shows its stop itself, so it counts as seen.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("handoff_id", "about", "target"),
        Index("alerts_unseen", "user_id", "id", postgresql_where=sql("seen_at IS NULL")),
        Index("alerts_sent", "target", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoffs.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    target: Mapped[str]
    about: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class AlertLinkRow(Table):
    """Somebody's own chat for alerts. Until they open the link only the hash of its token is known."""

    __tablename__ = "alert_links"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    token_until: Mapped[datetime | None]
    chat: Mapped[str | None]
    language: Mapped[str]


# The statements of each turn are made once, of plain tables: for so small a question, making it and keeping objects in step
# with what it changes cost twice as much as asking it.
CONVERSATIONS: Final = Table.metadata.tables[ConversationRow.__tablename__]
MESSAGES: Final = Table.metadata.tables[MessageRow.__tablename__]
DECISIONS: Final = Table.metadata.tables[DecisionRow.__tablename__]
ORDERS: Final = Table.metadata.tables[OrderRow.__tablename__]
PROOFS: Final = Table.metadata.tables[ProofRow.__tablename__]
