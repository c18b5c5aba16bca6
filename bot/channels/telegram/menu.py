"""How the bot presents itself: https://core.telegram.org/bots/api#setmycommands, names and descriptions in every language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from telegram import BotCommand
from telegram.error import TelegramError

from bot.channels.telegram.client import Client
from bot.domain.command import Command

log = structlog.get_logger()

# STOP and RESUME are told of where they matter; START has a button of its own.
SHOWN = (Command.STATUS, Command.HUMAN, Command.BOT, Command.LANGUAGE, Command.PRIVACY, Command.FORGET)

Word = Callable[[str, str], str]
"""Given a language and a name: the word (`responses.book.ResponseBook.word`)."""


async def set_menu_once(client: Client, word: Word, languages: Sequence[str], default: str) -> None:
    """Set the menu when we start to listen; what Telegram does not take now, the next start tries again."""
    try:
        await set_menu(client, word, languages, default)
    except TelegramError as exc:
        log.warning("telegram.menu_not_set", error=type(exc).__name__)


async def set_menu(client: Client, word: Word, languages: Sequence[str], default: str) -> None:
    """Set commands and descriptions in each language, and the default's for all others; raises TelegramError."""
    for language in (*languages, None):
        spoken = language or default
        commands = [BotCommand(command.value, word(spoken, f"command_{command.value}")) for command in SHOWN]
        await client.set_my_commands(commands, language_code=language)
        await client.set_my_description(word(spoken, "bot_description"), language_code=language)
        await client.set_my_short_description(word(spoken, "bot_about"), language_code=language)
