"""What a figure and what it counts are called, and where its conversations are."""

from __future__ import annotations

from typing import Final

from bot.console.texts import Words
from bot.domain.figures import Pick
from bot.insight.filters import Filters
from bot.insight.frame import CHATS

_GROUPS: Final = {
    Pick.EMOTION: "emotion",
    Pick.REASON: "reason",
    Pick.OUTCOME: "insight.outcome",
    Pick.MOOD: "insight.mood",
    Pick.OUTREACH: "insight.outreach",
    Pick.BREACHED: "duty.target",
}


def named(words: Words, group: str, value: str) -> str:
    """Return the text for a value, or the value itself where there is none."""
    key = f"{group}.{value}"
    return words(key) if words.has(key) else value


def opens(filters: Filters, pick: Pick, value: str = "", *, language: str | None = None) -> str:
    """Return the address of the conversations that a figure counts."""
    more = {"pick": pick.value, "value": value}
    return filters.address(CHATS, **more | ({"language": language} if language else {}))


def title_of(words: Words, pick: Pick, value: str) -> str:
    """Return what conversations are listed: "Handed over: Anger"."""
    told = words(f"insight.pick.{pick.value}")
    match pick:
        case Pick.SEVERITY | Pick.SCORE:
            named_value = value
        case Pick.PROMISE:
            kind, _, state = value.partition(":")
            named_value = f"{named(words, 'promise', kind)}, {named(words, 'insight.state', state)}"
        case _ if pick in _GROUPS:
            named_value = named(words, _GROUPS[pick], value)
        case _:
            return told
    return f"{told}: {named_value}"
