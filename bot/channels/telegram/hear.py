"""What to do with an update, however it came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from telegram.error import TelegramError

from bot.channels.clean import storable
from bot.channels.ports import Intake
from bot.channels.telegram.client import Client
from bot.channels.telegram.parse import CHANNEL, Group, Unreadable, parse_update
from bot.domain.messages import DeadLetter, Edit, InboundMessage, Reachability

log = structlog.get_logger()


class Ear:
    """Stores what updates tell. In groups it says once, by `only_private(language)`, that it does not speak there, and leaves."""

    def __init__(self, client: Client, intake: Intake, only_private: Callable[[str | None], str]) -> None:
        self._client = client
        self._intake = intake
        self._only_private = only_private

    async def hear(self, update: Mapping[str, Any]) -> None:
        """Store what an update tells; one that cannot be read is kept as a dead letter and holds up nothing.

        Raises only where nothing can be stored.
        """
        group = await _store(update, self._intake)
        if group is not None:
            await self._leave(group)

    async def _leave(self, group: Group) -> None:
        log.info("telegram.group_left")
        try:
            await self._client.send_message(group.chat, self._only_private(group.language))
        except TelegramError as exc:  # may not write there
            log.debug("telegram.group_not_told", error=type(exc).__name__)
        try:
            await self._client.leave_chat(group.chat)
        except TelegramError as exc:  # is out already
            log.debug("telegram.group_not_left", error=type(exc).__name__)


async def hear_letter(body: str, intake: Intake) -> None:
    """Hear an update that was kept as a dead letter; one that still cannot be read is one again."""
    try:
        update = json.loads(body)
    except ValueError:
        update = None
    if isinstance(update, dict):
        await _store(update, intake)
    else:
        await intake.dead(DeadLetter(CHANNEL, body, "no JSON object"))


async def _store(update: Mapping[str, Any], intake: Intake) -> Group | None:
    """Store what an update tells, and return the group it comes from, if any."""
    try:
        happening = parse_update(update)
    except Exception as exc:  # noqa: BLE001  whatever it is, it must not come again for a day
        happening = Unreadable(f"the parser failed: {type(exc).__name__}")
    match happening:
        case InboundMessage():
            await intake.receive(happening)
        case Edit():
            await intake.edited(happening)
        case Reachability():
            await intake.reachability(happening)
        case Group():
            return happening
        case Unreadable():
            body = storable(json.dumps(update, ensure_ascii=False), 100_000)
            await intake.dead(DeadLetter(CHANNEL, body, happening.reason))
    return None
