"""The eight emotions Warmline tells apart."""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("neutral", "joy", "gratitude", "confusion", "anxiety", "disappointment", "frustration", "anger")
NEUTRAL: Final = "neutral"


def certain(emotion: str) -> dict[str, float]:
    """Return confidences that leave no doubt about one emotion."""
    return {name: float(name == emotion) for name in EMOTIONS}
