"""Where Twilio brings messages and what became of ours: https://www.twilio.com/docs/usage/webhooks/webhooks-security."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import structlog
from fastapi import APIRouter, HTTPException, Request, Response, status
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bot.channels.clean import storable
from bot.channels.guard import REFUSALS, body_of, read_body
from bot.channels.ports import Intake
from bot.channels.whatsapp.codes import failure
from bot.channels.whatsapp.parse import CHANNEL, Unreadable, parse_message, parse_status
from bot.domain.messages import DeadLetter, Delivery, Reachability
from bot.errors import ChannelStopped, RateLimited

PATH = "/webhooks/whatsapp"
STATUS_PATH = f"{PATH}/status"
# Where Twilio goes when PATH does not answer: the message is the same, with why it came here.
FALLBACK_PATH = f"{PATH}/fallback"
SIGNATURE_HEADER = "X-Twilio-Signature"
MAX_BODY = 256 * 1024

# As much of https://www.twilio.com/docs/messaging/guides/webhook-request as our parser reads; every value is a string.
_NAMES: Final = (
    "MessageSid", "From", "To", "Body", "ProfileName", "NumMedia", "MediaUrl0", "MediaContentType0", "Latitude", "Longitude",
    "Address", "ButtonText", "ButtonPayload", "OptOutType", "OriginalRepliedMessageSid", "MessageStatus", "ErrorCode",
)  # fmt: skip
_FIELDS: Final = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in _NAMES},
    "additionalProperties": {"type": "string"},
}
_BODIES: Final = {"application/x-www-form-urlencoded": _FIELDS, "application/json": _FIELDS}
_ANSWERS: Final = {200: {"content": {"text/xml": {}}, "description": "Heard; replies go out by themselves"}} | REFUSALS

log = structlog.get_logger()


def router(auth_tokens: Sequence[str], public_url: str, intake: Intake) -> APIRouter:
    """Return the routes for messages and for delivery states.

    Twilio signs the address it called. Behind a proxy ours looks different, so the signature is checked against
    `public_url`, never against what the request says of itself. Any of `auth_tokens` may have signed: while a shop changes
    its token there are two. What is signed is answered 200, readable or not.
    """
    routes = APIRouter()
    validators = [RequestValidator(token) for token in auth_tokens]
    base = public_url.rstrip("/")

    async def signed_body(request: Request) -> str:
        body = (await read_body(request, MAX_BODY)).decode("utf-8", "replace")
        query = request.scope["query_string"].decode("latin-1")
        url = base + request.url.path + (f"?{query}" if query else "")
        signature = request.headers.get(SIGNATURE_HEADER, "")
        # JSON is signed by its hash in the query, a form by its fields.
        hashed = "bodySHA256" in parse_qs(urlsplit(url).query)
        signed = body if hashed else ImmutableMultiDict(parse_qsl(body, keep_blank_values=True))
        if not any(validator.validate(url, signed, signature) for validator in validators):
            log.warning("whatsapp.signature_refused", path=request.url.path)
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return body

    def route(path: str, hear: Callable[[str, Intake], Awaitable[None]]) -> None:
        @routes.post(path, responses=_ANSWERS, response_class=Response, openapi_extra=body_of(_BODIES))
        async def heard(request: Request) -> Response:
            await hear(await signed_body(request), intake)
            return _nothing_to_say()

    route(PATH, hear_message)
    route(FALLBACK_PATH, hear_message)
    route(STATUS_PATH, hear_status)
    return routes


async def hear_message(body: str, intake: Intake) -> None:
    """Store a message; one that cannot be read is kept as a dead letter. Raises only where nothing can be stored."""
    try:
        parsed = parse_message(_fields(body))
    except Exception as exc:  # noqa: BLE001  Twilio does not repeat what we refuse: it would be lost
        parsed = Unreadable(f"the parser failed: {type(exc).__name__}")
    if isinstance(parsed, Unreadable):
        await intake.dead(DeadLetter(CHANNEL, storable(body, MAX_BODY), parsed.reason))
    elif parsed is not None:
        await intake.receive(parsed)


async def hear_status(body: str, intake: Intake) -> None:
    """Keep what became of a reply; a report that cannot be read says nothing we need."""
    try:
        change = parse_status(_fields(body))
    except Exception as exc:  # noqa: BLE001  as above, but nobody said anything
        log.warning("whatsapp.status_unreadable", error=type(exc).__name__)
        return
    if change is None:
        return
    again_in = None
    if change.state is Delivery.FAILED and change.code:
        means = failure(change.code)
        log.warning("whatsapp.undelivered", code=change.code, means=type(means).__name__)
        again_in = means.retry_after if isinstance(means, RateLimited) else None
        if isinstance(means, ChannelStopped):
            await intake.channel_stopped(CHANNEL, means)
    await intake.delivery_changed(CHANNEL, change.provider_id, change.state, change.code, again_in=again_in)
    if change.gone:
        await intake.reachability(Reachability(CHANNEL, change.gone, reachable=False))


def _fields(body: str) -> Mapping[str, str]:
    """Return the fields of a form or of a JSON object; the first value counts of one that comes twice."""
    if body.lstrip().startswith("{"):
        given = json.loads(body)
        return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    return dict(reversed(parse_qsl(body, keep_blank_values=True)))


def _nothing_to_say() -> Response:
    """Return an empty TwiML answer: replies go out by themselves."""
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', media_type="text/xml")
