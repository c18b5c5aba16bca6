"""`python -m bot telegram ...`: set the webhook and the menu, and tell how things stand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from telegram.error import TelegramError

from bot.channels.telegram.client import Client
from bot.channels.telegram.menu import set_menu
from bot.channels.telegram.webhook import PATH, set_webhook
from bot.errors import SettingsError, WarmlineError
from bot.settings import Settings, TelegramMode
from responses.book import ResponseBook


async def set_our_webhook(settings: Settings, client: Client | None = None) -> str:
    """Tell Telegram where our webhook is; raises SettingsError naming what is missing."""
    if settings.telegram_mode is not TelegramMode.WEBHOOK:
        raise SettingsError("TELEGRAM_MODE: set it to webhook, or the next start polls and removes the webhook")
    secret = settings.telegram_webhook_secret
    if settings.public_url is None or secret is None:
        raise SettingsError("a webhook needs PUBLIC_URL and TELEGRAM_WEBHOOK_SECRET")
    async with _telegram(settings, client) as bot:
        address = await set_webhook(bot, str(settings.public_url), secret.get_secret_value())
    return f"Telegram brings updates to {address}"


async def info(settings: Settings, client: Client | None = None) -> str:
    """Return in plain words how Telegram reaches us."""
    async with _telegram(settings, client) as bot:
        me, hook = await bot.get_me(), await bot.get_webhook_info()
    lines = [f"Bot: @{me.username}", f"TELEGRAM_MODE: {settings.telegram_mode.value}"]
    ours = str(settings.public_url).rstrip("/") + PATH if settings.public_url else None
    by_webhook = settings.telegram_mode is TelegramMode.WEBHOOK
    if not hook.url:
        lines.append(
            "Webhook: none" + (". Run `python -m bot telegram set-webhook`" if by_webhook else ", as it should be")
        )
    elif hook.url != ours:
        lines.append(f"Webhook: {hook.url}. This is not ours; whoever set it gets the messages")
    else:
        lines.append(f"Webhook: {hook.url}" + ("" if by_webhook else ". The next start removes it and polls"))
    lines.append(f"Waiting at Telegram: {hook.pending_update_count}")
    if hook.last_error_date:
        ago = datetime.now(UTC) - hook.last_error_date
        lines.append(f"Last trouble: {hook.last_error_message}, {int(ago.total_seconds() // 60)} minutes ago")
    return "\n".join(lines)


async def menu(settings: Settings, book: ResponseBook, client: Client | None = None) -> str:
    """Set commands and descriptions."""
    async with _telegram(settings, client) as bot:
        await set_menu(bot, book.word, book.languages, settings.default_language)
    return f"Commands and descriptions are set in {', '.join(book.languages)}"


@contextlib.asynccontextmanager
async def _telegram(settings: Settings, client: Client | None) -> AsyncIterator[Client]:
    if settings.telegram_bot_token is None:
        raise SettingsError("TELEGRAM_BOT_TOKEN is not set")
    bot = client or Client(settings.telegram_bot_token.get_secret_value(), str(settings.telegram_api_base_url))
    try:
        yield bot
    except TelegramError as exc:
        # Only the error's name where its text may hold the token.
        raise WarmlineError(f"Telegram does not answer as it should: {type(exc).__name__}") from exc
    finally:
        await bot.hang_up()
