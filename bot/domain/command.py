"""What a shopper can ask of Warmline itself, by a command of the channel's menu, a button or a fixed word."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Command(StrEnum):
    """The commands. Written as payloads: `/human`, `/language{"to": "ru"}`; none is an intent of the assistant."""

    START = "start"
    LANGUAGE = "language"
    HUMAN = "human"
    BOT = "bot"
    STATUS = "status"
    PRIVACY = "privacy"
    FORGET = "forget"
    STOP = "stop"
    RESUME = "resume"
    # What a shopper chooses when nobody came in time (`bot.domain.duty.Wish`).
    WAIT = "wait"
    CALLBACK = "callback"
    LATER = "later"


YES: Final = "yes"
# The provider has answered a STOP itself and carries nothing more to the shopper.
ANSWERED: Final = "answered"


@dataclass(frozen=True)
class Asked:
    """A command and what was said with it.

    A language for LANGUAGE, the link's parameter for START, YES for FORGET, ANSWERED for STOP.
    """

    command: Command
    argument: str | None = None

    @property
    def payload(self) -> str:
        """Return it as a payload."""
        if self.argument is None:
            return f"/{self.command}"
        return f"/{self.command}" + json.dumps({"to": self.argument}, ensure_ascii=False)


def asked_in(payload: str | None) -> Asked | None:
    """Return the command that a payload stands for, or None when it is for the assistant."""
    if payload is None or not payload.startswith("/"):
        return None
    name, brace, rest = payload[1:].partition("{")
    if name not in Command:
        return None
    try:
        argument = json.loads(brace + rest)["to"] if brace else None
    except (ValueError, KeyError, TypeError):
        return None
    return Asked(Command(name), argument if isinstance(argument, str) else None)
