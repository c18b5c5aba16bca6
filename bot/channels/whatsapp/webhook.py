"""Where Twilio brings messages and what became of ours: https://www.twilio.com/docs/usage/webhooks/webhooks-security."""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, HTTPException, Request, Response, status
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bot.channels.guard import read_body
from bot.channels.ports import Intake
from bot.channels.whatsapp.parse import CHANNEL, parse_message, parse_status

PATH = "/webhooks/whatsapp"
STATUS_PATH = f"{PATH}/status"
SIGNATURE_HEADER = "X-Twilio-Signature"
MAX_BODY = 256 * 1024

log = structlog.get_logger()


def router(auth_token: str, public_url: str, intake: Intake) -> APIRouter:
    """Return the routes for messages and for delivery states.

    Twilio signs the address it called. Behind a proxy ours looks different, so the signature is checked against
    `public_url`, never against what the request says of itself.
    """
    routes = APIRouter()
    validator = RequestValidator(auth_token)
    base = public_url.rstrip("/")

    async def signed_form(request: Request, path: str) -> ImmutableMultiDict[str, str]:
        body = await read_body(request, MAX_BODY)
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        form: ImmutableMultiDict[str, str] = ImmutableMultiDict(pairs)
        query = request.scope["query_string"].decode("latin-1")
        url = base + path + (f"?{query}" if query else "")
        if not validator.validate(url, form, request.headers.get(SIGNATURE_HEADER, "")):
            log.warning("whatsapp.signature_refused", path=path)
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return form

    @routes.post(PATH, include_in_schema=False)
    async def message(request: Request) -> Response:
        parsed = parse_message(await signed_form(request, PATH))
        if parsed is not None:
            await intake.receive(parsed)
        return _nothing_to_say()

    @routes.post(STATUS_PATH, include_in_schema=False)
    async def delivery(request: Request) -> Response:
        change = parse_status(await signed_form(request, STATUS_PATH))
        if change is not None:
            await intake.delivery_changed(CHANNEL, change.provider_id, change.state, change.code)
        return _nothing_to_say()

    return routes


def _nothing_to_say() -> Response:
    """Return an empty TwiML answer: replies go out by themselves."""
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', media_type="text/xml")
