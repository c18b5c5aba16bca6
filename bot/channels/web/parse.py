"""The demo page's messages, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.channels.clean import intent_payload, storable
from bot.domain.messages import InboundMessage, Kind

CHANNEL = "web"
MAX_ID, MAX_TEXT = 64, 4000


def parse_message(session: str, body: Mapping[str, Any]) -> InboundMessage | None:
    """Return the shopper's message `{"id", "text", "payload"?}`, or None when it is not one. Raises on no JSON object.

    The page makes up the id, so it counts only within its session.
    """
    match body:
        case {"id": str(message_id), "text": str(text)} if len(message_id) <= MAX_ID and len(text) <= MAX_TEXT:
            payload = body.get("payload")
        case _:
            return None
    number, said = storable(message_id).strip(), storable(text)
    if not number or not (said.strip() or payload):
        return None
    if payload is not None:
        payload = intent_payload(payload) if isinstance(payload, str) else None
        if payload is None:
            return None
    return InboundMessage(
        channel=CHANNEL,
        external_id=f"{session}:{number}",
        address=session,
        text=said,
        kind=Kind.BUTTON if payload else Kind.TEXT,
        payload=payload,
    )
