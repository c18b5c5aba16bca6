"""All figures of the first page, read in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actions.deescalation import NOT_UNDERSTOOD
from actions.policy import Policy
from bot.domain.figures import (
    ComplaintCounts,
    Day,
    DayOfFeelings,
    HandoffCounts,
    OutreachCount,
    Overview,
    PromiseCount,
    Scores,
    Selection,
    TargetCount,
    Waits,
    Yardstick,
)
from bot.store.unit_of_work import Store


@dataclass(frozen=True)
class Report:
    """What was counted over one selection."""

    overview: Overview
    days: Sequence[Day]
    feelings: Sequence[DayOfFeelings]
    handoffs: HandoffCounts
    waits: Waits
    scores: Scores
    promises: Sequence[PromiseCount]
    complaints: ComplaintCounts
    outreach: Sequence[OutreachCount]
    targets: Sequence[TargetCount] = ()

    @property
    def read(self) -> int:
        """How many messages were read."""
        return sum(day.read for day in self.feelings)

    @property
    def misunderstood(self) -> int:
        """How many of them were not understood."""
        return sum(day.misunderstood for day in self.feelings)


def yardstick(policy: Policy) -> Yardstick:
    """Return what the policy calls upset, not understood and a repetition."""
    upset = {emotion.value: least for emotion, least in policy.complaints.upset.items()}
    return Yardstick(upset, NOT_UNDERSTOOD, policy.handoff.repeat.window)


async def load_report(store: Store, sel: Selection, yard: Yardstick) -> Report:
    """Count everything."""
    async with store.begin() as work:
        figures = work.figures
        return Report(
            overview=await figures.overview(sel, yard),
            days=await figures.days(sel),
            feelings=await figures.feelings(sel, yard),
            handoffs=await figures.handoffs(sel),
            waits=await figures.waits(sel),
            scores=await figures.scores(sel),
            promises=await figures.promises(sel),
            complaints=await figures.complaints(sel, yard),
            outreach=await figures.outreach(sel),
            targets=await figures.targets(sel),
        )
