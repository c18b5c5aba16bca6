"""Who wrote: https://core.telegram.org/bots/api#user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.channels.clean import storable


def name_of(user: Mapping[str, Any]) -> str | None:
    """Return somebody's name as Telegram shows it."""
    names = [user.get("first_name"), user.get("last_name")]
    return storable(" ".join(name for name in names if isinstance(name, str)), 256).strip() or None


def language_of(user: Mapping[str, Any]) -> str | None:
    """Return the language of somebody's app, `el` for `el-GR`."""
    language = user.get("language_code")
    hint = re.match("[a-z]{2,3}", language.lower()) if isinstance(language, str) else None
    return hint[0] if hint else None
