"""Several lines at once, as they come in a burst: the hottest of them is not averaged away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rasa.core.channels.channel import UserMessage

from nlu.refusals import Parse, Parsed, beside_refusal

_MOST: Final = 10  # lines looked at: a burst has no more messages
_HOT: Final = ("anger", "frustration")
_TAKES_BACK: Final = 0.5


async def read_with_lines(message: UserMessage, parse: Parse) -> Parsed:
    """Return what is read of a message; the feeling and the abuse are those of its hottest line where that is hotter.

    "hello / order 2002 / your lies make me sick / have a look please" asks about an order and is angry. What is taken back in a
    later line, by joy or an apology, is over.
    """
    read = await beside_refusal(message, await parse(message), parse)
    lines = [line for line in (message.text or "").splitlines() if any(map(str.isalpha, line))][:_MOST]
    if len(lines) < 2:
        return read
    hint = {**(message.metadata or {}), "language_hint": read.get("language")}
    each = [
        await parse(UserMessage(line, sender_id=message.sender_id, input_channel=message.input_channel, metadata=hint))
        for line in lines
    ]
    standing: list[Parsed] = []
    for line in each:
        if _takes_back(line):
            standing.clear()
        standing.append(line)
    hottest = max(standing, key=_heat)
    if _heat(hottest) > _heat(read):
        read["emotion"] = hottest["emotion"]
    read["abuse"] = max(read["abuse"], *(line["abuse"] for line in standing))
    return read


def _takes_back(read: Mapping[str, Any]) -> bool:
    sorry = any(cue["kind"] == "apology" for cue in read.get("cues", ()))
    return sorry or _sure(read).get("joy", 0.0) >= _TAKES_BACK


def _heat(read: Mapping[str, Any]) -> float:
    """How surely somebody is upset, and how strongly: anger and frustration by intensity."""
    sure = _sure(read)
    return float(sum(sure.get(name, 0.0) for name in _HOT) * read["emotion"]["intensity"])


def _sure(read: Mapping[str, Any]) -> dict[str, float]:
    return {row["name"]: row["confidence"] for row in read["emotion"]["ranking"]}
