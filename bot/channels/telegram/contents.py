"""What is in a message: https://core.telegram.org/bots/api#message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.clean import storable
from bot.domain.command import Asked, Command
from bot.domain.messages import Kind, Media

_COMMAND: Final = re.compile(
    rf"/({'|'.join(Command)})(?:@\w+)?(?:\s+(\S{{1,64}}).*)?\s*", re.DOTALL | re.IGNORECASE | re.ASCII
)
_FILES: Final = {
    "photo": (Kind.PHOTO, "image/jpeg"),
    "voice": (Kind.VOICE, "audio/ogg"),
    "audio": (Kind.VOICE, None),
    "sticker": (Kind.STICKER, None),
    "video": (Kind.VIDEO, "video/mp4"),
    "video_note": (Kind.VIDEO, "video/mp4"),
    # An animation is a document too, so it is looked for first.
    "animation": (Kind.VIDEO, "video/mp4"),
    "document": (Kind.DOCUMENT, None),
}
# What happens to a chat rather than being said in it.
_SERVICE: Final = frozenset(
    {
        "pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "connected_website",
        "users_shared", "chat_shared", "successful_payment", "refunded_payment", "boost_added", "chat_background_set",
        "proximity_alert_triggered", "web_app_data", "passport_data", "giveaway", "giveaway_created",
        "giveaway_winners", "giveaway_completed", "gift", "unique_gift", "gift_upgrade_sent",
        "paid_message_price_changed", "direct_message_price_changed", "video_chat_started", "video_chat_ended",
        "suggested_post_approved", "suggested_post_declined", "checklist_tasks_done", "checklist_tasks_added",
    }
)  # fmt: skip
_PHONE: Final = re.compile(r"\d{6,15}")


@dataclass(frozen=True)
class Contents:
    """The words of a message, its files, and what it stands for."""

    kind: Kind
    text: str = ""
    payload: str | None = None
    proven_phone: str | None = None
    media: tuple[Media, ...] = ()


def contents_of(message: Mapping[str, Any], sender: Mapping[str, Any]) -> Contents | None:
    """Return what a private message says; None for a service message. What Telegram invents later is OTHER."""
    match message:
        case {"text": str(text)}:
            asked = _command(text)
            return Contents(Kind.COMMAND, text, asked.payload) if asked else Contents(Kind.TEXT, text)
        case {"contact": {"phone_number": str(phone)} as contact}:
            return _contact(phone, contact, sender)
        case {"venue": {"location": place} as venue} | {"location": place, **venue}:
            return Contents(Kind.LOCATION, _place(place, venue))
    for key, (kind, claimed) in _FILES.items():
        if message.get(key) is not None:
            return Contents(kind, _caption(message, key), media=_media(message[key], claimed))
    if _SERVICE & message.keys():
        return None
    return Contents(Kind.OTHER, _emoji_of(message.get("dice")) or words_of(message))


def words_of(message: Mapping[str, Any]) -> str:
    """Return a message's text or caption."""
    match message:
        case {"text": str(words)} | {"caption": str(words)}:
            return words
    return ""


def _command(text: str) -> Asked | None:
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    command = Command(found[1].lower())
    argument = found[2] if command in {Command.START, Command.LANGUAGE} else None
    return Asked(command, argument.lower() if argument and command is Command.LANGUAGE else argument)


def _contact(phone: str, contact: Mapping[str, Any], sender: Mapping[str, Any]) -> Contents:
    digits = re.sub(r"[^0-9]", "", phone)
    # Anybody's card can be sent; Telegram vouches only for the one whose owner is the sender.
    own = contact.get("user_id") == sender["id"] and _PHONE.fullmatch(digits) is not None
    return Contents(
        Kind.CONTACT, f"•••{digits[-4:]}" if digits else "", "/inform", proven_phone=f"+{digits}" if own else None
    )


def _place(place: object, venue: Mapping[str, Any]) -> str:
    """Return `Pick-up point, 5 Ermou, 37.97610, 23.73640`: what the place is called, then latitude and longitude."""
    named = [storable(part, 256) for part in (venue.get("title"), venue.get("address")) if isinstance(part, str)]
    match place:
        case {"latitude": int() | float() as latitude, "longitude": int() | float() as longitude}:
            named.append(f"{latitude:.5f}, {longitude:.5f}")
    return ", ".join(named)


def _caption(message: Mapping[str, Any], key: str) -> str:
    if words := words_of(message):
        return words
    match message[key]:
        case {"emoji": str(words)} | {"title": str(words)}:
            return words
    return ""


def _emoji_of(thing: object) -> str:
    match thing:
        case {"emoji": str(emoji)}:
            return emoji
    return ""


def _media(file: Any, claimed: str | None) -> tuple[Media, ...]:
    """Return the file as something to fetch: of a photo's sizes the largest, which comes last."""
    match file[-1] if isinstance(file, list) and file else file:
        case {"file_id": str(ref), "file_unique_id": str(same_as)} as found if storable(ref) and storable(same_as):
            size, name, kind = found.get("file_size"), found.get("file_name"), found.get("mime_type")
            return (
                Media(
                    ref=storable(ref, 512),
                    same_as=storable(same_as, 512),
                    content_type=storable(kind, 128) if isinstance(kind, str) else claimed,
                    file_name=storable(name, 256) if isinstance(name, str) else None,
                    size=size if isinstance(size, int) and 0 <= size < 2**62 else None,
                ),
            )
    return ()
