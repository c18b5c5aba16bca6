"""Where Telegram brings its updates: https://core.telegram.org/bots/api#setwebhook."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

import structlog
from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import JSONResponse
from telegram.error import TelegramError

from bot.channels.clean import storable
from bot.channels.guard import REFUSALS, body_of, read_body, same_secret
from bot.channels.ports import Intake
from bot.channels.telegram.client import ALLOWED_UPDATES, Client
from bot.channels.telegram.hear import Ear
from bot.channels.telegram.pace import pause
from bot.channels.telegram.parse import CHANNEL, callback_id
from bot.domain.messages import DeadLetter

PATH = "/webhooks/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # nosec B105  # noqa: S105  the header's name, not its value
MAX_BODY = 1024 * 1024

# As much of https://core.telegram.org/bots/api#update as our parser reads.
_CHAT: Final = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {"id": {"type": "integer"}, "type": {"enum": ["private", "group", "supergroup", "channel"]}},
}
_PERSON: Final = {
    "type": "object",
    "required": ["id", "is_bot", "first_name"],
    "properties": {
        "id": {"type": "integer"},
        "is_bot": {"type": "boolean"},
        "first_name": {"type": "string"},
        "language_code": {"type": "string"},
    },
}
_FILE: Final = {"type": "object", "properties": {"file_id": {"type": "string"}, "file_unique_id": {"type": "string"}}}
_MESSAGE: Final = {
    "type": "object",
    "required": ["message_id", "date", "chat"],
    "properties": {
        "message_id": {"type": "integer"},
        "date": {"type": "integer"},
        "chat": _CHAT,
        "from": _PERSON,
        "text": {"type": "string"},
        "caption": {"type": "string"},
        "photo": {"type": "array", "items": _FILE},
        "document": _FILE,
        "voice": _FILE,
        "media_group_id": {"type": "string"},
        "location": {
            "type": "object",
            "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}},
        },
        "contact": {
            "type": "object",
            "properties": {"phone_number": {"type": "string"}, "user_id": {"type": "integer"}},
        },
        "migrate_to_chat_id": {"type": "integer"},
    },
}
_UPDATE: Final = {
    "type": "object",
    "required": ["update_id"],
    "properties": {
        "update_id": {"type": "integer"},
        "message": _MESSAGE,
        "edited_message": _MESSAGE,
        "callback_query": {
            "type": "object",
            "required": ["id", "from"],
            "properties": {"id": {"type": "string"}, "from": _PERSON, "message": _MESSAGE, "data": {"type": "string"}},
        },
        "my_chat_member": {
            "type": "object",
            "properties": {
                "chat": _CHAT,
                "from": _PERSON,
                "new_chat_member": {"type": "object", "properties": {"status": {"type": "string"}}},
            },
        },
    },
}

log = structlog.get_logger()


def router(secret: str, ear: Ear, intake: Intake, networks: Sequence[IPv4Network | IPv6Network] = ()) -> APIRouter:
    """Return the route that stores an update and only then answers 200.

    Telegram repeats whatever is not answered 2xx and holds that shopper's next messages back, so whatever comes with the
    secret is a 200, known to us or not; only a failure to store it is not. Where `networks` are given, only callers in them
    are let in.
    """
    routes = APIRouter()

    @routes.post(PATH, responses=REFUSALS, openapi_extra=body_of({"application/json": _UPDATE}))
    async def update(request: Request) -> JSONResponse:
        if not same_secret(request.headers.get(SECRET_HEADER), secret) or not _is_in(request, networks):
            log.warning("telegram.secret_refused")
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        body = await read_body(request, MAX_BODY)
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            letter = DeadLetter(CHANNEL, storable(body.decode("utf-8", "replace"), MAX_BODY), "no JSON object")
            await intake.dead(letter)
            return JSONResponse({})
        await ear.hear(given)
        # An answer may carry one call of the API; this one takes the waiting circle off the pressed button.
        query = callback_id(given)
        return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query} if query else {})

    return routes


def _is_in(request: Request, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    if not networks:
        return True
    try:
        caller = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return any(caller in network for network in networks)


async def set_webhook(client: Client, public_url: str, secret: str) -> str:
    """Tell Telegram to bring updates to us, and return the address; raises TelegramError."""
    address = public_url.rstrip("/") + PATH
    await client.set_webhook(address, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=40)
    return address


async def register(
    client: Client, public_url: str, secret: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Tell Telegram to bring updates to us; returns once it knows."""
    for failures in itertools.count(1):
        try:
            await set_webhook(client, public_url, secret)
        except TelegramError as exc:
            wait = pause(exc, failures)
            log.warning("telegram.webhook_not_set", error=type(exc).__name__, pause=round(wait, 1))
            await sleep(wait)
        else:
            log.info("telegram.webhook_set")
            return
