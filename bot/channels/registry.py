"""The channels a shop has set up: built once, from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter

from bot.channels.ports import Intake, Sender
from bot.channels.telegram import webhook as telegram_webhook
from bot.channels.telegram.client import Client as TelegramClient
from bot.channels.telegram.parse import CHANNEL as TELEGRAM
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.send import TelegramSender
from bot.channels.web import webhook as web_webhook
from bot.channels.web.parse import CHANNEL as WEB
from bot.channels.web.send import WebSender
from bot.channels.web.tokens import WebTokens
from bot.channels.whatsapp import webhook as whatsapp_webhook
from bot.channels.whatsapp.client import HttpxClient, rest_client
from bot.channels.whatsapp.parse import CHANNEL as WHATSAPP
from bot.channels.whatsapp.send import WhatsAppSender
from bot.errors import SettingsError
from bot.settings import Settings, TelegramMode


class Channels:
    """Senders, webhooks and listeners of the configured channels. Nothing connects before it is used."""

    def __init__(
        self,
        settings: Settings,
        *,
        telegram_client: TelegramClient | None = None,
        twilio_http: HttpxClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []
        senders: dict[str, Sender] = {}
        self.telegram: TelegramClient | None = None
        if settings.telegram_bot_token is not None:
            self.telegram = telegram_client or TelegramClient(
                settings.telegram_bot_token.get_secret_value(), str(settings.telegram_api_base_url)
            )
            self._closers.append(self.telegram.hang_up)
            senders[TELEGRAM] = TelegramSender(self.telegram)
        if settings.whatsapp_on:
            http = twilio_http or HttpxClient()
            self._closers.append(http.close)
            senders[WHATSAPP] = _whatsapp_sender(settings, http)
        self.web_tokens = WebTokens(settings.session_secret) if settings.demo_on else None
        if self.web_tokens is not None:
            senders[WEB] = WebSender()
        self.senders: Mapping[str, Sender] = senders

    def routers(self, intake: Intake, transcript: web_webhook.Transcript) -> list[APIRouter]:
        """Return the webhooks of the configured channels."""
        settings, routers = self._settings, []
        if self._webhook_secret is not None:
            routers.append(telegram_webhook.router(self._webhook_secret, intake))
        if settings.twilio_auth_token is not None:
            token = settings.twilio_auth_token.get_secret_value()
            routers.append(whatsapp_webhook.router(token, str(settings.public_url), intake))
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
            listening = Polling(self.telegram, intake, sleep=self._sleep).run()
        self._tasks.append(asyncio.ensure_future(listening))

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


def _whatsapp_sender(settings: Settings, http: HttpxClient) -> WhatsAppSender:
    account, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_whatsapp_from
    if account is None or token is None or sender is None:
        raise SettingsError("WhatsApp needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM")
    base = str(settings.twilio_api_base_url) if settings.twilio_api_base_url is not None else None
    return WhatsAppSender(rest_client(account, token.get_secret_value(), base, http), sender, str(settings.public_url))
