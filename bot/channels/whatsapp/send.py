"""Replies to WhatsApp. Error codes: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import structlog
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from bot.channels.fit import numbered, shown
from bot.channels.pace import Pace
from bot.channels.ports import Capabilities
from bot.channels.whatsapp.parse import GONE, PREFIX, WINDOW_CLOSED
from bot.channels.whatsapp.templates import MAX_BUTTONS, MAX_TITLE, Templates
from bot.channels.whatsapp.webhook import STATUS_PATH
from bot.domain.messages import Reply, Template
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable, WindowClosed

MAX_TEXT: Final = 1600
# After 24 hours without a word from the shopper WhatsApp takes approved templates only.
WINDOW: Final = timedelta(hours=24)
# https://www.twilio.com/docs/whatsapp/api: ten messages a second from a sender, files at 1.5 a second.
_OVERALL: Final = 0.1
_FILE_WEIGHT: Final = 10 / 1.5

_WAIT = {
    "20429": 5.0,  # too many requests to the API
    "63018": 10.0,  # too fast for this sender
    "63017": 10.0,  # too fast for this shopper
    "14107": 60.0,  # too fast for this account
    "21611": 60.0,  # the sender's queue is full
}
_DAY_IS_OVER = "63038"  # the account's day is used up
_OUR_FAULT = frozenset({"21617", "21658"})  # a body longer than we may send
_PERMANENT: dict[str, type[DeliveryRefused]] = {
    **dict.fromkeys(_OUR_FAULT, DeliveryRefused),
    "63021": DeliveryRefused,  # content WhatsApp will not carry
    "63024": DeliveryRefused,  # not a recipient
    "63032": DeliveryRefused,  # WhatsApp's own limit on this shopper
    WINDOW_CLOSED: WindowClosed,
    **dict.fromkeys(GONE, ShopperUnreachable),
    "63003": ShopperUnreachable,  # has no WhatsApp
}
_TOO_MANY, _SERVER_ERROR, _UNAUTHORISED, _FORBIDDEN = 429, 500, 401, 403
# The connection itself failed, so nothing was asked.
_NOT_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CLOCKS_APART: Final = timedelta(seconds=30)
_LOOKED_THROUGH: Final = 50

log = structlog.get_logger()


class WhatsAppSender:
    """Sends replies through Twilio, which reports back to the status webhook what became of them.

    Buttons need a template approved beforehand; without one they go out as a numbered list. `link` makes an address by
    which Twilio can fetch a file of the vault, by its key.
    """

    def __init__(
        self,
        client: Client,
        sender: str,
        public_url: str,
        *,
        templates: Templates | None = None,
        link: Callable[[str], str] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._messages = client.messages
        self._from = PREFIX + sender.removeprefix(PREFIX)
        self._status_callback = public_url.rstrip("/") + STATUS_PATH
        self._templates = templates or Templates()
        self._link = link
        self._pace = pace or Pace(0, _OVERALL)
        most = max(self._templates.choices, default=0)
        self._capabilities = Capabilities(MAX_TEXT, min(most, MAX_BUTTONS), MAX_TITLE, reply_window=WINDOW)

    @property
    def capabilities(self) -> Capabilities:
        """Return WhatsApp's limits at Twilio."""
        return self._capabilities

    async def send(self, address: str, reply: Reply) -> str | None:
        """Hand one message to Twilio and return its id."""
        if reply.attachment is not None:
            if self._link is None:
                raise DeliveryRefused("files are not set up", code="no_vault")
            file = {"media_url": [self._link(reply.attachment.key)]} | ({"body": reply.text} if reply.text else {})
            return await self._create(address, weight=_FILE_WEIGHT, **file)
        buttons = shown(reply, self._capabilities)
        if buttons and (content := self._templates.content_with(reply, buttons)):
            return await self._create(address, content_sid=content[0], content_variables=content[1])
        return await self._create(address, body=numbered(reply) if buttons else reply.text)

    async def template(self, address: str, template: Template) -> str | None:
        """Send an approved message."""
        sid, variables = self._templates.content_of(template)
        return await self._create(address, content_sid=sid, content_variables=variables)

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:  # noqa: ARG002  the port's signature
        """Refuse: what was said here stays as it was."""
        raise DeliveryRefused("messages cannot be changed in this channel", code="cannot_edit")

    async def find(self, address: str, reply: Reply, since: datetime) -> str | None:
        """Look for the reply among the last messages to this shopper."""
        try:
            found = await self._messages.list_async(to=PREFIX + address, from_=self._from, limit=_LOOKED_THROUGH)
        except (TwilioRestException, TwilioServiceException) as exc:
            raise failure(exc.code, status=exc.status) from exc
        except (httpx.HTTPError, ValueError) as exc:
            raise DeliveryError(f"Twilio did not answer: {type(exc).__name__}") from exc
        begin = since - _CLOCKS_APART
        for message in found:
            created = message.date_created
            if created is not None and created >= begin and (message.body or "") == reply.text:
                return str(message.sid)
        return None

    async def typing(self, address: str) -> None:
        """Do nothing: Twilio shows "typing" only for a message whose id is at hand."""

    async def _create(self, address: str, *, weight: float = 1.0, **message: Any) -> str | None:
        await self._pace.turn(address, weight)
        try:
            sent = await self._messages.create_async(
                to=PREFIX + address, from_=self._from, status_callback=self._status_callback, **message
            )
        except (TwilioRestException, TwilioServiceException) as exc:
            raise failure(exc.code, status=exc.status) from exc
        except httpx.HTTPError as exc:
            lost = not isinstance(exc, _NOT_ASKED)
            raise DeliveryError(f"Twilio did not answer: {type(exc).__name__}", uncertain=lost) from exc
        except ValueError as exc:  # an answer that is not JSON
            raise DeliveryError("Twilio's answer is no JSON", uncertain=True) from exc
        return str(sent.sid) if sent.sid else None


def failure(code: str | int | None, *, status: int | None = None, now: datetime | None = None) -> DeliveryError:
    """Return our name for an error code of Twilio's, in an answer or in a status report."""
    name = str(code) if code is not None else str(status)
    said = f"Twilio error {name}"
    if name == _DAY_IS_OVER:
        log.error("whatsapp.daily_limit")
        return RateLimited(said, retry_after=_until_tomorrow(now or datetime.now(UTC)), code=name)
    if name in _WAIT or status == _TOO_MANY:
        return RateLimited(said, retry_after=_WAIT.get(name, 5.0), code=name)
    if name in _OUR_FAULT:
        log.error("whatsapp.body_too_long", code=name)
    # Wrong credentials are the shop's to mend, and then the replies can go.
    passing = status is None or status >= _SERVER_ERROR or status in {_UNAUTHORISED, _FORBIDDEN}
    kind = _PERMANENT.get(name, DeliveryError if passing else DeliveryRefused)
    return kind(said, code=name)


def _until_tomorrow(now: datetime) -> float:
    """Return the seconds until midnight UTC, when Twilio counts anew."""
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()
