"""Twilio's form fields, read: https://www.twilio.com/docs/messaging/guides/webhook-request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels.clean import intent_payload, storable
from bot.domain.messages import Delivery, InboundMessage, Kind

CHANNEL = "whatsapp"
PREFIX = "whatsapp:"

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_MEDIA = {
    "image/webp": Kind.STICKER,
    "image": Kind.PHOTO,
    "audio": Kind.VOICE,
    "application": Kind.DOCUMENT,
    "text/vcard": Kind.OTHER,
    "text/x-vcard": Kind.OTHER,
    "text": Kind.DOCUMENT,
}
# queued, accepted, sending and their like say nothing we do not know.
_STATES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
}


@dataclass(frozen=True)
class StatusChange:
    """What Twilio says about a reply it took earlier."""

    provider_id: str
    state: Delivery
    code: str | None


def parse_message(form: Mapping[str, str]) -> InboundMessage | None:
    """Return the shopper's message, or None for a form without sender or id. Raises on no form.

    The number a WhatsApp message comes from is the shopper's own: WhatsApp has checked it. A contact card is
    anybody's, so it proves nothing and is kept as OTHER.
    """
    message_id, sender = form.get("MessageSid") or form.get("SmsMessageSid"), form.get("From", "")
    address = storable(sender.removeprefix(PREFIX), 256).strip()
    if not message_id or not sender.startswith(PREFIX) or not address:
        return None
    payload = intent_payload(form.get("ButtonPayload", ""))
    text = form.get("Body") or form.get("ButtonText") or ""
    kind = Kind.BUTTON if payload else _kind(form, text)
    if kind is Kind.LOCATION and not text:
        text = form.get("Address") or form.get("Label") or ""
    return InboundMessage(
        channel=CHANNEL,
        external_id=storable(message_id, 128),
        address=address,
        text=storable(text),
        kind=kind,
        payload=payload,
        shopper_name=storable(form.get("ProfileName", ""), 256).strip() or None,
        proven_phone=address if _E164.fullmatch(address) else None,
    )


def parse_status(form: Mapping[str, str]) -> StatusChange | None:
    """Return how a reply's delivery changed, or None where there is nothing to record. Raises on no form."""
    message_id = form.get("MessageSid") or form.get("SmsSid")
    state = _STATES.get(form.get("MessageStatus", "").strip().lower())
    if not message_id or state is None:
        return None
    code = storable(form.get("ErrorCode", ""), 16).strip()
    return StatusChange(storable(message_id, 128), state, code if code not in {"", "0"} else None)


def _kind(form: Mapping[str, str], text: str) -> Kind:
    media = form.get("MediaContentType0", "").partition(";")[0].strip().lower()
    if media:
        return _MEDIA.get(media) or _MEDIA.get(media.partition("/")[0], Kind.OTHER)
    if form.get("Latitude") and form.get("Longitude"):
        return Kind.LOCATION
    return Kind.TEXT if text.strip() else Kind.OTHER
