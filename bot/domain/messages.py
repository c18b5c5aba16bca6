"""Messages as the core knows them: no provider's shape comes past `bot/channels`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a shopper sent. Only TEXT, BUTTON and CONTACT are understood; the others are kept and answered politely."""

    TEXT = "text"
    BUTTON = "button"
    CONTACT = "contact"
    PHOTO = "photo"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    OTHER = "other"


class Author(StrEnum):
    """Who speaks. SYSTEM lines (handed over, operator joined) go out whoever holds the conversation; BOT lines do not."""

    SHOPPER = "shopper"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"


class Delivery(StrEnum):
    """Where a reply is on its way out. RECEIVED is a shopper's own message; WITHDRAWN was overtaken by an operator."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class InboundMessage:
    """One message of a shopper, as any channel hands it over.

    `external_id` is the provider's id, unique in its channel; `address` is where replies go (a Telegram chat id,
    an E.164 number, a web session). `payload` is what a pressed button stands for. `proven_phone` is set only where
    the provider vouches that the number is the shopper's own.
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


@dataclass(frozen=True)
class Button:
    """A choice offered to the shopper; pressing it says `payload` to the bot (`/affirm`, `/inform{"order_number": "WL-1"}`)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """What goes out to a shopper. `share_contact` labels a button that shares one's own phone number, where the channel has one."""

    text: str
    buttons: tuple[Button, ...] = ()
    share_contact: str | None = None
