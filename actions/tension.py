"""How tense a shopper still is: the heat of the last messages, which fades with calm messages and with time. Pure arithmetic.

After each message   tension = 1 - (1 - kept x tension) x (1 - GAIN x heat)
where `kept` halves with every CALM_MESSAGES calm messages and every CALM_MINUTES minutes, sooner after thanks and joy.
So it stays within 0..1, more heat never lowers it, and one message alone never reaches more than GAIN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.emotion import Emotion, Reading

# How much of each feeling is heat. Worry and disappointment burn low.
_HEAT: Final[Mapping[Emotion, float]] = {
    Emotion.ANGER: 1.0,
    Emotion.FRUSTRATION: 0.8,
    Emotion.DISAPPOINTMENT: 0.4,
    Emotion.ANXIETY: 0.4,
}
_RELIEF: Final = (Emotion.JOY, Emotion.GRATITUDE)
# What one message of full heat adds. Two in a row pass 0.7, one does not: that is what anger's own rule is for.
GAIN: Final = 0.6
# Half is gone after so many wholly calm messages ("ok." after an outburst takes a fifth) ...
CALM_MESSAGES: Final = 3.0
# ... and after so many minutes of silence, calm or not.
CALM_MINUTES: Final = 30.0
# A message full of thanks or joy counts as so many calm messages more.
_RELIEF_COUNTS: Final = 2.0


@dataclass(frozen=True)
class Felt:
    """What one message carries: heat and relief, 0..1, and when it came, in seconds since 1970."""

    heat: float
    relief: float
    at: float

    @classmethod
    def of(cls, reading: Reading, at: float) -> Self:
        """Take heat and relief from a reading. Only heat knows intensity: saying the same louder never relieves."""
        negative = sum(weight * reading.ranking.get(emotion, 0.0) for emotion, weight in _HEAT.items())
        relief = sum(reading.ranking.get(emotion, 0.0) for emotion in _RELIEF)
        return cls(heat=_share(negative * reading.intensity), relief=_share(relief), at=at)


def tension(readings: Iterable[Felt]) -> float:
    """Return 0..1 from the shopper's last messages, the newest last; 0 where nothing was said yet."""
    level, before = 0.0, None
    for felt in readings:
        minutes = 0.0 if before is None else max(0.0, felt.at - before) / 60
        level = 1 - (1 - _kept(felt, minutes) * level) * (1 - GAIN * felt.heat)
        before = felt.at
    return _share(level)


def _kept(felt: Felt, minutes: float) -> float:
    """Return the share of the tension so far that is left when a message comes so many minutes after the last."""
    calm = (1 - felt.heat) * (1 + _RELIEF_COUNTS * felt.relief)
    return float(0.5 ** (calm / CALM_MESSAGES + minutes / CALM_MINUTES))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
