"""When a person takes over: each rule on both sides of its threshold, and calm shoppers who stay."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.deescalation import PRECEDENCE, Problem, decide, earlier_complaint, is_repeated, problem_complained_about
from actions.policy import Stance
from actions.situation import Decision, Situation, as_kept, situation_from
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.people import Complaint
from tests.doubles.shipped import the_policy

POLICY: Final = the_policy()
RULES: Final = POLICY.handoff
CALM: Final = Situation(intent="ask_order_status", emotion=Emotion.NEUTRAL, confidence=0.9, intensity=0.1, abuse=0.0)
UPSET: Final = frozenset({Emotion.FRUSTRATION, Emotion.ANGER, Emotion.DISAPPOINTMENT})
shares = st.floats(0, 1)
JUST: Final = 0.001


def an_angry(**changes: float) -> Situation:
    furious = replace(CALM, emotion=Emotion.ANGER, confidence=RULES.anger.confidence, intensity=RULES.anger.intensity)
    return replace(furious, **changes)


def a_second_complaint(**changes: Any) -> Situation:
    """The same was complained about an hour ago."""
    return replace(CALM, **{"intent": "report_late", "hours_since_same": 1.0} | changes)


def a_large_order(**changes: Any) -> Situation:
    """A first complaint about an order that came to just so much."""
    worth = {"order_total": RULES.value.from_total["EUR"], "currency": "EUR"}
    return replace(CALM, **{"intent": "report_damaged"} | worth | changes)


def a_tense(**changes: Any) -> Situation:
    """Hot messages behind, a weak feeling now that hands over nobody by itself."""
    tense = replace(
        CALM,
        emotion=Emotion.CONFUSION,
        intensity=RULES.tension.calm_below,
        tension=RULES.tension.above,
        tension_before=RULES.tension.before,
    )
    return replace(tense, **changes)


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        pytest.param(an_angry(), Reason.ANGER, id="sure and strong enough"),
        pytest.param(an_angry(confidence=RULES.anger.confidence - JUST), None, id="not sure enough"),
        pytest.param(an_angry(intensity=RULES.anger.intensity - JUST), None, id="not strong enough"),
        pytest.param(replace(an_angry(), emotion=Emotion.FRUSTRATION), None, id="frustration is not anger"),
        pytest.param(a_tense(), Reason.TENSION, id="tense enough"),
        pytest.param(a_tense(tension=RULES.tension.above - JUST), None, id="not tense enough"),
        pytest.param(a_tense(tension_before=RULES.tension.before - JUST), None, id="tense by this message alone"),
        pytest.param(a_tense(answers_us=True), None, id="tense, but answers our question"),
        pytest.param(a_tense(emotion=Emotion.JOY), None, id="tense, but joyful"),
        pytest.param(a_tense(emotion=Emotion.GRATITUDE), None, id="tense, but thankful"),
        pytest.param(a_tense(emotion=Emotion.NEUTRAL), Reason.TENSION, id="neutral, but not calm"),
        pytest.param(
            a_tense(emotion=Emotion.NEUTRAL, intensity=RULES.tension.calm_below - JUST), None, id="tense, but calm now"
        ),
        pytest.param(replace(CALM, intent="threat_legal"), Reason.THREAT, id="threatens with court"),
        pytest.param(replace(CALM, intent="threat_review"), Reason.THREAT, id="threatens with a review"),
        pytest.param(replace(CALM, intent="complain"), None, id="complains without a threat"),
        pytest.param(replace(CALM, abuse=RULES.abuse.above), Reason.ABUSE, id="abuse"),
        pytest.param(replace(CALM, abuse=RULES.abuse.above - JUST), None, id="rude, but below"),
        pytest.param(replace(CALM, intent="ask_human"), Reason.ASKED, id="asked for a person"),
        pytest.param(
            replace(CALM, intent="ask_human", intent_confidence=RULES.asked.sure_above - JUST),
            None,
            id="asked, perhaps",
        ),
        pytest.param(replace(CALM, intent="bot_challenge"), None, id="asked what we are"),
        pytest.param(an_angry(intent="praise"), None, id="strong words of delight"),
        pytest.param(
            replace(CALM, intent="threat_legal", intent_confidence=RULES.threat.sure_above - JUST), None, id="perhaps"
        ),
        pytest.param(replace(CALM, intent="threat_legal", emotion=Emotion.JOY), None, id="threatens with a laugh"),
        pytest.param(a_second_complaint(emotion=Emotion.GRATITUDE), None, id="thanks for it"),
        pytest.param(a_second_complaint(calming=("no biggie",)), None, id="says that it does not matter"),
        pytest.param(
            a_second_complaint(calming=("no rush",), emotion=Emotion.FRUSTRATION),
            Reason.REPEAT,
            id="no rush, but upset",
        ),
        pytest.param(a_tense(calming=("no worries",)), None, id="tense, but lets it be"),
        pytest.param(
            a_second_complaint(intent_confidence=POLICY.complaints.sure_above - JUST), None, id="perhaps a complaint"
        ),
        pytest.param(replace(CALM, unanswered=("not what i asked",)), Reason.ASKED_AGAIN, id="says it was no answer"),
        pytest.param(
            replace(CALM, emotion=Emotion.FRUSTRATION, misunderstood_in_row=RULES.misunderstood.upset_in_a_row),
            Reason.MISUNDERSTOOD,
            id="upset by the second",
        ),
        pytest.param(
            replace(CALM, intent="affirm", offer_open=True, intent_confidence=POLICY.offers.sure_above - JUST),
            None,
            id="perhaps a yes",
        ),
        pytest.param(a_second_complaint(), Reason.REPEAT, id="complained about it before"),
        pytest.param(
            a_second_complaint(hours_since_same=RULES.repeat.within_hours), Reason.REPEAT, id="just within the window"
        ),
        pytest.param(a_second_complaint(hours_since_same=RULES.repeat.within_hours + JUST), None, id="too long ago"),
        pytest.param(a_second_complaint(answers_us=True), None, id="answers our question"),
        pytest.param(a_second_complaint(intent="ask_product"), None, id="no complaint now"),
        pytest.param(replace(CALM, intent="report_damaged", dangers=("on fire",)), Reason.SAFETY, id="danger"),
        pytest.param(replace(CALM, intent="ask_product", dangers=("allergic reaction",)), None, id="is it safe"),
        pytest.param(replace(CALM, intent="account", frauds=("got hacked",)), Reason.FRAUD, id="fraud"),
        pytest.param(an_angry(intent="deny", offer_open=True), None, id="declines our offer gruffly"),
        pytest.param(an_angry(intent="deny"), Reason.ANGER, id="a furious no to nothing"),
        pytest.param(a_tense(intent="praise"), None, id="tense, but praises"),
        pytest.param(a_large_order(), Reason.VALUE, id="large enough"),
        pytest.param(a_large_order(order_total=RULES.value.from_total["EUR"] - JUST), None, id="not so large"),
        pytest.param(a_large_order(currency="JPY"), None, id="a currency without a line"),
        pytest.param(a_large_order(intent="ask_order_status"), None, id="large, but a question"),
        pytest.param(replace(CALM, asked_times=RULES.asked_again.times), Reason.ASKED_AGAIN, id="asked too often"),
        pytest.param(replace(CALM, asked_times=RULES.asked_again.times - 1), None, id="asked twice"),
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


SWITCHED: Final = {
    "asked": replace(CALM, intent="ask_human"),
    "safety": replace(CALM, intent="report_damaged", dangers=("on fire",)),
    "fraud": replace(CALM, frauds=("got hacked",)),
    "anger": an_angry(),
    "tension": a_tense(),
    "abuse": replace(CALM, abuse=1.0),
    "threat": replace(CALM, intent="threat_legal"),
    "repeat": a_second_complaint(),
    "value": a_large_order(),
    "asked_again": replace(CALM, asked_times=9),
    "misunderstood": replace(CALM, misunderstood_in_row=9),
}


@pytest.mark.parametrize("name", list(SWITCHED))
def test_each_trigger_has_a_switch(name: str) -> None:
    rule = getattr(RULES, name).model_copy(update={"on": False})
    without = POLICY.model_copy(update={"handoff": RULES.model_copy(update={name: rule})})

    assert decide(SWITCHED[name], POLICY).reason is Reason(name)
    assert decide(SWITCHED[name], without).reason is None


def test_a_situation_that_was_kept_is_decided_again() -> None:
    situation = a_second_complaint(repetitions=("again",), dangers=("on fire",))
    decision = decide(situation, POLICY)

    kept = json.loads(json.dumps(as_kept(situation, decision)))

    assert situation_from(kept) == situation
    assert (kept["reason"], kept["severity"]) == (Reason.SAFETY, 5)


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
        intent, emotion, confidence, intensity, abuse, offer, misunderstood, broken, tension, tension,
        hours_since_same=1.0 if repeated else None,
    )  # fmt: skip

    decision = decide(situation, POLICY)

    if decision.stance is Stance.HANDOFF:
        assert decision.reason in PRECEDENCE
        assert decision.severity in range(1, 6)
        assert decision.severity >= POLICY.severity[decision.reason]
    else:
        assert decision == Decision(decision.stance)


@given(confidence=shares, intensity=shares, abuse=shares, tension=shares, more=shares)
def test_more_of_the_same_never_lowers_the_severity(
    confidence: float, intensity: float, abuse: float, tension: float, more: float
) -> None:
    less = Situation("complain", Emotion.ANGER, confidence, intensity, abuse, tension=tension, tension_before=tension)
    worse = replace(
        less,
        confidence=max(confidence, more),
        intensity=max(intensity, more),
        abuse=max(abuse, more),
        tension=max(tension, more),
        tension_before=max(tension, more),
        hours_since_same=1.0,
    )

    assert (decide(less, POLICY).severity or 0) <= (decide(worse, POLICY).severity or 0)


def test_the_reason_told_is_the_first_and_the_severity_the_highest() -> None:
    everything = replace(an_angry(), intent="ask_human", abuse=1.0, tension=1.0, misunderstood_in_row=9)

    assert decide(everything, POLICY) == Decision(Stance.HANDOFF, Reason.ASKED, 5)


def test_a_threat_comes_after_anger_and_before_a_repetition() -> None:
    calm = a_second_complaint(intent="threat_review")
    furious = replace(an_angry(), intent="threat_review", hours_since_same=1.0)

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
    situation = replace(CALM, intent=intent, emotion=emotion, repetitions=tuple(words), hours_since_same=None)

    assert is_repeated(situation, POLICY) == says_so


def test_words_of_repetition_make_up_for_an_intent_that_is_not_sure() -> None:
    unsure = replace(
        CALM, intent="report_late", emotion=Emotion.FRUSTRATION, intent_confidence=POLICY.complaints.sure_above - JUST
    )

    assert is_repeated(replace(unsure, repetitions=("third time",)), POLICY)
    assert not is_repeated(replace(unsure, hours_since_same=1.0), POLICY)


def test_a_word_of_repetition_counts_only_where_the_feeling_is_sure() -> None:
    sure = POLICY.complaints.upset[Emotion.FRUSTRATION]

    again = replace(CALM, intent="report_late", emotion=Emotion.FRUSTRATION, confidence=sure, repetitions=("again",))

    assert is_repeated(again, POLICY)
    assert not is_repeated(replace(again, confidence=sure - JUST), POLICY)


def test_the_shoppers_own_word_can_be_switched_off() -> None:
    repeat = RULES.repeat.model_copy(update={"said_by_shopper": False})
    deaf = POLICY.model_copy(update={"handoff": RULES.model_copy(update={"repeat": repeat})})

    third = replace(CALM, intent="report_late", emotion=Emotion.ANGER, repetitions=("third time",))

    assert not is_repeated(third, deaf)
    assert is_repeated(replace(CALM, intent="repeat_complaint"), deaf)


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
    read = replace(CALM, intent=intent, emotion=emotion, confidence=confidence)

    assert problem_complained_about(read, POLICY) == problem
    assert (
        problem_complained_about(replace(read, intent_confidence=POLICY.complaints.sure_above - JUST), POLICY) is None
    )


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


@pytest.mark.parametrize(
    ("before", "urgent"), [(RULES.repeat.victim.complaints - 1, False), (RULES.repeat.victim.complaints, True)]
)
def test_a_victim_is_more_urgent(before: int, urgent: bool) -> None:
    asks = replace(CALM, intent="ask_human")

    plain, victim = decide(asks, POLICY), decide(replace(asks, complaints_before=before), POLICY)

    assert plain.severity
    assert victim.severity
    assert victim.severity - plain.severity == (POLICY.victim_adds if urgent else 0)


@given(st.integers(0, 50), st.integers(0, 3), st.floats(0, 1e7))
def test_no_history_hands_over_who_does_not_complain(complaints: int, endings: int, total: float) -> None:
    calm = replace(CALM, complaints_before=complaints, ended_badly=endings, orders_total=total, orders_currency="EUR")

    assert decide(calm, POLICY).reason is None


def test_a_situation_kept_before_there_was_a_history_is_read() -> None:
    kept = as_kept(CALM, decide(CALM, POLICY))
    for name in ("orders_total", "orders_currency", "complaints_before", "ended_badly"):
        del kept[name]

    assert situation_from(kept) == CALM


def elsewhere(situation: Situation, intent: str = "payment_problem") -> Situation:
    return replace(situation, intent=intent, swears_elsewhere=True)


@pytest.mark.parametrize(
    "situation",
    [
        pytest.param(an_angry(), id="anger"),
        pytest.param(an_angry(abuse=1.0), id="swearing"),
        pytest.param(an_angry(tension=1.0, tension_before=0.0), id="heat of this message alone"),
        pytest.param(replace(an_angry(), repetitions=("again",)), id="again"),
    ],
)
def test_who_swears_at_a_bank_or_the_weather_is_not_angry_with_us(situation: Situation) -> None:
    decision = decide(elsewhere(situation), POLICY)

    assert decision == Decision(Stance.SOOTHE)


def test_who_swears_at_a_bank_and_complains_of_us_is_heard() -> None:
    assert decide(elsewhere(an_angry(), "complain"), POLICY).reason is Reason.ANGER


def test_who_swears_at_a_bank_and_wants_a_person_gets_one() -> None:
    assert decide(elsewhere(an_angry(), "ask_human"), POLICY).reason is Reason.ASKED
