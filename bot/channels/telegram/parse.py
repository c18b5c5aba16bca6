"""Telegram's updates, read: https://core.telegram.org/bots/api#update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.clean import intent_payload, storable
from bot.channels.telegram.contents import Contents, contents_of, words_of
from bot.channels.telegram.people import language_of, name_of
from bot.domain.messages import Edit, InboundMessage, Kind, Reachability

CHANNEL = "telegram"
_LONGEST_QUOTE = 300


@dataclass(frozen=True)
class Group:
    """We are in a group or a channel, where orders are nobody's business; `language` is that of who brought us there."""

    chat: int
    language: str | None


@dataclass(frozen=True)
class Unreadable:
    """An update that should be a shopper's message and is not what Telegram promises."""

    reason: str


Happening = InboundMessage | Edit | Reachability | Group | Unreadable
"""What an update tells."""


def parse_update(update: Mapping[str, Any]) -> Happening | None:
    """Return what an update tells, or None for one that is nothing to us. Raises on no JSON object.

    Nothing to us are service messages such as a pinned one, and reactions taken back. The same message has the same
    external id by polling and by webhook, and after a restart of Telegram's update ids: it is made of the chat's and the
    message's id.
    """
    match update:
        case {"callback_query": {"id": str(query), "from": {"id": int()} as sender, "data": str(data)} as callback}:
            match callback.get("message"):
                case {"chat": {"id": int(chat), "type": "private"}} as message:
                    return _button(query, chat, sender, message, data)
        case {"message": message} | {"channel_post": message}:
            return _message(message)
        case {"edited_message": message}:
            return _edit(message)
        case {"message_reaction": reaction}:
            return _reaction(reaction)
        case {"my_chat_member": change}:
            return _membership(change)
    return None


def callback_id(update: Mapping[str, Any]) -> str | None:
    """Return the id of the pressed button's query, which Telegram wants answered whatever it holds."""
    match update:
        case {"callback_query": {"id": str(query)}}:
            return query
    return None


def _message(message: Any) -> Happening | None:
    match message:
        case {"migrate_to_chat_id": _} | {"migrate_from_chat_id": _}:
            return None
        case {"chat": {"id": int(chat), "type": str(kind)}} if kind != "private":
            sender = message.get("from")
            return Group(chat, language_of(sender) if isinstance(sender, Mapping) else None)
        case {"message_id": int(number), "chat": {"id": int(chat), "type": "private"}, "from": {"id": int()} as sender}:
            contents = contents_of(message, sender)
            return _inbound(chat, number, sender, message, contents) if contents else None
    return Unreadable("a message without id, chat or sender")


def _inbound(
    chat: int, number: int, sender: Mapping[str, Any], message: Mapping[str, Any], contents: Contents
) -> InboundMessage:
    external_id, album = _external_id(chat, number, message)
    quotes, quoted_text = _quoted(message)
    return InboundMessage(
        channel=CHANNEL,
        external_id=external_id,
        address=str(chat),
        text=storable(contents.text),
        kind=contents.kind,
        payload=contents.payload,
        shopper_name=name_of(sender),
        language_hint=language_of(sender),
        proven_phone=contents.proven_phone,
        media=contents.media,
        album=album,
        quotes=quotes,
        quoted_text=quoted_text,
    )


def _external_id(chat: int, number: int, message: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the message's external id, and whether it is a part of an album."""
    match message.get("media_group_id"):
        case str(group) if group:
            return f"{chat}:album:{storable(group, 64)}", True
    return f"{chat}:{number}", False


def _quoted(message: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the id of the message that this one answers, and its words: the part the shopper marked, else its beginning."""
    quoted = message.get("reply_to_message")
    match quoted:
        case {"message_id": int(number)}:
            match message.get("quote"):
                case {"text": str(marked)}:
                    return str(number), storable(marked, _LONGEST_QUOTE)
            return str(number), storable(words_of(quoted or {}), _LONGEST_QUOTE) or None
    return None, None


def _edit(message: Any) -> Edit | None:
    match message:
        case {"message_id": int(number), "chat": {"id": int(chat), "type": "private"}, "from": {"id": int()}}:
            external_id, _ = _external_id(chat, number, message)
            return Edit(CHANNEL, external_id, storable(words_of(message)))
    return None


def _reaction(reaction: Any) -> InboundMessage | None:
    match reaction:
        case {
            "chat": {"id": int(chat), "type": "private"},
            "message_id": int(number),
            "user": {"id": int()} as sender,
            "date": int(date),
            "new_reaction": list(new),
        }:
            before = _emojis(reaction.get("old_reaction"))
            added = [emoji for emoji in _emojis(new) if emoji not in before]
            if added:
                return InboundMessage(
                    channel=CHANNEL,
                    external_id=f"{chat}:{number}:reaction:{date}:{''.join(added)}",
                    address=str(chat),
                    text="".join(added),
                    kind=Kind.REACTION,
                    shopper_name=name_of(sender),
                    language_hint=language_of(sender),
                    quotes=str(number),
                )
    return None


def _emojis(reactions: object) -> list[str]:
    found = []
    for reaction in reactions if isinstance(reactions, list) else []:
        match reaction:
            case {"type": "emoji", "emoji": str(emoji)} if storable(emoji, 16):
                found.append(storable(emoji, 16))
    return found


def _membership(change: Any) -> Reachability | Group | None:
    match change:
        case {"chat": {"id": int(chat), "type": "private"}, "new_chat_member": {"status": str(status)}}:
            return Reachability(CHANNEL, str(chat), reachable=status not in {"kicked", "left"})
        case {"chat": {"id": int(chat)}, "new_chat_member": {"status": "member" | "administrator"}}:
            sender = change.get("from")
            return Group(chat, language_of(sender) if isinstance(sender, Mapping) else None)
    return None


def _button(query: str, chat: int, sender: Mapping[str, Any], message: Mapping[str, Any], data: str) -> InboundMessage:
    payload = intent_payload(data)
    # Data that is not ours comes from a keyboard an earlier bot left in the chat: its title is what was said.
    return InboundMessage(
        channel=CHANNEL,
        external_id=f"callback:{storable(query, 128)}",
        address=str(chat),
        text=storable(_title(message, data) or data),
        kind=Kind.BUTTON if payload else Kind.TEXT,
        payload=payload,
        shopper_name=name_of(sender),
        language_hint=language_of(sender),
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
