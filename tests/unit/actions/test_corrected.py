"""How urgent a handoff is after a person corrected what was read."""

from __future__ import annotations

import pytest

from actions.corrected import severity_of_anger, severity_when_corrected
from actions.deescalation import decide
from actions.situation import Situation
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from tests.doubles.shipped import the_policy

POLICY = the_policy()
FURIOUS = Situation(intent="complain", emotion=Emotion.ANGER, confidence=0.9, intensity=0.9, abuse=0.0)
CALM = Situation(intent="ask_order_status", emotion=Emotion.NEUTRAL, confidence=0.9, intensity=0.05, abuse=0.0)


@pytest.mark.parametrize("calm", [Emotion.NEUTRAL, Emotion.JOY, Emotion.GRATITUDE, Emotion.CONFUSION])
def test_anger_that_was_none_leaves_the_lowest_severity(calm: Emotion) -> None:
    assert decide(FURIOUS, POLICY).severity == 5

    assert severity_when_corrected(FURIOUS, POLICY, emotion=calm) == 1


def test_another_reason_keeps_its_own_severity_without_what_being_upset_adds() -> None:
    asked = Situation(intent="ask_human", emotion=Emotion.ANGER, confidence=0.9, intensity=0.1, abuse=0.0)
    assert decide(asked, POLICY).severity == POLICY.severity[Reason.ASKED] + POLICY.upset_adds

    assert severity_when_corrected(asked, POLICY, emotion=Emotion.NEUTRAL) == POLICY.severity[Reason.ASKED]


def test_tension_without_the_feeling_is_none() -> None:
    tense = Situation(
        "report_late", Emotion.FRUSTRATION, 0.9, 0.7, 0.0, tension=0.8, tension_before=0.5, intent_confidence=0.3
    )
    assert decide(tense, POLICY).reason is Reason.TENSION

    assert severity_when_corrected(tense, POLICY, emotion=Emotion.NEUTRAL) == 1


@pytest.mark.parametrize("intent", ["ask_order_status", "praise"])
def test_anger_that_was_missed_is_as_urgent_as_anger_whatever_is_wanted(intent: str) -> None:
    missed = Situation(intent, Emotion.NEUTRAL, 0.9, 0.05, 0.0)

    assert severity_when_corrected(missed, POLICY, emotion=Emotion.ANGER) == severity_of_anger(POLICY) == 5


def test_a_corrected_intent_is_decided_on_too() -> None:
    assert severity_when_corrected(CALM, POLICY, intent="threat_legal") == POLICY.severity[Reason.THREAT]
