"""Replies to Telegram."""

from __future__ import annotations

from datetime import datetime

import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)
from telegram.constants import ChatAction, InlineKeyboardButtonLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.channels.fit import shown
from bot.channels.ports import Capabilities
from bot.channels.telegram.client import Client
from bot.channels.telegram.pace import Pace, asked_to_wait
from bot.domain.messages import Button, Reply, Template
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable

CAPABILITIES = Capabilities(max_text=4096, max_buttons=8, max_button_title=48, shares_contact=True)
_SHORT = 12  # two titles of this length stand side by side on a small phone

log = structlog.get_logger()


class TelegramSender:
    """Sends replies through the Bot API, no faster than Telegram allows."""

    def __init__(self, client: Client, pace: Pace | None = None) -> None:
        self._client = client
        self._pace = pace or Pace()

    @property
    def capabilities(self) -> Capabilities:
        """Return Telegram's limits."""
        return CAPABILITIES

    async def send(self, address: str, reply: Reply) -> str | None:
        """Send one message and return its id in the chat."""
        await self._pace.turn(address)
        try:
            sent = await self._client.send_message(address, reply.text, reply_markup=keyboard(reply))
        except TelegramError as exc:
            raise translated(exc) from exc
        return str(sent.message_id)

    async def find(self, address: str, reply: Reply, since: datetime) -> str | None:  # noqa: ARG002  the port's signature
        """Return None: Telegram cannot be asked what it took."""
        return None

    async def template(self, address: str, template: Template) -> str | None:
        """Refuse: there is no window here, so there are no templates."""
        raise DeliveryRefused("no templates in this channel", code="no_template")

    async def typing(self, address: str) -> None:
        """Show "typing" for five seconds or until the next message."""
        try:
            await self._client.send_chat_action(address, ChatAction.TYPING)
        except TelegramError as exc:
            log.debug("telegram.typing_failed", error=type(exc).__name__)


def keyboard(reply: Reply) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """Return the buttons of a reply as Telegram draws them.

    Payloads go along with buttons under the message. Where one is longer than Telegram's 64 bytes, or the reply also
    asks for the phone number, the titles stand where the shopper types and come back as text, which
    `bot.channels.fit.choose` understands.
    """
    buttons = shown(reply, CAPABILITIES)
    if reply.share_contact is None and all(_short_enough(button) for button in buttons):
        if not buttons:
            return None
        inline = [[InlineKeyboardButton(b.title, callback_data=b.payload) for b in row] for row in _rows(buttons)]
        return InlineKeyboardMarkup(inline)
    rows = [[KeyboardButton(button.title) for button in row] for row in _rows(buttons)]
    if reply.share_contact is not None:
        rows.insert(0, [KeyboardButton(reply.share_contact, request_contact=True)])
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)


def translated(exc: TelegramError) -> DeliveryError:
    """Return our name for what went wrong."""
    if isinstance(exc, RetryAfter):
        return RateLimited("Telegram asks to slow down", retry_after=asked_to_wait(exc), code="429")
    if isinstance(exc, Forbidden):  # blocked the bot, deleted the account
        return ShopperUnreachable(exc.message, code="403")
    if isinstance(exc, ChatMigrated):
        return DeliveryRefused(exc.message, code="400")
    if isinstance(exc, BadRequest):  # a NetworkError by inheritance, but trying again gives the same answer
        return DeliveryRefused(exc.message, code="400")
    # TimedOut and NetworkError may pass. So may InvalidToken and Conflict, once the shop mends its settings.
    return DeliveryError(f"{type(exc).__name__}: {exc.message}")


def _short_enough(button: Button) -> bool:
    return len(button.payload.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


def _rows(buttons: tuple[Button, ...]) -> list[list[Button]]:
    """Return one button a row, but two short ones (yes, no) side by side."""
    rows: list[list[Button]] = []
    for button in buttons:
        last = rows[-1] if rows else []
        if len(last) == 1 and max(len(last[0].title), len(button.title)) <= _SHORT:
            last.append(button)
        else:
            rows.append([button])
    return rows
