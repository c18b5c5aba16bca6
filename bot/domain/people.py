"""People and conversations as the store hands them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bot.domain.conversation import Holder
from bot.domain.emotion import Emotion, Reading
from bot.domain.handoff import Reason
from bot.domain.messages import Author, Button, DeadLetter, Delivery, Kind, Template

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,63}")
UNREAD_AT_MOST: Final = 10
"""So many of a shopper's newest messages are looked at to count those that are unread; as many or more are `9+`."""


class Role(StrEnum):
    """What somebody who logs in is here for; `bot/domain/permissions.py` says what each may do."""

    OPERATOR = "operator"
    LEAD = "lead"
    TRAINER = "trainer"
    ADMIN = "admin"


@dataclass(frozen=True)
class User:
    """Somebody who may log in, unless they are `disabled`: what they did is on record, so nobody is ever deleted.

    `email` is by whom they are known to the single sign-on provider, in lower case.
    """

    id: int
    username: str
    display_name: str
    role: Role
    disabled: bool = False
    email: str | None = None


@dataclass(frozen=True)
class Identity:
    """Whom a single sign-on provider vouches for: `subject` never changes, `email` only where the provider has verified it."""

    subject: str
    email: str | None


def email_of(text: str) -> str | None:
    """Return an e-mail address as it is compared, None for what is none."""
    return found[0].lower() if (found := _EMAIL.fullmatch(text.strip())) else None


@dataclass(frozen=True)
class Session:
    """A browser that somebody is logged in with. `network` is the part of its address that tells no more than a town.

    A `limited` one opens one page only: where the second step is set up, which their role must have.
    """

    id: int
    user_id: int
    browser: str
    network: str
    created_at: datetime
    seen_at: datetime
    limited: bool = False


@dataclass(frozen=True)
class AuditEntry:
    """One act on record. `user_id` is None for what no person of the shop did."""

    id: int
    at: datetime
    user_id: int | None
    user_name: str | None
    act: str
    conversation_id: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Conversation:
    """The one thread with a shopper on a channel. `severity` and `waiting_since` count only outside the bot's hands.

    `no_outreach` is set for good by a shopper who wants to be written to only in answer. `slowed_at` is when they were
    last told that they write too fast, `nudged_at` when they were asked to write because a reply waits for them.
    Until `snoozed_until` nothing is due from anybody; since `blocked_at` nobody answers the shopper.
    `team_id` is whose it is while it waits; `held_since` is when its operator got it. `traditional` tells in which
    characters the shopper writes Chinese, None where nothing has shown it.
    """

    id: str
    channel: str
    address: str
    shopper_name: str | None
    language: str | None
    holder: Holder
    operator_id: int | None
    severity: int
    waiting_since: datetime | None
    last_inbound_at: datetime | None
    unreachable_since: datetime | None
    created_at: datetime
    gone_at: datetime | None = None  # who they are was deleted
    closing_told_at: datetime | None = None  # somebody was told that the channel closes on an answer that is owed
    no_outreach: bool = False
    slowed_at: datetime | None = None
    nudged_at: datetime | None = None
    snoozed_until: datetime | None = None
    blocked_at: datetime | None = None
    team_id: int | None = None
    held_since: datetime | None = None
    traditional: bool | None = None


