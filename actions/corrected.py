"""How urgent a handoff is once a person has corrected what was read. Pure, as the policy's own decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actions.deescalation import MAX_SEVERITY, decide
from actions.policy import SEVERITIES, Policy
from actions.situation import Situation
from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason

_SURE: Final = 1.0


def severity_when_corrected(
    situation: Situation, policy: Policy, *, emotion: Emotion | None = None, intent: str | None = None
) -> int:
    """Return the severity the policy gives where a person says what was felt or wanted; the lowest if nothing is left of it."""
    decided = decide(as_corrected(situation, policy, emotion=emotion, intent=intent), policy).severity
    severity = decided if decided is not None else SEVERITIES[0]
    return max(severity, severity_of_anger(policy)) if emotion is Emotion.ANGER else severity


def severity_of_anger(policy: Policy) -> int:
    """Return how urgent somebody is whom a person calls angry."""
    return min(policy.severity[Reason.ANGER] + policy.upset_adds, MAX_SEVERITY)


def as_corrected(situation: Situation, policy: Policy, *, emotion: Emotion | None, intent: str | None) -> Situation:
    """Return a situation as a person reads it: what they say is sure, and neither anger is weak nor calm strong."""
    if intent is not None:
        situation = replace(situation, intent=intent, intent_confidence=_SURE)
    if emotion is None:
        return situation
    intensity = situation.intensity
    if emotion is Emotion.NEUTRAL:
        intensity = 0.0
    elif emotion is Emotion.ANGER:
        intensity = max(intensity, policy.handoff.anger.intensity)
    return replace(situation, emotion=emotion, confidence=_SURE, intensity=intensity)
