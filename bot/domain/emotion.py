"""What Rasa read in one message of a shopper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Emotion(StrEnum):
    """The eight feelings Warmline tells apart."""

    NEUTRAL = "neutral"
    JOY = "joy"
    GRATITUDE = "gratitude"
    CONFUSION = "confusion"
    ANXIETY = "anxiety"
    DISAPPOINTMENT = "disappointment"
    FRUSTRATION = "frustration"
    ANGER = "anger"


@dataclass(frozen=True)
class Reading:
    """Language, intent and emotion of one message. Confidences, `intensity` and `abuse` are 0..1."""

    language: str
    intent: str
    intent_confidence: float
    emotion: Emotion
    confidence: float
    intensity: float
    abuse: float
    ranking: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_parse(cls, parse: Mapping[str, Any]) -> Reading:
        """Read the answer of `POST /model/parse` (or a tracker's latest message).

        Raises KeyError, TypeError or ValueError when a promised key is missing or not of its type.
        """
        emotion, intent = parse["emotion"], parse["intent"]
        return cls(
            language=str(parse["language"]),
            intent=str(intent["name"] or "nlu_fallback"),
            intent_confidence=float(intent["confidence"]),
            emotion=Emotion(emotion["name"]),
            confidence=float(emotion["confidence"]),
            intensity=float(emotion["intensity"]),
            abuse=float(parse["abuse"]),
            ranking={str(row["name"]): float(row["confidence"]) for row in emotion["ranking"]},
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes: the form kept with the message."""
        return {
            "language": self.language,
            "intent": self.intent,
            "intent_confidence": self.intent_confidence,
            "emotion": self.emotion.value,
            "confidence": self.confidence,
            "intensity": self.intensity,
            "abuse": self.abuse,
            "ranking": dict(self.ranking),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Reading:
        """Return the reading that `as_json` wrote."""
        return cls(**{**kept, "emotion": Emotion(kept["emotion"])})