class MediaState(StrEnum):
    """What became of a file. REFUSED is too big, of a dangerous kind or infected; DELETED was kept once."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"
    DELETED = "deleted"


@dataclass(frozen=True)
class StoredMedia:
    """A file of a message, in or out. `key` names it in the vault once it is STORED; `reason` says why it is REFUSED."""

    id: int
    message_id: int
    ref: str
    content_type: str | None
    file_name: str | None
    size: int | None
    state: MediaState
    key: str | None
    reason: str | None


@dataclass(frozen=True)
class KeptLetter:
    """A dead letter on record; `replayed_at` is when it was read after all."""

    id: int
    letter: DeadLetter
    received_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True)
class EarlierText:
    """What a message said before it was edited, and until when."""

    text: str
    until: datetime


@dataclass(frozen=True)
class Message:
    """One message of the transcript, whoever wrote it.

    `turn_id` is set on a shopper's message when the bot begins to answer it: the id of the first message of that turn.
    `quotes_id` is the message it answers or reacts to, where we have it. `not_before`: the provider asked to hold a reply.
    """

    id: int
    conversation_id: str
    channel: str
    author: Author
    kind: Kind
    text: str
    payload: str | None
    buttons: tuple[Button, ...]
    share_contact: str | None
    reading: Reading | None
    stance: str | None
    operator_id: int | None
    created_at: datetime
    language_hint: str | None
    handled_at: datetime | None
    in_reply_to: int | None
    delivery: Delivery
    attempts: int
    provider_id: str | None
    delivery_code: str | None
    turn_id: int | None = None
    quotes_id: int | None = None
    quoted_text: str | None = None
    edited_at: datetime | None = None
    earlier: tuple[EarlierText, ...] = ()
    sending_since: datetime | None = None
    not_before: datetime | None = None
    external_id: str | None = None
    template: Template | None = None


@dataclass(frozen=True)
class Said:
    """What was said to a shopper last, by whomever, and when."""

    text: str
    buttons: tuple[Button, ...]
    created_at: datetime


@dataclass(frozen=True)
class Handoff:
    """A conversation given to people; open until `closed_at`. `due_at` is when the shopper was told somebody comes.

    `ended_because` is the operator's own words for the outcome.
    `wish` is what they chose when nobody came in time: `wait`, `callback` or `later`.
    """

    id: int
    conversation_id: str
    message_id: int | None
    reason: Reason
    severity: int
    words: str
    opened_at: datetime
    due_at: datetime | None
    operator_id: int | None
    claimed_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    ended_because: str | None = None
    wish: str | None = None


@dataclass(frozen=True)
class Decided:
    """What the policy decided in one turn: `kept` is `actions.deescalation.as_kept`."""

    conversation_id: str
    at: datetime
    kept: Mapping[str, Any]


@dataclass(frozen=True)
class QueueRow:
    """One line of the console's queue. `recent` are the ids of the shopper's newest messages, the newest first.

    `next_due` is when the next of the shop's own times is over (`bot.domain.duty.Target`).
    """

    conversation: Conversation
    handoff: Handoff | None
    last_text: str
    last_author: Author | None
    last_emotion: Emotion | None
    last_at: datetime | None
    operator_name: str | None
    problem: str | None = None
    recent: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    next_due: datetime | None = None

    def unread(self, seen: int | None) -> int:
        """Return how many messages came after the one somebody last saw.

        Who never looked has to read what came since the handoff; what the bot deals with by itself nobody has to read.
        """
        if seen is None:
            if self.conversation.holder is Holder.BOT or self.handoff is None:
                return 0
            seen = (self.handoff.message_id or 1) - 1
        return sum(message > seen for message in self.recent)


@dataclass(frozen=True)
class Followed:
    """A conversation that a user follows while somebody else holds it; `newest` is the shopper's last message."""

    conversation: Conversation
    newest: int


@dataclass(frozen=True)
class Proof:
    """A phone number (E.164) or e-mail address (lower case) that is the shopper's own, and how we know."""

    kind: str
    value: str
    source: str


def phones_and_emails(proofs: Iterable[Proof]) -> tuple[set[str], set[str]]:
    """Return what is proven, as orders are asked for by it."""
    known = tuple(proofs)
    phones, emails = ({proof.value for proof in known if proof.kind == kind} for kind in ("phone", "email"))
    return phones, emails


@dataclass(frozen=True)
class Complaint:
    """One complaint of a shopper: a problem, of an order where it is known."""

    message_key: str
    problem: str
    order_number: str | None
    created_at: datetime
