"""Twilio's form fields, read: https://www.twilio.com/docs/messaging/guides/webhook-request."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.channels.clean import intent_payload, storable
from bot.channels.whatsapp.codes import GONE, WINDOW_CLOSED
from bot.domain.command import ANSWERED, Asked, Command
from bot.domain.messages import Delivery, InboundMessage, Kind, Media

CHANNEL = "whatsapp"
PREFIX = "whatsapp:"

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_MEDIA = {
    "image/webp": Kind.STICKER,
    "image": Kind.PHOTO,
    "video": Kind.VIDEO,
    "audio": Kind.VOICE,
    "application": Kind.DOCUMENT,
    "text/vcard": Kind.OTHER,
    "text/x-vcard": Kind.OTHER,
    "text": Kind.DOCUMENT,
}
_MOST_FILES: Final = 10
_LONGEST_URL: Final = 600  # Twilio's have about 150 characters; PostgreSQL's index takes 2700 bytes
# queued, accepted, sending and their like say nothing we do not know.
_STATES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
}
# Words that mean it when they are all that is said. Twilio itself knows the English ones, as OptOutType.
_STOP = frozenset({"stop", "стоп", "отписаться", "停止", "退订", "退訂", "στοπ", "διακοπή", "διακοπη"})
_RESUME = frozenset({"start", "старт", "подписаться", "恢复", "订阅", "訂閱", "έναρξη", "εναρξη"})


@dataclass(frozen=True)
class StatusChange:
    """What Twilio says about a reply it took earlier; `gone` is the shopper who cannot be reached any more."""

    provider_id: str
    state: Delivery
    code: str | None
    gone: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """A form that should be a shopper's message and is not what Twilio promises."""

    reason: str


def parse_message(form: Mapping[str, str]) -> InboundMessage | Unreadable | None:
    """Return the shopper's message, or None for one of another channel. Raises on no form.

    The number a WhatsApp message comes from is the shopper's own: WhatsApp has checked it. A contact card is
    anybody's, so it proves nothing and is kept as OTHER.
    """
    message_id, sender = form.get("MessageSid") or form.get("SmsMessageSid"), form.get("From", "")
    if sender and not sender.startswith(PREFIX):
        return None
    address = storable(sender.removeprefix(PREFIX), 256).strip()
    if not message_id or not address:
        return Unreadable("a message without id or sender")
    text = form.get("Body") or form.get("ButtonText") or form.get("ListTitle") or ""
    asked = _command(form, text)
    payload = asked.payload if asked else intent_payload(form.get("ButtonPayload") or form.get("ListId") or "")
    media = _media(form)
    kind = Kind.COMMAND if asked else Kind.BUTTON if payload else _kind(form, text, media)
    return InboundMessage(
        channel=CHANNEL,
        external_id=storable(message_id, 128),
        address=address,
        text=storable(_place(form) if kind is Kind.LOCATION else text),
        kind=kind,
        payload=payload,
        shopper_name=storable(form.get("ProfileName", ""), 256).strip() or None,
        proven_phone=address if _E164.fullmatch(address) else None,
        media=media,
        quotes=storable(form.get("OriginalRepliedMessageSid", ""), 128) or None,
    )


def parse_status(form: Mapping[str, str]) -> StatusChange | None:
    """Return how a reply's delivery changed, or None where there is nothing to record. Raises on no form."""
    message_id = form.get("MessageSid") or form.get("SmsSid")
    state = _STATES.get(form.get("MessageStatus", "").strip().lower())
    if not message_id or state is None:
        return None
    code: str | None = storable(form.get("ErrorCode", ""), 16).strip()
    if code in {"", "0"}:
        code = None
    gone = None
    if state is Delivery.FAILED and code == WINDOW_CLOSED:
        state = Delivery.WAITING
    elif state is Delivery.FAILED and code in GONE:
        gone = storable(form.get("To", "").removeprefix(PREFIX), 256).strip() or None
    return StatusChange(storable(message_id, 128), state, code, gone)


def _command(form: Mapping[str, str], text: str) -> Asked | None:
    said = unicodedata.normalize("NFC", text.strip().casefold())
    opted = form.get("OptOutType", "").upper()
    if opted == "STOP":  # Twilio has answered, and refuses whatever we send until START (21610)
        return Asked(Command.STOP, ANSWERED)
    if said in _STOP:
        return Asked(Command.STOP)
    if opted == "START" or said in _RESUME:
        return Asked(Command.RESUME)
    return None


def _kind(form: Mapping[str, str], text: str, media: tuple[Media, ...]) -> Kind:
    if media:
        claimed = media[0].content_type or ""
        return _MEDIA.get(claimed) or _MEDIA.get(claimed.partition("/")[0], Kind.OTHER)
    if form.get("Latitude") and form.get("Longitude"):
        return Kind.LOCATION
    return Kind.TEXT if text.strip() else Kind.OTHER


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    found = []
    for number in range(_MOST_FILES):
        claimed = form.get(f"MediaContentType{number}", "").partition(";")[0].strip().lower()
        url = storable(form.get(f"MediaUrl{number}", ""), _LONGEST_URL)
        if claimed or url:
            found.append(Media(ref=url, same_as=url or str(number), content_type=storable(claimed, 128) or None))
    return tuple(found)


def _place(form: Mapping[str, str]) -> str:
    """Return `Label, address, 55.75160, 37.61880`: what the place is called, then latitude and longitude."""
    named = [form.get("Label", ""), form.get("Address", "") or form.get("Body", "")]
    with contextlib.suppress(ValueError):
        named.append(f"{float(form['Latitude']):.5f}, {float(form['Longitude']):.5f}")
    return ", ".join(dict.fromkeys(part.strip() for part in named if part.strip()))
