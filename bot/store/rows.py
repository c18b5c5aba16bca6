"""Rows to domain objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Row

from bot.domain.conversation import Holder
from bot.domain.correction import Correction, CorrectionKind, CorrectionState
from bot.domain.emotion import Reading
from bot.domain.handoff import Reason
from bot.domain.messages import Author, Button, DeadLetter, Delivery, Kind, Template
from bot.domain.order import Order, OrderStatus
from bot.domain.outreach import Outreach, OutreachKind
from bot.domain.people import (
    Conversation,
    EarlierText,
    Handoff,
    KeptLetter,
    MediaState,
    Message,
    Role,
    Session,
    StoredMedia,
    User,
)
from bot.domain.product import Product
from bot.domain.promise import OrderProblem, Promise, PromiseKind, PromiseState
from bot.store.tables import (
    MESSAGES,
    ConversationRow,
    CorrectionRow,
    DeadLetterRow,
    HandoffRow,
    MediaRow,
    MessageRow,
    OrderRow,
    OutreachRow,
    ProductRow,
    PromiseRow,
    SessionRow,
    UserRow,
)

# What of a message is for the database or the figures alone; each column that is asked for costs the driver time.
_APART: Final = frozenset({"search", "emptied_at", "delivered_at", "resent"})
MESSAGE: Final = tuple(column for column in MESSAGES.c if column.name not in _APART)
"""What `message` reads."""


def conversation(row: ConversationRow | Row[Any] | SimpleNamespace) -> Conversation:
    """Return the conversation in a row."""
    return Conversation(
        id=str(row.id),
        channel=row.channel,
        address=row.address,
        shopper_name=row.shopper_name,
        language=row.language,
        holder=Holder(row.holder),
        operator_id=row.operator_id,
        severity=row.severity,
        waiting_since=row.waiting_since,
        last_inbound_at=row.last_inbound_at,
        unreachable_since=row.unreachable_since,
        created_at=row.created_at,
        gone_at=row.gone_at,
        closing_told_at=row.closing_told_at,
        no_outreach=row.no_outreach,
        slowed_at=row.slowed_at,
        nudged_at=row.nudged_at,
        snoozed_until=row.snoozed_until,
        blocked_at=row.blocked_at,
        team_id=row.team_id,
        held_since=row.held_since,
        traditional=row.traditional,
    )


def message(row: MessageRow | Row[Any] | Row[*tuple[Any, ...]]) -> Message:
    """Return the message in a row."""
    return Message(
        id=row.id,
        conversation_id=str(row.conversation_id),
        channel=row.channel,
        author=Author(row.author),
        kind=Kind(row.kind),
        text=row.text,
        payload=row.payload,
        buttons=buttons(row.buttons),
        share_contact=row.share_contact,
        reading=Reading.from_json(row.reading) if row.reading else None,
        stance=row.stance,
        operator_id=row.operator_id,
        created_at=row.created_at,
        language_hint=row.language_hint,
        handled_at=row.handled_at,
        in_reply_to=row.in_reply_to,
        delivery=Delivery(row.delivery),
        attempts=row.attempts,
        provider_id=row.provider_id,
        delivery_code=row.delivery_code,
        turn_id=row.turn_id,
        quotes_id=row.quotes_id,
        quoted_text=row.quoted_text,
        edited_at=row.edited_at,
        earlier=tuple(EarlierText(e["text"], datetime.fromisoformat(e["until"])) for e in row.earlier),
        sending_since=row.sending_since,
        not_before=row.not_before,
        external_id=row.external_id,
        template=_template(row.template) if row.template else None,
    )


def buttons(noted: Sequence[Mapping[str, str]]) -> tuple[Button, ...]:
    """Return the buttons in a column."""
    return tuple(Button(b["title"], b["payload"]) for b in noted)


def _template(noted: dict[str, Any]) -> Template:
    return Template(noted["name"], noted["language"], tuple(noted["facts"]))


def media(row: MediaRow) -> StoredMedia:
    """Return the file in a row."""
    return StoredMedia(
        id=row.id,
        message_id=row.message_id,
        ref=row.ref,
        content_type=row.content_type,
        file_name=row.file_name,
        size=row.size,
        state=MediaState(row.state),
        key=row.key,
        reason=row.reason,
    )


def dead_letter(row: DeadLetterRow) -> KeptLetter:
    """Return the dead letter in a row."""
    return KeptLetter(
        id=row.id,
        letter=DeadLetter(row.channel, row.body, row.reason),
        received_at=row.received_at,
        replayed_at=row.replayed_at,
    )


def handoff(row: HandoffRow) -> Handoff:
    """Return the handoff in a row."""
    return Handoff(
        id=row.id,
        conversation_id=str(row.conversation_id),
        message_id=row.message_id,
        reason=Reason(row.reason),
        severity=row.severity,
        words=row.words,
        opened_at=row.opened_at,
        due_at=row.due_at,
        operator_id=row.operator_id,
        claimed_at=row.claimed_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        ended_because=row.ended_because,
        wish=row.wish,
    )


def correction(row: CorrectionRow) -> Correction:
    """Return the correction in a row."""
    return Correction(
        id=row.id,
        conversation_id=str(row.conversation_id),
        message_id=row.message_id,
        kind=CorrectionKind(row.kind),
        was=row.was,
        became=row.became,
        user_id=row.user_id,
        made_at=row.made_at,
        state=CorrectionState(row.state),
    )


def order(row: OrderRow | Row[Any]) -> Order:
    """Return the order in a row."""
    return Order(
        number=row.number,
        customer_name=row.customer_name,
        phone=row.phone,
        email=row.email,
        status=OrderStatus(row.status),
        status_since=row.status_since,
        placed_at=row.placed_at,
        promised_at=row.promised_at,
        carrier=row.carrier,
        tracking=row.tracking,
        total=row.total,
        currency=row.currency,
        items=tuple(row.items),
        demo=row.demo,
    )


def product(row: ProductRow) -> Product:
    """Return the product in a row."""
    return Product(
        sku=row.sku,
        name=row.name,
        language=row.language,
        price=row.price,
        currency=row.currency,
        stock=row.stock,
        restock_at=row.restock_at,
        about=row.about,
        attributes=dict(row.attributes),
        words=tuple(row.words),
        url=row.url,
        demo=row.demo,
    )


def user(row: UserRow) -> User:
    """Return the person in a row, without their password hash."""
    return User(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        role=Role(row.role),
        disabled=row.disabled_at is not None,
        email=row.email,
    )


def session(row: SessionRow) -> Session:
    """Return the session in a row, without what its cookie is compared with."""
    return Session(
        id=row.id,
        user_id=row.user_id,
        browser=row.browser,
        network=row.network,
        created_at=row.created_at,
        seen_at=row.seen_at,
        limited=row.limited,
    )


def promise(row: PromiseRow) -> Promise:
    """Return the promise in a row, without the keys that only the store needs."""
    return Promise(
        id=row.id,
        code=row.code,
        conversation_id=str(row.conversation_id),
        order_number=row.order_number or "",
        kind=PromiseKind(row.kind),
        problem=OrderProblem(row.problem),
        amount=row.amount,
        currency=row.currency,
        details=row.details,
        state=PromiseState(row.state),
        made_at=row.made_at,
        due_at=row.due_at,
    )


def outreach(row: OutreachRow) -> Outreach:
    """Return the outreach in a row."""
    return Outreach(
        id=row.id,
        conversation_id=str(row.conversation_id),
        kind=OutreachKind(row.kind),
        about=row.about,
        created_at=row.created_at,
        message_id=row.message_id,
        skipped=row.skipped,
        answered_at=row.answered_at,
        answer=row.answer,
    )
