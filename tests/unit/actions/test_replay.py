"""Policies run over conversations as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from actions.policy import Policy
from actions.replay import Handover, Need, Talk, handed_over, tallied
from actions.situation import Situation
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from tests.doubles.shipped import the_policy

CALM: Final = Situation("ask_order_status", Emotion.NEUTRAL, 0.9, 0.1, 0.0)
ASKS: Final = replace(CALM, intent="ask_human")


def a_talk(*situations: Situation, need: Need | None = None) -> Talk:
    return Talk("talk", "en", situations, need)


def deaf_to_requests() -> Policy:
    policy = the_policy()
    asked = policy.handoff.asked.model_copy(update={"on": False})
    return policy.model_copy(update={"handoff": policy.handoff.model_copy(update={"asked": asked})})


def test_a_talk_ends_with_its_first_handoff() -> None:
    talk = a_talk(CALM, ASKS, replace(CALM, broken=True))

    assert handed_over(talk, the_policy()) == Handover(2, Reason.ASKED)
    assert handed_over(talk, deaf_to_requests()) == Handover(3, Reason.ERROR)
    assert handed_over(a_talk(CALM), the_policy()) is None


def test_a_person_may_come_in_time_too_late_too_early_or_for_nothing() -> None:
    in_time = a_talk(CALM, ASKS, need=Need(2, 3))
    too_late = a_talk(CALM, CALM, ASKS, need=Need(1, 2))
    too_early = a_talk(ASKS, CALM, need=Need(2, 2))
    for_nothing = a_talk(ASKS)
    missed = a_talk(CALM, need=Need(1, 1))

    tally = tallied([in_time, too_late, too_early, for_nothing, missed], the_policy())

    assert (tally.talks, tally.needed, tally.handed) == (5, 4, 4)
    assert (tally.precision, tally.recall, tally.workload) == (0.5, 0.25, 0.8)
    assert tally.wrong == {Reason.ASKED: 2}


def test_nothing_handed_over_has_no_precision_and_nothing_needed_no_recall() -> None:
    tally = tallied([a_talk(CALM)], the_policy())

    assert (tally.precision, tally.recall) == (None, None)
    assert tallied([], the_policy()).workload == 0.0


@given(st.lists(st.sampled_from([CALM, ASKS]), min_size=1, max_size=6))
def test_a_trigger_switched_off_hands_nobody_over(situations: list[Situation]) -> None:
    assert handed_over(a_talk(*situations), deaf_to_requests()) is None
