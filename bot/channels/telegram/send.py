"""Replies to Telegram."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

import httpx
import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
)
from telegram.constants import ChatAction, FileSizeLimit, InlineKeyboardButtonLimit, MessageLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.channels.fit import shown
from bot.channels.pace import Pace
from bot.channels.ports import Capabilities
from bot.channels.telegram.client import Client
from bot.channels.telegram.pace import asked_to_wait, telegrams_pace
from bot.domain.messages import Attachment, Button, Reply, Template
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, ShopperUnreachable

# A picture too big to be shown as one goes out as a document: https://core.telegram.org/bots/api#sending-files
CAPABILITIES = Capabilities(
    max_text=4096, max_buttons=8, max_button_title=48, shares_contact=True, edits=True,
    max_file=FileSizeLimit.FILESIZE_UPLOAD, max_picture=FileSizeLimit.FILESIZE_UPLOAD,
)  # fmt: skip
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
# The connection itself failed, so nothing was asked.
_NOT_ASKED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup
_SHORT = 12  # two titles of this length stand side by side on a small phone
_NUMBERS = 6

log = structlog.get_logger()


class TelegramSender:
    """Sends replies through the Bot API, no faster than Telegram allows. `read` gives a file of the vault by its key."""

    def __init__(
        self, client: Client, read: Callable[[str], Awaitable[bytes]] | None = None, pace: Pace | None = None
    ) -> None:
        self._client = client
        self._read = read
        self._pace = pace or telegrams_pace()

    @property
    def capabilities(self) -> Capabilities:
        """Return Telegram's limits."""
        return CAPABILITIES

    async def send(self, address: str, reply: Reply) -> str | None:
        """Send one message, or a file with its words, and return the id of the words in the chat."""
        await self._pace.turn(address)
        try:
            try:
                return await self._send(address, reply)
            except ChatMigrated as exc:
                return await self._send(str(exc.new_chat_id), reply)
        except TelegramError as exc:
            raise translated(exc) from exc

    async def _send(self, address: str, reply: Reply) -> str:
        markup = keyboard(reply)
        if reply.attachment is None:
            sent = await self._client.send_message(address, reply.text, reply_markup=markup)
            return str(sent.message_id)
        fits = len(reply.text) <= MessageLimit.CAPTION_LENGTH // 2  # Telegram counts UTF-16 units
        sent = await self._upload(address, reply.attachment, reply.text if fits else None, markup if fits else None)
        if not fits:
            sent = await self._client.send_message(address, reply.text, reply_markup=markup)
        return str(sent.message_id)

    async def _upload(self, address: str, file: Attachment, caption: str | None, markup: Markup | None) -> Message:
        if self._read is None:
            raise DeliveryRefused("files are not set up", code="no_vault")
        read = await self._read(file.key)
        content = InputFile(read, filename=file.file_name or None, attach=False)
        if file.content_type in _PHOTOS and len(read) <= FileSizeLimit.PHOTOSIZE_UPLOAD:
            return await self._client.send_photo(address, content, caption=caption, reply_markup=markup)
        return await self._client.send_document(address, content, caption=caption, reply_markup=markup)

    async def edit(self, address: str, provider_id: str, reply: Reply) -> None:
        """Give a message other words; one that has them already is no trouble, so that a lost answer may be asked for again."""
        try:
            await self._client.edit_message_text(reply.text, chat_id=address, message_id=int(provider_id))
        except TelegramError as exc:
            if isinstance(exc, BadRequest) and "not modified" in exc.message.casefold():
                return
            raise translated(exc) from exc

    async def find(self, address: str, reply: Reply, since: datetime, known: Collection[str] = ()) -> str | None:  # noqa: ARG002  the port's signature
        """Return None: Telegram cannot be asked what it took."""
        return None

    async def template(self, address: str, template: Template) -> str | None:  # noqa: ARG002  the port's signature
        """Refuse: there is no window here, so there are no templates."""
        raise DeliveryRefused("no templates in this channel", code="no_template")

    async def typing(self, address: str, answered: str | None = None) -> None:  # noqa: ARG002  the port's signature
        """Show "typing" for five seconds or until the next message."""
        try:
            await self._client.send_chat_action(address, ChatAction.TYPING)
        except TelegramError as exc:
            log.debug("telegram.typing_failed", error=type(exc).__name__)


def keyboard(reply: Reply) -> Markup | None:
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
    return DeliveryError(f"{type(exc).__name__}: {exc.message}", uncertain=_answer_lost(exc))


def _answer_lost(exc: TelegramError) -> bool:
    """True where the request went out and no answer came: Telegram may have done what it was asked."""
    cause = exc.__cause__
    return isinstance(cause, httpx.TransportError) and not isinstance(cause, _NOT_ASKED)


def _short_enough(button: Button) -> bool:
    return len(button.payload.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


def _rows(buttons: tuple[Button, ...]) -> list[list[Button]]:
    """Return one button a row, but two short ones (yes, no) side by side, and numbers six in a row."""
    rows: list[list[Button]] = []
    for button in buttons:
        last = rows[-1] if rows else []
        if button.title.isdecimal() and last and last[-1].title.isdecimal() and len(last) < _NUMBERS:
            last.append(button)
        elif button.title.isdecimal() or (last and last[-1].title.isdecimal()):
            rows.append([button])
        elif len(last) == 1 and max(len(last[0].title), len(button.title)) <= _SHORT:
            last.append(button)
        else:
            rows.append([button])
    return rows
