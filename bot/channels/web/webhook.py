"""The demo page's door: sessions, messages in, replies out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, status

from bot.channels.guard import REFUSALS, body_of, read_json_object
from bot.channels.ports import Intake
from bot.channels.web.parse import MAX_ID, MAX_TEXT, parse_message
from bot.channels.web.tokens import WebTokens
from bot.domain.messages import Author
from bot.domain.people import Message

PATH = "/webhooks/web/messages"
SESSIONS_PATH = "/webhooks/web/sessions"
MAX_BODY = 64 * 1024
MAX_ROW = 2**63 - 1
_REFUSALS: Final = REFUSALS | {
    status.HTTP_400_BAD_REQUEST: {"description": "Not a JSON object"},
    status.HTTP_422_UNPROCESSABLE_CONTENT: {"description": "id, text or payload is missing or wrong"},
}
_MESSAGE: Final = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": MAX_ID},
        "text": {"type": "string", "maxLength": MAX_TEXT},
        "payload": {"type": ["string", "null"]},
    },
}

Transcript = Callable[[str, int], Awaitable[Sequence[Message]]]
"""Given an address and a message id: what was said there after it, oldest first; nothing for an unknown address."""


def router(tokens: WebTokens, intake: Intake, transcript: Transcript) -> APIRouter:
    """Return the routes of the demo page and of anybody who speaks to it without a browser."""
    routes = APIRouter()

    @routes.post(SESSIONS_PATH, status_code=status.HTTP_201_CREATED)
    async def start() -> dict[str, str]:
        session, token = tokens.issue()
        return {"session": session, "token": token}

    @routes.post(PATH, responses=_REFUSALS, openapi_extra=body_of({"application/json": _MESSAGE}))
    async def say(request: Request) -> dict[str, int]:
        session = _session(request, tokens)
        message = parse_message(session, await read_json_object(request, MAX_BODY))
        if message is None:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "id, text or payload is missing or wrong")
        return {"new": await intake.receive(message)}

    @routes.get(PATH, responses={403: REFUSALS[403]})
    async def replies(request: Request, after: Annotated[int, Query(ge=0, le=MAX_ROW)] = 0) -> list[dict[str, Any]]:
        return [
            {"id": m.id, "author": m.author.value, "text": m.text, "buttons": [asdict(b) for b in m.buttons]}
            for m in await transcript(_session(request, tokens), after)
            if m.author is not Author.SHOPPER
        ]

    return routes


def _session(request: Request, tokens: WebTokens) -> str:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    session = tokens.session_of(bearer.strip()) if scheme.lower() == "bearer" else None
    if session is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return session
