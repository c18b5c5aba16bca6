"""The policy decided anew on a selection's conversations: read once, then one number of the policy after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final

from actions.curves import DIALS, Curve, Watched, curve, watched
from actions.policy import Policy
from actions.recorded import conversation_of, talks_of
from actions.replay import Tally, tallied
from bot.domain.figures import Selection
from bot.store.unit_of_work import Store

MOST: Final = 20_000
"""How many decisions of the policy are looked at, the newest: about a second of one core for each curve."""


@dataclass(frozen=True)
class Replayed:
    """What the policy in force makes of the talks; `cut` where there were more decisions than are looked at."""

    policy: Policy
    seen: Sequence[Watched]
    tally: Tally
    cut: bool

    async def curves(self) -> AsyncGenerator[Curve]:
        """Yield what each number does, in threads, so that nobody has to wait for it."""
        for dial in DIALS:
            yield await asyncio.to_thread(curve, self.seen, self.policy, dial)

    def conversations(self, places: frozenset[int]) -> list[str]:
        """Return the conversations of talks, each once."""
        return list(dict.fromkeys(conversation_of(self.seen[place].talk) for place in sorted(places)))


async def replayed(store: Store, sel: Selection, policy: Policy, limit: int = MOST) -> Replayed:
    """Read a selection's decisions and decide them by the policy in force."""
    async with store.begin() as work:
        decided = await work.figures.decided(sel, limit)
        taken = await work.handoffs.taken_over_since(sel.since)

    def work_out() -> tuple[list[Watched], Tally]:
        talks = talks_of(decided, taken)
        return watched(talks, policy), tallied(talks, policy)

    seen, tally = await asyncio.to_thread(work_out)
    return Replayed(policy, seen, tally, cut=len(decided) == limit)
