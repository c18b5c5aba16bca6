"""Talks out of what was recorded of conversations: the policy's decisions, and when operators took one from the bot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from actions.replay import Need, Talk
from actions.situation import situation_from
from bot.domain.handoff import Reason
from bot.domain.people import Decided

# Who asked for a person, or took our offer of one, needed one; so did those whom an operator took over from the bot.
_NEEDED: Final = frozenset({Reason.ASKED, Reason.OFFER_ACCEPTED})


def talks_of(decided: Iterable[Decided], taken: Mapping[str, Sequence[datetime]]) -> list[Talk]:
    """Return the talks with the bot in decisions, each conversation's together and oldest first.

    A talk ends with its handoff; what follows is the next one. `taken` says by conversation when operators took over.
    """
    return [
        talk
        for conversation, rows in groupby(decided, lambda row: row.conversation_id)
        for talk in _talks(conversation, list(rows), taken.get(conversation, []))
    ]


def conversation_of(talk: Talk) -> str:
    """Return the id of the conversation a recorded talk is a part of."""
    return talk.name.partition("/")[0]


def _talks(conversation: str, rows: Sequence[Decided], taken: Sequence[datetime]) -> Iterator[Talk]:
    start = 0
    for place, row in enumerate(rows):
        until = rows[place + 1].at if place + 1 < len(rows) else None
        taken_over = any(row.at <= moment and (until is None or moment < until) for moment in taken)
        if row.kept["reason"] or taken_over or until is None:
            part = rows[start : place + 1]
            needed = taken_over or row.kept["reason"] in _NEEDED
            need = Need(len(part), len(part)) if needed else None
            yield Talk(f"{conversation}/{start + 1}", "", [situation_from(each.kept) for each in part], need)
            start = place + 1
