"""What one number of the policy does to recorded talks, turned up and down."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.curves import DIALS, Curve, Dial, curve, watched
from actions.policy import Policy
from actions.replay import Need, Talk, handed_over
from actions.situation import Situation
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from tests.doubles.shipped import the_policy

CALM: Final = Situation("ask_order_status", Emotion.NEUTRAL, 0.9, 0.1, 0.0)
ASKS: Final = replace(CALM, intent="ask_human")
CROSS: Final = replace(CALM, emotion=Emotion.ANGER, confidence=0.7, intensity=0.5)
FURIOUS: Final = replace(CROSS, intensity=0.9)
INTENSITY: Final = Dial(Reason.ANGER, "intensity", (0.4, 0.8, 0.95))


def a_talk(*situations: Situation, needed: bool = False) -> Talk:
    return Talk("talk", "en", situations, Need(len(situations), len(situations)) if needed else None)


def curve_of(*talks: Talk, dial: Dial = INTENSITY, policy: Policy | None = None) -> Curve:
    policy = policy or the_policy()
    return curve(watched(talks, policy), policy, dial)


def without(reason: Reason) -> Policy:
    policy = the_policy()
    off = getattr(policy.handoff, reason.value).model_copy(update={"on": False})
    return policy.model_copy(update={"handoff": policy.handoff.model_copy(update={reason.value: off})})


def test_the_value_in_force_is_among_those_tried_and_the_loosest_comes_first() -> None:
    found = curve_of(a_talk(CALM))

    assert [point.value for point in found.points] == [0.4, 0.6, 0.8, 0.95]
    assert (found.now, found.on) == (0.6, True)


def test_hours_are_loosest_where_they_are_most() -> None:
    steps = Dial(Reason.REPEAT, "within_hours", (100, 1)).steps(the_policy())

    assert steps == [100, 72, 1]


def test_each_value_says_who_is_handed_over_by_whatever_and_by_this_trigger() -> None:
    found = curve_of(a_talk(CALM), a_talk(CROSS), a_talk(CALM, FURIOUS), a_talk(ASKS))

    assert [(point.handed, point.fired) for point in found.points] == [
        ({1, 2, 3}, 2),
        ({2, 3}, 1),
        ({2, 3}, 1),
        ({3}, 0),
    ]
    assert found.handed == {2, 3}


def test_a_trigger_catches_those_who_needed_a_person_wherever_in_the_talk() -> None:
    found = curve_of(a_talk(FURIOUS, ASKS, needed=True), a_talk(CROSS, CALM, needed=True), a_talk(FURIOUS))

    assert [(point.fired, point.caught) for point in found.points] == [(3, 2), (2, 1), (2, 1), (0, 0)]


def test_a_trigger_that_is_switched_off_is_shown_as_if_it_were_on() -> None:
    found = curve_of(a_talk(FURIOUS), policy=without(Reason.ANGER))

    assert (found.on, found.handed) == (False, frozenset())
    assert found.points[0].handed == {0}


@pytest.mark.parametrize("dial", DIALS, ids=lambda dial: dial.name)
def test_every_dial_is_a_number_of_the_policy_at_values_it_may_have(dial: Dial) -> None:
    policy = the_policy()

    for value in dial.values:
        turned = dial.turned(policy, value)
        trigger = getattr(turned.handoff, dial.reason.value)

        assert dial.now(turned) == value
        assert type(trigger).model_validate(trigger.model_dump()) == trigger


SITUATIONS: Final = st.builds(
    Situation,
    intent=st.sampled_from(["ask_human", "ask_order_status", "complain", "threat_review", "thank"]),
    emotion=st.sampled_from(Emotion),
    confidence=st.floats(0, 1),
    intensity=st.floats(0, 1),
    abuse=st.floats(0, 1),
    misunderstood_in_row=st.integers(0, 6),
    tension=st.floats(0, 1),
    tension_before=st.floats(0, 1),
    hours_since_same=st.none() | st.floats(0, 1000),
    asked_times=st.integers(1, 6),
    intent_confidence=st.floats(0, 1),
)


@given(st.lists(st.lists(SITUATIONS, min_size=1, max_size=3), max_size=4), st.sampled_from(DIALS))
def test_a_curve_is_what_replaying_each_value_gives_and_only_falls(said: list[list[Situation]], dial: Dial) -> None:
    talks = [a_talk(*situations, needed=True) for situations in said]
    policy = the_policy()

    found = curve_of(*talks, dial=dial)

    for point in found.points:
        turned = dial.turned(policy, point.value)
        assert point.handed == {place for place, talk in enumerate(talks) if handed_over(talk, turned)}
    for looser, stricter in zip(found.points, found.points[1:], strict=False):
        assert (looser.handed >= stricter.handed, looser.caught >= stricter.caught) == (True, True)
