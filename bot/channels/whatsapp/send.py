"""Replies to WhatsApp. Error codes: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from bot.channels.ports import Capabilities
from bot.channels.whatsapp.parse import PREFIX
from bot.channels.whatsapp.webhook import STATUS_PATH
from bot.domain.messages import Reply, Template
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable

# Buttons would need a template approved beforehand; they go out as a numbered list. After 24 hours without a word
# from the shopper WhatsApp takes approved templates only.
CAPABILITIES = Capabilities(max_text=1600, max_buttons=0, max_button_title=24, reply_window=timedelta(hours=24))

_WAIT = {
    "20429": 5.0,  # too many requests to the API
    "63018": 10.0,  # too fast for this sender
    "63017": 10.0,  # too fast for this shopper
    "14107": 60.0,  # too fast for this account
    "21611": 60.0,  # the sender's queue is full
    "63038": 3600.0,  # the account's day is used up
}
_GONE = frozenset(
    {
        "21610",  # said STOP
        "63014",  # blocked the shop
        "63003",  # has no WhatsApp
    }
)
_REFUSED = frozenset(
    {
        "63016",  # outside the 24-hour window
        "21617",  # body too long
        "21658",  # body too long, as a parameter
        "63021",  # content WhatsApp will not carry
        "63024",  # not a recipient
        "63032",  # WhatsApp's own limit on this shopper
    }
)
_TOO_MANY, _SERVER_ERROR, _UNAUTHORISED, _FORBIDDEN = 429, 500, 401, 403


class WhatsAppSender:
    """Sends replies through Twilio, which reports back to the status webhook what became of them."""

    def __init__(self, client: Client, sender: str, public_url: str) -> None:
        self._messages = client.messages
        self._from = PREFIX + sender.removeprefix(PREFIX)
        self._status_callback = public_url.rstrip("/") + STATUS_PATH

    @property
    def capabilities(self) -> Capabilities:
        """Return WhatsApp's limits at Twilio."""
        return CAPABILITIES

    async def send(self, address: str, reply: Reply) -> str | None:
        """Hand one message to Twilio and return its id."""
        try:
            sent = await self._messages.create_async(
                to=PREFIX + address, from_=self._from, body=reply.text, status_callback=self._status_callback
            )
        except (TwilioRestException, TwilioServiceException) as exc:
            raise failure(exc.code, status=exc.status) from exc
        except (httpx.HTTPError, ValueError) as exc:  # no answer; an answer that is not JSON
            raise DeliveryError(f"Twilio did not answer: {type(exc).__name__}") from exc
        return str(sent.sid) if sent.sid else None

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:  # noqa: ARG002  the port's signature
        """Refuse: what was said here stays as it was."""
        raise DeliveryRefused("messages cannot be changed in this channel", code="cannot_edit")

    async def find(self, address: str, reply: Reply, since: datetime) -> str | None:  # noqa: ARG002  the port's signature
        """Return None: not asked yet."""
        return None

    async def template(self, address: str, template: Template) -> str | None:  # noqa: ARG002  the port's signature
        """Refuse: there is no window here, so there are no templates."""
        raise DeliveryRefused("no templates in this channel", code="no_template")

    async def typing(self, address: str) -> None:
        """Do nothing: Twilio shows "typing" only for a message whose id is at hand."""


def failure(code: str | int | None, *, status: int | None = None) -> DeliveryError:
    """Return our name for an error code of Twilio's, in an answer or in a status report."""
    name = str(code) if code is not None else str(status)
    said = f"Twilio error {name}"
    if name in _WAIT or status == _TOO_MANY:
        return RateLimited(said, retry_after=_WAIT.get(name, 5.0), code=name)
    if name in _GONE:
        return ShopperUnreachable(said, code=name)
    if name in _REFUSED:
        return DeliveryRefused(said, code=name)
    # Wrong credentials are the shop's to mend, and then the replies can go.
    if status is None or status >= _SERVER_ERROR or status in {_UNAUTHORISED, _FORBIDDEN}:
        return DeliveryError(said, code=name)
    return DeliveryRefused(said, code=name)
