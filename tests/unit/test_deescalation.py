"""When a person takes over: each rule on both sides of its threshold, and calm shoppers who stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.deescalation import (
    PRECEDENCE,
    Decision,
    Problem,
    Situation,
    decide,
    earlier_complaint,
    problem_complained_about,
    says_it_was_raised_before,
)
from actions.policy_file import POLICY_FILE, Stance, read_policy
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.people import Complaint

POLICY: Final = read_policy(POLICY_FILE)
RULES: Final = POLICY.handoff
CALM: Final = Situation(intent="ask_order_status", emotion=Emotion.NEUTRAL, confidence=0.9, intensity=0.1, abuse=0.0)
UPSET: Final = frozenset({Emotion.FRUSTRATION, Emotion.ANGER, Emotion.DISAPPOINTMENT})
shares = st.floats(0, 1)
JUST: Final = 0.001


def an_angry(**changes: float) -> Situation:
    furious = replace(CALM, emotion=Emotion.ANGER, confidence=RULES.anger.confidence, intensity=RULES.anger.intensity)
    return replace(furious, **changes)


def a_tense(**changes: Any) -> Situation:
    """Hot messages behind, a weak feeling now that hands over nobody by itself."""
    tense = replace(CALM, emotion=Emotion.CONFUSION, intensity=RULES.anger.calm_below, tension=RULES.anger.tension)
    return replace(tense, **changes)


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        pytest.param(an_angry(), Reason.ANGER, id="sure and strong enough"),
        pytest.param(an_angry(confidence=RULES.anger.confidence - JUST), None, id="not sure enough"),
        pytest.param(an_angry(intensity=RULES.anger.intensity - JUST), None, id="not strong enough"),
        pytest.param(replace(an_angry(), emotion=Emotion.FRUSTRATION), None, id="frustration is not anger"),
        pytest.param(a_tense(), Reason.ANGER, id="tense enough"),
        pytest.param(a_tense(tension=RULES.anger.tension - JUST), None, id="not tense enough"),
        pytest.param(a_tense(emotion=Emotion.JOY), None, id="tense, but joyful"),
        pytest.param(a_tense(emotion=Emotion.GRATITUDE), None, id="tense, but thankful"),
        pytest.param(a_tense(emotion=Emotion.NEUTRAL), Reason.ANGER, id="neutral, but not calm"),
        pytest.param(
            a_tense(emotion=Emotion.NEUTRAL, intensity=RULES.anger.calm_below - JUST), None, id="tense, but calm now"
        ),
        pytest.param(replace(CALM, intent="threat_legal"), Reason.THREAT, id="threatens with court"),
        pytest.param(replace(CALM, intent="threat_review"), Reason.THREAT, id="threatens with a review"),
        pytest.param(replace(CALM, intent="complain"), None, id="complains without a threat"),
        pytest.param(replace(CALM, abuse=RULES.abuse.above), Reason.ABUSE, id="abuse"),
        pytest.param(replace(CALM, abuse=RULES.abuse.above - JUST), None, id="rude, but below"),
        pytest.param(replace(CALM, intent="ask_human"), Reason.ASKED, id="asked for a person"),
        pytest.param(replace(CALM, intent="bot_challenge"), None, id="asked what we are"),
        pytest.param(replace(CALM, repeated=True), Reason.REPEAT, id="complained about it before"),
        pytest.param(
            replace(CALM, misunderstood_in_row=RULES.misunderstood.in_a_row), Reason.MISUNDERSTOOD, id="third"
        ),
        pytest.param(replace(CALM, misunderstood_in_row=RULES.misunderstood.in_a_row - 1), None, id="second"),
        pytest.param(replace(CALM, intent="affirm", offer_open=True), Reason.OFFER_ACCEPTED, id="yes to the offer"),
        pytest.param(replace(CALM, intent="affirm"), None, id="yes to nothing"),
        pytest.param(replace(CALM, intent="deny", offer_open=True), None, id="no to the offer"),
        pytest.param(replace(CALM, broken=True), Reason.ERROR, id="something broke"),
    ],
)
def test_each_reason_applies_from_its_threshold_on(situation: Situation, reason: Reason | None) -> None:
    decision = decide(situation, POLICY)

    assert decision.reason == reason
    assert (decision.stance is Stance.HANDOFF) == (reason is not None)


@given(
    intent=st.sampled_from(["greet", "ask_order_status", "report_late", "ask_refund", "complain", "deny", "inform"]),
    emotion=st.sampled_from(sorted(set(Emotion) - UPSET)),
    confidence=shares,
    intensity=shares,
    abuse=st.floats(0, RULES.abuse.above - JUST),
    offer_open=st.booleans(),
    misunderstood=st.integers(0, RULES.misunderstood.in_a_row - 1),
)
def test_a_calm_shopper_is_never_handed_off(  # one argument for each side of a situation
    *,
    intent: str,
    emotion: Emotion,
    confidence: float,
    intensity: float,
    abuse: float,
    offer_open: bool,
    misunderstood: int,
) -> None:
    situation = Situation(intent, emotion, confidence, intensity, abuse, offer_open, misunderstood)

    decision = decide(situation, POLICY)

    assert decision.reason is None
    assert decision.stance not in {Stance.HANDOFF, Stance.SOOTHE, Stance.REPAIR}


@given(
    emotion=st.sampled_from(Emotion),
    confidence=shares,
    intensity=shares,
    abuse=shares,
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    intent=st.sampled_from(["ask_human", "affirm", "complain", "threat_legal"]),
    misunderstood=st.integers(0, 9),
    tension=shares,
)
def test_a_handoff_has_one_reason_and_a_severity_others_have_none(
    emotion: Emotion,
    confidence: float,
    intensity: float,
    abuse: float,
    flags: tuple[bool, bool, bool],
    intent: str,
    misunderstood: int,
    tension: float,
) -> None:
    offer, repeated, broken = flags
    situation = Situation(
        intent, emotion, confidence, intensity, abuse, offer, misunderstood, repeated, broken, tension
    )

    decision = decide(situation, POLICY)

    if decision.stance is Stance.HANDOFF:
        assert decision.reason in PRECEDENCE
        assert decision.severity in range(1, 6)
        assert decision.severity >= POLICY.severity[decision.reason]
    else:
        assert decision == Decision(decision.stance)


@given(confidence=shares, intensity=shares, abuse=shares, tension=shares, more=shares)
def test_more_of_the_same_never_takes_a_person_away(
    confidence: float, intensity: float, abuse: float, tension: float, more: float
) -> None:
    less = Situation("complain", Emotion.ANGER, confidence, intensity, abuse, tension=tension)
    worse = replace(
        less,
        confidence=max(confidence, more),
        intensity=max(intensity, more),
        abuse=max(abuse, more),
        tension=max(tension, more),
        repeated=True,
    )

    assert decide(less, POLICY).reason is None or decide(worse, POLICY).reason is not None


def test_the_reason_told_is_the_first_and_the_severity_the_highest() -> None:
    everything = replace(an_angry(), intent="ask_human", abuse=1.0, repeated=True, misunderstood_in_row=9)

    assert decide(everything, POLICY) == Decision(Stance.HANDOFF, Reason.ASKED, 5)


def test_a_threat_comes_after_anger_and_before_a_repetition() -> None:
    calm = replace(CALM, intent="threat_review", repeated=True)
    furious = replace(an_angry(), intent="threat_review", repeated=True)

    assert decide(calm, POLICY) == Decision(Stance.HANDOFF, Reason.THREAT, POLICY.severity[Reason.THREAT])
    assert decide(furious, POLICY).reason is Reason.ANGER


@pytest.mark.parametrize(
    ("intent", "emotion", "words", "says_so"),
    [
        pytest.param("ask_order_status", Emotion.FRUSTRATION, ["third time"], True, id="upset, a question"),
        pytest.param("missing_item", Emotion.DISAPPOINTMENT, ["Again"], True, id="upset, a problem"),
        pytest.param("ask_order_status", Emotion.FRUSTRATION, [], False, id="upset, and no such word"),
        pytest.param("ask_order_status", Emotion.NEUTRAL, ["again"], False, id="calm"),
        pytest.param("ask_order_status", Emotion.ANXIETY, ["again"], False, id="worried is not upset"),
        pytest.param("ask_product", Emotion.FRUSTRATION, ["again"], False, id="no complaint"),
        pytest.param("report_late", Emotion.FRUSTRATION, ["Still"], False, id="still is not again"),
        pytest.param("report_late", Emotion.FRUSTRATION, ["still", "third time"], True, id="still, and more"),
        pytest.param("repeat_complaint", Emotion.NEUTRAL, [], True, id="says nothing else"),
    ],
)
def test_who_says_that_it_is_not_the_first_time(intent: str, emotion: Emotion, words: list[str], says_so: bool) -> None:
    assert says_it_was_raised_before(intent, emotion, 0.9, words, POLICY) == says_so


def test_a_word_of_repetition_counts_only_where_the_feeling_is_sure() -> None:
    sure = POLICY.complaints.upset[Emotion.FRUSTRATION]

    assert says_it_was_raised_before("report_late", Emotion.FRUSTRATION, sure, ["again"], POLICY)
    assert not says_it_was_raised_before("report_late", Emotion.FRUSTRATION, sure - JUST, ["again"], POLICY)


def test_the_shoppers_own_word_can_be_switched_off() -> None:
    repeat = RULES.repeat.model_copy(update={"said_by_shopper": False})
    deaf = POLICY.model_copy(update={"handoff": RULES.model_copy(update={"repeat": repeat})})

    assert not says_it_was_raised_before("report_late", Emotion.ANGER, 0.9, ["third time"], deaf)
    assert says_it_was_raised_before("repeat_complaint", Emotion.NEUTRAL, 0.9, [], deaf)


def test_an_upset_shopper_is_more_urgent() -> None:
    calm = replace(CALM, intent="ask_human")
    upset = replace(calm, emotion=Emotion.FRUSTRATION, confidence=0.9)

    assert decide(upset, POLICY).severity == (decide(calm, POLICY).severity or 0) + POLICY.upset_adds


@pytest.mark.parametrize("emotion", list(Emotion))
def test_a_feeling_is_named_only_when_the_reading_is_sure(emotion: Emotion) -> None:
    sure = replace(CALM, emotion=emotion, confidence=POLICY.stances.sure_above, intensity=0.0)
    unsure = replace(sure, confidence=POLICY.stances.sure_above - JUST)

    assert decide(sure, POLICY).stance is POLICY.stances.by_emotion[emotion]
    assert decide(unsure, POLICY).stance is Stance.STEADY


@pytest.mark.parametrize(
    ("intent", "stance"), [("report_late", Stance.STEADY), ("complain", Stance.STEADY), ("praise", Stance.WARM)]
)
def test_joy_read_into_a_complaint_is_not_answered_in_kind(intent: str, stance: Stance) -> None:
    joyful = replace(CALM, intent=intent, emotion=Emotion.JOY)

    assert decide(joyful, POLICY).stance is stance


def test_a_rude_shopper_gets_no_sympathy_that_sounds_like_mockery() -> None:
    rude = replace(CALM, emotion=Emotion.FRUSTRATION, abuse=POLICY.stances.boundary_above)

    assert decide(rude, POLICY).stance is Stance.BOUNDARY
    assert decide(replace(rude, abuse=POLICY.stances.boundary_above - JUST), POLICY).stance is Stance.SOOTHE


@pytest.mark.parametrize(
    ("intent", "emotion", "confidence", "problem"),
    [
        ("report_late", Emotion.NEUTRAL, 0.9, Problem.LATE),
        ("report_damaged", Emotion.JOY, 0.9, Problem.DAMAGED),
        ("report_wrong_item", Emotion.NEUTRAL, 0.2, Problem.WRONG_ITEM),
        ("missing_item", Emotion.NEUTRAL, 0.2, Problem.MISSING),
        ("threat_legal", Emotion.NEUTRAL, 0.9, Problem.GENERAL),
        ("repeat_complaint", Emotion.NEUTRAL, 0.9, Problem.GENERAL),
        ("payment_problem", Emotion.ANGER, 0.9, Problem.GENERAL),
        ("payment_problem", Emotion.ANXIETY, 0.9, None),
        ("warranty", Emotion.NEUTRAL, 0.9, None),
        ("stock", Emotion.FRUSTRATION, 0.9, None),
        ("complain", Emotion.NEUTRAL, 0.9, Problem.GENERAL),
        ("ask_order_status", Emotion.FRUSTRATION, POLICY.complaints.upset[Emotion.FRUSTRATION], Problem.LATE),
        ("ask_order_status", Emotion.FRUSTRATION, POLICY.complaints.upset[Emotion.FRUSTRATION] - JUST, None),
        ("ask_refund", Emotion.DISAPPOINTMENT, 0.9, Problem.REFUND),
        ("ask_refund", Emotion.ANXIETY, 0.9, None),
        ("ask_order_status", Emotion.NEUTRAL, 1.0, None),
        ("greet", Emotion.ANGER, 1.0, None),
    ],
)
def test_what_counts_as_a_complaint(intent: str, emotion: Emotion, confidence: float, problem: Problem | None) -> None:
    assert problem_complained_about(intent, emotion, confidence, POLICY) == problem


@pytest.mark.parametrize(
    ("problem", "order_number", "same"),
    [
        ("late", "WL-1", True),
        ("late", "wl1", True),
        ("late", "1", True),
        ("late", None, True),
        ("general", "WL-1", True),
        ("late", "WL-2", False),
        ("damaged", "WL-1", False),
        ("general", "WL-2", False),
    ],
)
def test_the_same_is_the_same_problem_of_the_same_order(problem: str, order_number: str | None, same: bool) -> None:
    earlier = Complaint("m1", problem, order_number, datetime(2026, 11, 22, tzinfo=UTC))

    found = earlier_complaint([earlier], message_key="m2", problem=Problem.LATE, order_number="WL-1")

    assert found == (earlier if same else None)


def test_a_message_does_not_repeat_itself() -> None:
    own = Complaint("m1", "late", None, datetime(2026, 11, 22, tzinfo=UTC))

    assert earlier_complaint([own], message_key="m1", problem=Problem.LATE, order_number=None) is None
