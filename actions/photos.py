"""Photos of what went wrong: asked for once, never a condition, thanked for, and named where they go along."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from actions.case import Case
from bot.domain.promise import OrderProblem

# Those whose files are fetched and shown to colleagues.
CHANNELS: Final = frozenset({"telegram", "whatsapp"})
SHOWN: Final = frozenset({OrderProblem.DAMAGED, OrderProblem.WRONG_ITEM})
# A photo belongs to what is talked of for so long, and is asked for once in that time.
_LATELY: Final = timedelta(days=3)


async def thank_or_ask(case: Case, problem: OrderProblem | None) -> None:
    """Thank for a photo that came with these words; where none came lately, ask for one."""
    turn = case.turn
    if turn.channel not in CHANNELS or problem not in SHOWN:
        return
    came = await _came(case)
    if turn.said.key in came:
        case.say("utter_photo_kept")
    elif not came and (
        turn.photo_asked_at is None or case.now.timestamp() - turn.photo_asked_at > _LATELY.total_seconds()
    ):
        case.say("utter_ask_photo")


async def say_it_goes_along(case: Case) -> None:
    """Say that a photo sent lately goes with what was just promised or handed over."""
    if case.turn.channel in CHANNELS and await _came(case):
        case.speech.add("utter_photo_with_it")


async def _came(case: Case) -> frozenset[str]:
    return await case.work.media.pictures_since(case.turn.conversation_id, case.now - _LATELY)
