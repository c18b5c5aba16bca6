"""The channels a shop has set up: built once, from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fastapi import APIRouter

from bot.channels.ports import Intake, MediaSource, Sender
from bot.channels.telegram import webhook as telegram_webhook
from bot.channels.telegram.client import Client as TelegramClient
from bot.channels.telegram.hear import Ear, hear_letter
from bot.channels.telegram.media import TelegramMedia
from bot.channels.telegram.menu import set_menu_once
from bot.channels.telegram.parse import CHANNEL as TELEGRAM
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.send import TelegramSender
from bot.channels.web import webhook as web_webhook
from bot.channels.web.parse import CHANNEL as WEB
from bot.channels.web.send import WebSender
from bot.channels.web.tokens import WebTokens
from bot.channels.whatsapp import webhook as whatsapp_webhook
from bot.channels.whatsapp.client import HttpxClient, rest_client
from bot.channels.whatsapp.media import TwilioMedia
from bot.channels.whatsapp.parse import CHANNEL as WHATSAPP
from bot.channels.whatsapp.send import WhatsAppSender
from bot.channels.whatsapp.templates import read_templates
from bot.domain.messages import DeadLetter
from bot.errors import SettingsError
from bot.settings import Settings, TelegramMode


class Spoken(Protocol):
    """What channels say by themselves (`bot.handoff.notices.Notices`)."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are words for."""
        ...

    def only_private(self, language: str | None) -> str:
        """The line to a group."""
        ...

    def word(self, language: str, name: str) -> str:
        """A word by its name."""
        ...


class Channels:
    """Senders, webhooks and listeners of the configured channels. Nothing connects before it is used."""

    def __init__(
        self,
        settings: Settings,
        spoken: Spoken,
        *,
        read_file: Callable[[str], Awaitable[bytes]] | None = None,
        link_to_file: Callable[[str], str] | None = None,
        telegram_client: TelegramClient | None = None,
        twilio_http: HttpxClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._spoken = spoken
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []
        senders: dict[str, Sender] = {}
        sources: dict[str, MediaSource] = {}
        self.telegram: TelegramClient | None = None
        if settings.telegram_bot_token is not None:
            self.telegram = telegram_client or TelegramClient(
                settings.telegram_bot_token.get_secret_value(), str(settings.telegram_api_base_url)
            )
            self._closers.append(self.telegram.hang_up)
            senders[TELEGRAM] = TelegramSender(self.telegram, read_file)
            sources[TELEGRAM] = TelegramMedia(self.telegram)
        if settings.whatsapp_on:
            http = twilio_http or HttpxClient()
            self._closers.append(http.close)
            senders[WHATSAPP], source = _whatsapp(settings, http, link_to_file)
            self._closers.append(source.close)
            sources[WHATSAPP] = source
        self.web_tokens = WebTokens(settings.session_secret) if settings.demo_on else None
        if self.web_tokens is not None:
            senders[WEB] = WebSender()
        self.senders: Mapping[str, Sender] = senders
        self.media_sources: Mapping[str, MediaSource] = sources

    async def address_to_start(self, argument: str) -> str | None:
        """Return an address that opens a chat with the bot and says `/start argument` there; None where there is none now."""
        return None if self.telegram is None else await self.telegram.address_to_start(argument)

    def routers(self, intake: Intake, transcript: web_webhook.Transcript) -> list[APIRouter]:
        """Return the webhooks of the configured channels."""
        settings, routers = self._settings, []
        if self._webhook_secret is not None and self.telegram is not None:
            networks = settings.telegram_allowed_networks
            ear = Ear(self.telegram, intake, self._spoken.only_private)
            routers.append(telegram_webhook.router(self._webhook_secret, ear, intake, networks))
        if settings.twilio_auth_token is not None:
            tokens = [settings.twilio_auth_token, settings.twilio_auth_token_secondary]
            given = [token.get_secret_value() for token in tokens if token is not None]
            routers.append(whatsapp_webhook.router(given, str(settings.public_url), intake))
        if self.web_tokens is not None:
            routers.append(web_webhook.router(self.web_tokens, intake, transcript))
        return routers

    async def start(self, intake: Intake) -> None:
        """Listen to Telegram: poll it, or tell it where our webhook is. Returns at once; Telegram may be down."""
        if self.telegram is None:
            return
        if self._webhook_secret is not None:
            listening: Awaitable[None] = telegram_webhook.register(
                self.telegram, str(self._settings.public_url), self._webhook_secret, sleep=self._sleep
            )
        else:
            ear = Ear(self.telegram, intake, self._spoken.only_private)
            listening = Polling(self.telegram, ear, sleep=self._sleep).run()
        self._tasks.append(asyncio.ensure_future(listening))
        menu = set_menu_once(self.telegram, self._spoken.word, self._spoken.languages, self._settings.default_language)
        self._tasks.append(asyncio.ensure_future(menu))

    async def stop(self) -> None:
        """Stop listening and close every connection; may be called twice, and without `start`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for close in self._closers:
            await close()

    @property
    def _webhook_secret(self) -> str | None:
        settings = self._settings
        by_webhook = settings.telegram_on and settings.telegram_mode is TelegramMode.WEBHOOK
        secret = settings.telegram_webhook_secret if by_webhook else None
        return secret.get_secret_value() if secret is not None else None


async def read_again(letter: DeadLetter, intake: Intake) -> None:
    """Hear what could not be read before as if it had just come; what still cannot be is a dead letter again."""
    if letter.channel == TELEGRAM:
        await hear_letter(letter.body, intake)
    elif letter.channel == WHATSAPP:
        await whatsapp_webhook.hear_message(letter.body, intake)
    else:
        await intake.dead(letter)


def _whatsapp(
    settings: Settings, http: HttpxClient, link: Callable[[str], str] | None
) -> tuple[WhatsAppSender, TwilioMedia]:
    account, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_whatsapp_from
    if account is None or token is None or sender is None:
        raise SettingsError("WhatsApp needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM")
    base = str(settings.twilio_api_base_url) if settings.twilio_api_base_url is not None else None
    secret = token.get_secret_value()
    client = rest_client(account, secret, base, http)
    templates = read_templates(settings.twilio_templates)
    whatsapp = WhatsAppSender(client, sender, str(settings.public_url), templates=templates, link=link)
    return whatsapp, TwilioMedia(account, secret, base)
