"""How strongly a feeling comes across, and how abusive a message is: plain arithmetic over readings and cues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, Final

# How much heat a feeling has before anything is said loudly.
_AROUSAL: Final = {
    "neutral": 0.05,
    "gratitude": 0.3,
    "joy": 0.4,
    "confusion": 0.3,
    "disappointment": 0.4,
    "anxiety": 0.5,
    "frustration": 0.6,
    "anger": 0.85,
}
_PLEASANT: Final = frozenset({"joy", "gratitude"})
_NEGATIVE: Final = frozenset({"frustration", "anger", "disappointment", "anxiety"})
_LOUD: Final = {"capitals": 0.35, "stretched": 0.2, "runs": 0.3, "exclamations": 0.2, "mixed": 0.1, "mood_anger": 0.4}
_STRONG: Final = {
    "profanity": 0.3, "insult": 0.35, "legal_threat": 0.3, "review_threat": 0.2, "repetition": 0.12, "intensifier": 0.08,
}  # fmt: skip
_CALMING: Final = {"calm": 0.35, "apology": 0.15}
_OFFENSIVE: Final = 0.9  # what is called offensive without a word of ours stays below certainty
_MOST: Final = 2  # cues of one kind that count

Cues = Sequence[Mapping[str, Any]]


def intensity(ranking: Mapping[str, float], surface: Mapping[str, float], cues: Cues) -> float:
    """Return 0..1: what the feeling has by itself, and on top of it loudness and strong words; calming words take away."""
    felt = sum(confidence * _AROUSAL[name] for name, confidence in ranking.items())
    # Marks and capitals carry a feeling that is there; they do not make one out of a plain statement.
    carried = 1 - 0.75 * ranking.get("neutral", 0.0)
    kinds = _counted(cues)
    negative = sum(ranking.get(name, 0.0) for name in _NEGATIVE)
    cool = prod(1 - weight * surface.get(sign, 0.0) * carried for sign, weight in _LOUD.items())
    cool *= prod((1 - weight * negative) ** kinds[kind] for kind, weight in _STRONG.items())
    calming = prod((1 - weight) ** kinds[kind] for kind, weight in _CALMING.items())
    return round(min(1.0, (1 - (1 - felt) * cool) * calming), 4)


def abuse(ranking: Mapping[str, float], surface: Mapping[str, float], cues: Cues, elsewhere: float = 0.0) -> float:
    """Return 0..1: insults weigh most, swearing less, and little of either where the mood is good.

    `elsewhere` (0..1) is how surely people would call a message offensive that is not about anything a shop does: there
    the words of the lexicon are not all there is.
    """
    kinds = _counted(cues)
    decent = (1 - 0.6) ** kinds["insult"] * (1 - 0.35) ** kinds["profanity"]
    if kinds["insult"] and kinds["profanity"]:
        decent *= 0.7
    decent *= 1 - 0.2 * surface.get("capitals", 0.0) * (decent < 1)
    pleasant = sum(ranking.get(name, 0.0) for name in _PLEASANT)
    hostile = ranking.get("anger", 0.0)
    by_words = (1 - decent) * (1 - 0.85 * pleasant) * (0.55 + 0.45 * hostile)
    return round(1 - (1 - by_words) * (1 - _OFFENSIVE * elsewhere * (1 - pleasant)), 4)


def _counted(cues: Iterable[Mapping[str, Any]]) -> Counter[str]:
    # One stretch of text may be listed under two kinds (`scammers`: insult and worry), but once under each.
    return Counter({kind: min(count, _MOST) for kind, count in Counter(cue["kind"] for cue in cues).items()})
