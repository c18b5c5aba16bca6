"""Where Telegram brings its updates: https://core.telegram.org/bots/api#setwebhook."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import JSONResponse
from telegram.error import TelegramError

from bot.channels.guard import read_json_object, same_secret
from bot.channels.ports import Intake
from bot.channels.telegram.client import ALLOWED_UPDATES, Client
from bot.channels.telegram.pace import pause
from bot.channels.telegram.parse import callback_id, parse_update

PATH = "/webhooks/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name, not its value
MAX_BODY = 1024 * 1024

log = structlog.get_logger()


def router(secret: str, intake: Intake) -> APIRouter:
    """Return the route that stores an update and only then answers 200.

    Telegram repeats whatever is not answered 2xx and holds that shopper's next messages back, so every update it can
    send is a 200, known to us or not; only a failure to store it is not.
    """
    routes = APIRouter()

    @routes.post(PATH, include_in_schema=False)
    async def update(request: Request) -> JSONResponse:
        if not same_secret(request.headers.get(SECRET_HEADER), secret):
            log.warning("telegram.secret_refused")
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        given = await read_json_object(request, MAX_BODY)
        message = parse_update(given)
        if message is not None:
            await intake.receive(message)
        # An answer may carry one call of the API; this one takes the waiting circle off the pressed button.
        query = callback_id(given)
        return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": query} if query else {})

    return routes


async def register(
    client: Client, public_url: str, secret: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Tell Telegram to bring updates to us; returns once it knows."""
    for failures in itertools.count(1):
        try:
            await client.set_webhook(
                public_url.rstrip("/") + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=40
            )
        except TelegramError as exc:
            wait = pause(exc, failures)
            log.warning("telegram.webhook_not_set", error=type(exc).__name__, pause=round(wait, 1))
            await sleep(wait)
        else:
            log.info("telegram.webhook_set")
            return
