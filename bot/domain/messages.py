"""Messages as the core knows them: no provider's shape comes past `bot/channels`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a shopper sent, or what a reply carries.

    TEXT, BUTTON, COMMAND and CONTACT are understood, and so are the words that come with the others; those without words
    are kept and answered politely. A COMMAND is what a channel's menu offers (`bot.domain.command`). A REACTION is an
    emoji put on the message it quotes.
    """

    TEXT = "text"
    BUTTON = "button"
    COMMAND = "command"
    CONTACT = "contact"
    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    REACTION = "reaction"
    OTHER = "other"


WITH_FILES: Final = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER, Kind.OTHER})
"""Kinds of messages that may have files."""


class Author(StrEnum):
    """Who speaks. SYSTEM lines (handed over, operator joined) go out whoever holds the conversation; BOT lines do not."""

    SHOPPER = "shopper"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"


class Delivery(StrEnum):
    """Where a reply is on its way out. RECEIVED is a shopper's own message; WITHDRAWN was overtaken by an operator.

    SENDING has been handed to the provider, whose answer is not on record yet. WAITING will go out when the shopper
    writes again: the channel carries no free text to them now.
    """

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Media:
    """A file that came with a message, before anybody fetched it.

    `ref` is how the provider is asked for it, `same_as` what is equal when the same file is told of twice. Type, name
    and size (bytes) are only what the provider claims.
    """

    ref: str
    same_as: str
    content_type: str | None = None
    file_name: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class InboundMessage:
    """One message of a shopper, as any channel hands it over.

    `external_id` is the provider's id, unique in its channel; `address` is where replies go (a Telegram chat id,
    an E.164 number, a web session). `payload` is what a pressed button or a command stands for. `proven_phone` is set
    only where the provider vouches that the number is the shopper's own.

    Parts of an album have the same external id and `album`: they become one message with all their media. `quotes` is the
    provider's id of the message this one answers or reacts to, `quoted_text` its words where the provider repeats them.
    """

    channel: str
    external_id: str
    address: str
    text: str
    kind: Kind = Kind.TEXT
    payload: str | None = None
    shopper_name: str | None = None
    language_hint: str | None = None
    proven_phone: str | None = None
    media: tuple[Media, ...] = ()
    album: bool = False
    quotes: str | None = None
    quoted_text: str | None = None


@dataclass(frozen=True)
class Edit:
    """New words for a message the shopper sent earlier."""

    channel: str
    external_id: str
    text: str


@dataclass(frozen=True)
class Reachability:
    """The shopper blocked us, or took that back."""

    channel: str
    address: str
    reachable: bool


@dataclass(frozen=True)
class Report:
    """What a provider says of a reply it took earlier; `again_in`: it failed, and may be sent again after so many seconds."""

    channel: str
    provider_id: str
    state: Delivery
    code: str | None = None
    again_in: float | None = None


@dataclass(frozen=True)
class ChannelStop:
    """A channel whose provider takes nothing from the shop until then."""

    channel: str
    until: datetime


@dataclass(frozen=True)
class DeadLetter:
    """Something a channel brought that could not be read: its body as it came, and why."""

    channel: str
    body: str
    reason: str


@dataclass(frozen=True)
class Button:
    """A choice offered to the shopper; pressing it says `payload` to the bot (`/affirm`, `/inform{"order_number": "WL-1"}`)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Attachment:
    """A file of ours in the vault, to go out with a reply. `key` is its name there, `size` in bytes."""

    key: str
    content_type: str
    file_name: str
    size: int | None = None


NUDGE: Final = "nudge"
LATE_ORDER: Final = "late_order"


@dataclass(frozen=True)
class Template:
    """A message that a provider has approved beforehand, in one language, with the facts that go into it in order.

    `nudge` says that an answer waits and asks to write back; its only fact is the shop's own word for what it is about,
    or nothing. `late_order` tells of a late order: its number and the day it was promised for.
    """

    name: str
    language: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What goes out to a shopper. `share_contact` labels a button that shares one's own phone number, where the channel has one.

    With a `template`, that is what goes out, in the window or not; `text` is what it says, for the transcript.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    share_contact: str | None = None
    attachment: Attachment | None = None
    template: Template | None = None
