"""Everything an operator sees about one conversation, read in one transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.correction import Correction, CorrectionKind
from bot.domain.duty import Target
from bot.domain.messages import WITH_FILES, Author
from bot.domain.order import Order, number_key
from bot.domain.outreach import Outreach
from bot.domain.people import (
    Complaint,
    Conversation,
    Handoff,
    Message,
    Proof,
    StoredMedia,
    phones_and_emails,
)
from bot.domain.promise import Promise
from bot.domain.remarks import Note, Tag
from bot.store.unit_of_work import Store, Work

# `WL-20417`, `wl 20417`, `#20417`, `A-1042`, `55-1033`
_NUMBER = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4}[- ]?)?(\d+(?:-\d+)*)(?![A-Za-z0-9])")
_FEWEST_DIGITS = 3
_MOST_MENTIONS = 8
# An open page says so three times meanwhile.
STILL_OPEN = timedelta(minutes=1)


@dataclass(frozen=True)
class KnownOrder:
    """An order, and whether this shopper has proven that it is theirs."""

    order: Order
    proven: bool


@dataclass(frozen=True)
class Case:
    """One conversation with its transcript and what is known about the shopper.

    `promises` are those still to be done for them, wherever they were made; `made` are all that were made here.
    `open_by` are the users who have it open.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    complete: bool
    handoffs: tuple[Handoff, ...]
    proofs: tuple[Proof, ...]
    orders: tuple[KnownOrder, ...]
    promises: tuple[Promise, ...]
    operators: Mapping[int, str]
    target: Target | None = None
    media: Mapping[int, Sequence[StoredMedia]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    tags: tuple[Tag, ...] = ()
    corrections: tuple[Correction, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    made: tuple[Promise, ...] = ()
    outreach: tuple[Outreach, ...] = ()
    followers: frozenset[int] = frozenset()
    open_by: frozenset[int] = frozenset()

    def corrected(self, message_id: int) -> dict[CorrectionKind, Correction]:
        """What people corrected in the reading of a message."""
        return {correction.kind: correction for correction in self.corrections if correction.message_id == message_id}

    @property
    def open_handoff(self) -> Handoff | None:
        """The handoff that is not over."""
        return next((handoff for handoff in self.handoffs if handoff.closed_at is None), None)


async def load_case(store: Store, conversation_id: str, *, limit: int) -> Case | None:
    """Read a conversation with its newest `limit` messages; None when there is none."""
    async with store.begin() as work:
        try:
            conversation = await work.conversations.get(conversation_id)
        except LookupError:
            return None
        messages = tuple(await work.messages.transcript(conversation_id, limit=limit))
        proofs = tuple(await work.proofs.of(conversation_id))
        complaints = tuple(await work.complaints.since(conversation_id, conversation.created_at))
        orders = await _orders(work, complaints, messages, proofs)
        promises = await work.promises.open_of(conversation_id, [known.order.number for known in orders])
        return Case(
            conversation=conversation,
            target=(await work.targets.next_due([conversation_id])).get(conversation_id),
            messages=messages,
            complete=len(messages) < limit,
            handoffs=tuple(await work.handoffs.of(conversation_id)),
            proofs=proofs,
            orders=orders,
            promises=tuple(promises),
            operators={user.id: user.display_name for user in await work.users.all()},
            media=await work.media.of([message.id for message in messages if message.kind in WITH_FILES]),
            notes=tuple(await work.notes.of(conversation_id)),
            tags=tuple(await work.tags.of(conversation_id)),
            corrections=tuple(await work.corrections.of(conversation_id)),
            complaints=complaints,
            made=tuple(await work.promises.made_in(conversation_id)),
            outreach=tuple(await work.outreach.of(conversation_id)),
            followers=await work.queue.followers(conversation_id),
            open_by=await work.queue.open_since(conversation_id, datetime.now(UTC) - STILL_OPEN),
        )


def mentioned_numbers(messages: Sequence[Message]) -> list[str]:
    """Return what may be order numbers in a shopper's words and button presses, the latest first, each once."""
    found: dict[str, str] = {}
    for message in reversed(messages):
        if message.author is Author.SHOPPER:
            for prefix, digits in _NUMBER.findall(f"{message.text} {message.payload or ''}"):
                if len(number_key(digits)) >= _FEWEST_DIGITS:
                    found.setdefault(number_key(prefix + digits), prefix + digits)
                    if prefix.endswith(" "):  # `is 20417` is a number after a word
                        found.setdefault(number_key(digits), digits)
    return list(found.values())[:_MOST_MENTIONS]


async def _orders(
    work: Work, complaints: Sequence[Complaint], messages: Sequence[Message], proofs: Sequence[Proof]
) -> tuple[KnownOrder, ...]:
    phones, emails = phones_and_emails(proofs)
    numbers = mentioned_numbers(messages) + [c.order_number for c in reversed(complaints) if c.order_number]
    known: dict[str, KnownOrder] = {}
    for number in numbers:
        if order := await work.orders.find(number):
            known.setdefault(order.number, KnownOrder(order, order.belongs_to(phones=phones, emails=emails)))
    for order in await work.orders.of_contacts(phones=phones, emails=emails):
        known.setdefault(order.number, KnownOrder(order, proven=True))
    return tuple(known.values())
