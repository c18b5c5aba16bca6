"""Telegram's updates, read: https://core.telegram.org/bots/api#update."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.clean import intent_payload, storable
from bot.domain.messages import InboundMessage, Kind

CHANNEL = "telegram"

_MEDIA = {
    "photo": Kind.PHOTO,
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "sticker": Kind.STICKER,
    "venue": Kind.LOCATION,
    "location": Kind.LOCATION,
    # An animation is a document too, so it is looked for first.
    "animation": Kind.OTHER,
    "document": Kind.DOCUMENT,
    "video": Kind.OTHER,
    "video_note": Kind.OTHER,
    "dice": Kind.OTHER,
    "poll": Kind.OTHER,
    "story": Kind.OTHER,
    "game": Kind.OTHER,
    "paid_media": Kind.OTHER,
    "checklist": Kind.OTHER,
}
_PHONE = re.compile(r"\d{6,15}")


def parse_update(update: Mapping[str, Any]) -> InboundMessage | None:
    """Return the shopper's message, or None for an update we do not handle. Raises on no JSON object.

    Not handled: groups and channels, edits (the words that were answered stay the words on record), and service
    messages such as a pinned message. The same message has the same external id by polling and by webhook, and after
    a restart of Telegram's update ids: it is made of the chat's and the message's id.
    """
    match update:
        case {"callback_query": {"id": str(query), "from": {"id": int()} as sender, "data": str(data)} as callback}:
            match callback.get("message"):
                case {"chat": {"id": int(chat), "type": "private"}} as message:
                    return _button(query, chat, sender, message, data)
        case {
            "message": {
                "message_id": int(number),
                "chat": {"id": int(chat), "type": "private"},
                "from": {"id": int()} as sender,
            } as message
        }:
            return _message(f"{chat}:{number}", chat, sender, message)
    return None


def callback_id(update: Mapping[str, Any]) -> str | None:
    """Return the id of the pressed button's query, which Telegram wants answered whatever it holds."""
    match update:
        case {"callback_query": {"id": str(query)}}:
            return query
    return None


def _button(
    query: str, chat: int, sender: Mapping[str, Any], message: Mapping[str, Any], data: str
) -> InboundMessage | None:
    title = _title(message, data)
    payload = intent_payload(data)
    # Data that is not ours comes from a keyboard an earlier bot left in the chat: its title is what was said.
    return _inbound(
        f"callback:{storable(query, 128)}",
        chat,
        sender,
        text=title or data,
        kind=Kind.BUTTON if payload else Kind.TEXT,
        payload=payload,
    )


def _title(message: Mapping[str, Any], data: str) -> str | None:
    match message.get("reply_markup"):
        case {"inline_keyboard": list(rows)}:
            for row in rows:
                for button in row if isinstance(row, list) else []:
                    match button:
                        case {"text": str(title), "callback_data": str(said)} if said == data:
                            return title
    return None


def _message(
    external_id: str, chat: int, sender: Mapping[str, Any], message: Mapping[str, Any]
) -> InboundMessage | None:
    match message:
        case {"text": str(text)}:
            # "/start" is what Telegram says for a shopper who opens the chat, with or without a link's parameter.
            opened = text.split(maxsplit=1)[:1] == ["/start"]
            return _inbound(external_id, chat, sender, text=text, payload="/greet" if opened else None)
        case {"contact": {"phone_number": str(phone)} as contact}:
            return _contact(external_id, chat, sender, phone, contact)
    for key, kind in _MEDIA.items():
        if message.get(key) is not None:
            return _inbound(external_id, chat, sender, text=_caption(message, key), kind=kind)
    return None


def _contact(
    external_id: str, chat: int, sender: Mapping[str, Any], phone: str, contact: Mapping[str, Any]
) -> InboundMessage | None:
    digits = re.sub(r"[^0-9]", "", phone)
    # Anybody's card can be sent; Telegram vouches only for the one whose owner is the sender.
    own = contact.get("user_id") == sender["id"] and _PHONE.fullmatch(digits) is not None
    return _inbound(
        external_id,
        chat,
        sender,
        text=f"•••{digits[-4:]}" if digits else "",
        kind=Kind.CONTACT,
        payload="/inform",
        proven_phone=f"+{digits}" if own else None,
    )


def _caption(message: Mapping[str, Any], key: str) -> str:
    match message:
        case {"caption": str(caption)}:
            return caption
    match message[key]:
        case {"emoji": str(emoji)} | {"title": str(emoji)}:
            return emoji
    return ""


def _inbound(
    external_id: str,
    chat: int,
    sender: Mapping[str, Any],
    *,
    text: str,
    kind: Kind = Kind.TEXT,
    payload: str | None = None,
    proven_phone: str | None = None,
) -> InboundMessage:
    names = [sender.get("first_name"), sender.get("last_name")]
    name = storable(" ".join(name for name in names if isinstance(name, str)), 256).strip()
    language = sender.get("language_code")
    hint = re.match("[a-z]{2,3}", language.lower()) if isinstance(language, str) else None
    return InboundMessage(
        channel=CHANNEL,
        external_id=external_id,
        address=str(chat),
        text=storable(text),
        kind=kind,
        payload=payload,
        shopper_name=name or None,
        language_hint=hint[0] if hint else None,
        proven_phone=proven_phone,
    )
