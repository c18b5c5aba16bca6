"""Replies to WhatsApp."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import structlog
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from bot.channels.fit import numbered, shown
from bot.channels.pace import Pace
from bot.channels.ports import Capabilities
from bot.channels.whatsapp.codes import failure
from bot.channels.whatsapp.parse import PREFIX
from bot.channels.whatsapp.templates import MAX_BODY, MAX_BUTTONS, MAX_TITLE, Templates
from bot.channels.whatsapp.webhook import STATUS_PATH
from bot.domain.messages import Attachment, Reply, Template
from bot.errors import DeliveryError, DeliveryRefused

log = structlog.get_logger()

MAX_TEXT: Final = 1600
# After 24 hours without a word from the shopper WhatsApp takes approved templates only.
WINDOW: Final = timedelta(hours=24)
# https://www.twilio.com/docs/whatsapp/api: ten messages a second from a sender, files at 1.5 a second.
_OVERALL: Final = 0.1
_FILE_WEIGHT: Final = 10 / 1.5

# The connection itself failed, so nothing was asked.
_NOT_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CLOCKS_APART: Final = timedelta(seconds=30)
_LOOKED_THROUGH: Final = 50
_SID: Final = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_TYPED: Final = 1000
_LOST: Final = frozenset({"failed", "undelivered", "canceled"})
# https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages: 16 MB, pictures 5 MB; documents have no caption.
MAX_FILE: Final = 16 * 1024**2
MAX_PICTURE: Final = 5 * 1024**2
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages: so many characters beside a picture or film.
MAX_CAPTION: Final = 1024
_CAPTIONED: Final = ("image/jpeg", "image/png", "video/")


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
        # https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource
        self._indicators = client.messaging.v2.typing_indicator
        self._typed: dict[str, str] = {}
        self._from = PREFIX + sender.removeprefix(PREFIX)
        self._status_callback = public_url.rstrip("/") + STATUS_PATH
        self._templates = templates or Templates()
        self._link = link
        self._pace = pace or Pace(0, _OVERALL)
        most = max(self._templates.choices, default=0)
        self._capabilities = Capabilities(
            MAX_TEXT,
            min(most, MAX_BUTTONS),
            MAX_TITLE,
            max_text_with_buttons=MAX_BODY,
            reply_window=WINDOW,
            templates=self._templates.outside,
            max_file=MAX_FILE if link else 0,
            max_picture=MAX_PICTURE if link else 0,
            reports=True,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return WhatsApp's limits at Twilio."""
        return self._capabilities

    async def send(self, address: str, reply: Reply) -> str | None:
        """Hand one message to Twilio and return its id."""
        buttons = shown(reply, self._capabilities)
        words = numbered(reply) if buttons else reply.text
        if reply.attachment is not None:
            return await self._send_file(address, reply.attachment, words)
        if buttons and (content := self._templates.content_with(reply, buttons)):
            return await self._create(address, content_sid=content[0], content_variables=content[1])
        return await self._create(address, body=words)

    async def _send_file(self, address: str, file: Attachment, words: str) -> str | None:
        """Send a file, with its words beside it where WhatsApp shows them there, else after it."""
        if self._link is None:
            raise DeliveryRefused("files are not set up", code="no_vault")
        if file.size is not None and file.size > self._capabilities.largest(file.content_type):
            raise DeliveryRefused("larger than WhatsApp takes", code="too_big")
        beside = bool(words) and file.content_type.startswith(_CAPTIONED) and len(words) <= MAX_CAPTION
        caption = {"body": words} if beside else {}
        sid = await self._create(address, weight=_FILE_WEIGHT, media_url=[self._link(file.key)], **caption)
        return await self._create(address, body=words) if words and not beside else sid

    async def template(self, address: str, template: Template) -> str | None:
        """Send an approved message."""
        sid, variables = self._templates.content_of(template)
        return await self._create(address, content_sid=sid, content_variables=variables)

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:  # noqa: ARG002  the port's signature
        """Refuse: what was said here stays as it was."""
        raise DeliveryRefused("messages cannot be changed in this channel", code="cannot_edit")

    async def find(self, address: str, reply: Reply, since: datetime, known: Collection[str] = ()) -> str | None:
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
            # What Twilio took and then lost may go again: its report came for an id we did not know.
            ours = message.sid not in known and message.status not in _LOST and _carries(message, reply)
            if ours and created is not None and created >= begin:
                return str(message.sid)
        return None

    async def typing(self, address: str, answered: str | None = None) -> None:
        """Show "typing" and the message as read, once a message: the sign stays until the reply or for 25 seconds."""
        if answered is None or not _SID.fullmatch(answered) or self._typed.get(address) == answered:
            return
        # Forgotten oldest first: this is only there so that nobody is shown the same sign over and over.
        self._typed.pop(address, None)
        self._typed[address] = answered
        if len(self._typed) > _TYPED:
            self._typed.pop(next(iter(self._typed)))
        try:
            await self._indicators.create_async(channel="whatsapp", message_id=answered)
        except (TwilioRestException, TwilioServiceException, httpx.HTTPError, ValueError) as exc:
            log.debug("whatsapp.typing_failed", error=type(exc).__name__)

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


def _carries(message: Any, reply: Reply) -> bool:
    """True when a message of Twilio's list says the reply's words, or is a file where the reply is nothing else."""
    body = (message.body or "").strip()
    if body:
        return body in {reply.text.strip(), numbered(reply).strip()}
    return reply.attachment is not None and not reply.text and message.num_media not in {None, "0"}
