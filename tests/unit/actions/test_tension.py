"""How tense a shopper still is after some messages."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.tension import CALM_MESSAGES, CALM_MINUTES, GAIN, Felt, tension
from bot.domain.emotion import Emotion, Reading
from tests.doubles.counter import Chat, a_parse
from tests.doubles.shipped import the_policy

TENSE = the_policy().handoff.tension.above
ROUNDING = 1e-9
shares = st.floats(0, 1)
moments = st.builds(Felt, heat=shares, relief=shares, at=st.floats(0, 4e9))
talks = st.lists(moments, max_size=12)
FURIOUS = Felt(heat=0.85, relief=0.0, at=0.0)
OK = Felt(heat=0.0, relief=0.0, at=0.0)
THANKS = Felt(heat=0.0, relief=0.95, at=0.0)


def a_reading(emotion: Emotion, confidence: float = 0.9, intensity: float = 0.8) -> Reading:
    return Reading.from_parse(a_parse("complain", emotion.value, confidence, intensity, 0.0, "en"))


def heat(emotion: Emotion, confidence: float = 0.9, intensity: float = 0.8) -> float:
    return Felt.of(a_reading(emotion, confidence, intensity), 0.0).heat


@given(talks)
def test_tension_is_a_share(talk: list[Felt]) -> None:
    assert 0 <= tension(talk) <= 1


@given(st.lists(moments, min_size=1, max_size=12), st.integers(0, 11), shares)
def test_more_heat_in_any_message_never_lowers_it(talk: list[Felt], which: int, more: float) -> None:
    place = which % len(talk)
    hotter = [*talk]
    hotter[place] = replace(talk[place], heat=max(talk[place].heat, more))

    assert tension(hotter) >= tension(talk) - ROUNDING


@given(talks, st.lists(st.builds(Felt, heat=st.just(0.0), relief=shares, at=st.floats(0, 4e9)), max_size=8))
def test_it_fades_from_calm_message_to_calm_message(talk: list[Felt], calm: list[Felt]) -> None:
    levels = [tension([*talk, *calm[:count]]) for count in range(len(calm) + 1)]

    assert all(later <= earlier + ROUNDING for earlier, later in pairwise(levels))


@given(talks, moments, st.floats(0, 1e6), st.floats(0, 1e6))
def test_it_fades_with_time(talk: list[Felt], last: Felt, soon: float, later: float) -> None:
    begun = [replace(felt, at=0.0) for felt in talk]
    sooner, longer = sorted((soon, later))

    assert tension([*begun, replace(last, at=longer)]) <= tension([*begun, replace(last, at=sooner)]) + ROUNDING


@given(st.lists(moments, max_size=3), moments, shares)
def test_thanks_and_joy_never_heat(talk: list[Felt], last: Felt, relief: float) -> None:
    relieved = replace(last, relief=max(last.relief, relief))

    assert tension([*talk, relieved]) <= tension([*talk, last]) + ROUNDING


@given(moments)
def test_one_message_alone_never_adds_more_than_its_gain(felt: Felt) -> None:
    assert tension([felt]) <= GAIN


def test_a_fresh_conversation_is_at_rest() -> None:
    assert tension([]) == 0
    assert tension([OK]) == 0


def test_ok_after_three_furious_lines_is_still_tense() -> None:
    after = tension([FURIOUS] * 3 + [OK])

    assert tension([FURIOUS] * 3) > TENSE
    assert 0.5 < after < tension([FURIOUS] * 3)


def test_thanks_let_it_fall_faster_than_ok() -> None:
    assert tension([FURIOUS] * 3 + [THANKS]) < tension([FURIOUS] * 3 + [OK])


def test_half_is_left_after_the_half_lives() -> None:
    before = tension([FURIOUS] * 3)
    silence = replace(FURIOUS, heat=1.0, at=CALM_MINUTES * 60)

    assert tension([FURIOUS] * 3 + [OK] * int(CALM_MESSAGES)) == pytest.approx(before / 2)
    assert tension([FURIOUS] * 3 + [silence]) == pytest.approx(1 - (1 - before / 2) * (1 - GAIN))


def test_a_clock_that_goes_back_is_no_time() -> None:
    assert tension([replace(FURIOUS, at=100.0), FURIOUS]) == tension([FURIOUS, FURIOUS])


def test_feelings_weigh_as_much_as_they_burn() -> None:
    burning = [heat(emotion) for emotion in (Emotion.ANGER, Emotion.FRUSTRATION, Emotion.ANXIETY, Emotion.NEUTRAL)]

    assert burning == sorted(burning, reverse=True)
    assert heat(Emotion.ANXIETY) == heat(Emotion.DISAPPOINTMENT)
    assert heat(Emotion.ANGER, confidence=1.0, intensity=1.0) == 1.0
    assert heat(Emotion.ANGER, intensity=0.0) == 0.0


@given(st.sampled_from(Emotion), shares, shares, shares)
def test_the_same_said_louder_is_never_cooler(
    emotion: Emotion, confidence: float, intensity: float, louder: float
) -> None:
    quiet = Felt.of(a_reading(emotion, confidence, intensity), 0.0)
    loud = Felt.of(a_reading(emotion, confidence, max(intensity, louder)), 0.0)

    assert loud.heat >= quiet.heat
    assert loud.relief == quiet.relief


async def test_frustration_that_goes_on_reaches_a_person() -> None:
    chat = Chat()
    reasons = [
        (await chat.says("oh come on", "smalltalk", "frustration", confidence=0.6, intensity=0.9)).reason
        for _ in range(6)
    ]

    assert reasons[0] is None
    assert "tension" in reasons


async def test_after_the_handoff_the_count_starts_at_rest() -> None:
    chat = Chat()
    told = None
    while told != "tension":
        told = (await chat.says("oh come on", "smalltalk", "frustration", intensity=0.9)).reason

    assert (await chat.says("and the weather?", "smalltalk", "confusion", intensity=0.6)).reason is None


async def test_a_day_later_nothing_is_left() -> None:
    chat = Chat()
    for _ in range(2):
        await chat.says("this is not on", "smalltalk", "anger", confidence=0.64, intensity=0.75)
    chat.now.time = chat.now.time.replace(day=chat.now.time.day + 1)

    assert (await chat.says("hm", "smalltalk", "frustration", intensity=0.9)).reason is None
