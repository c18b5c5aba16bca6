"""What the look of a message tells: capitals, stretched letters, runs of marks, emoji."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

MOODS_FILE: Final = Path(__file__).with_name("emoji.yml")
_WORD: Final = re.compile(r"[^\W\d_]+")
_DATA: Final = re.compile(r"\S*\d\S*|\S+@\S+")
_SHOUTED_LENGTH: Final = 3
_GREEK_QUESTION: Final = re.compile(r"(?<=[\u0370-\u03ff\u1f00-\u1fff]);")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")


def surface(text: str) -> dict[str, float]:
    """Return figures from 0 to about 1; a calm plain sentence has zeros only."""
    text = _GREEK_QUESTION.sub("?", text)
    words = _WORD.findall(_DATA.sub(" ", text))
    cased = [word for word in words if len(word) >= _SHOUTED_LENGTH and word.lower() != word.upper()]
    shouted = [word for word in cased if word.isupper()]
    runs = [len(run) for run in re.findall(r"[!?！？]+", text)]
    found = {
        # One shouted word is often a name (DHL, ACS); two, or all of them, are a raised voice.
        "capitals": len(shouted) / len(cased) if len(shouted) > 1 or (shouted and len(cased) == 1) else 0.0,
        "stretched": min(len(_STRETCHED.findall(text)), 3) / 3,
        "exclamations": min(len(re.findall("[!！]", text)), 5) / 5,
        "questions": min(len(re.findall("[?？]", text)), 5) / 5,
        "runs": min(sum(run for run in runs if run > 1), 6) / 6,
        "mixed": float(bool(re.search(r"[?？][!！]|[!！][?？]", text))),
        "ellipsis": min(len(re.findall(r"\.{2,}|…|。{2,}", text)), 3) / 3,
        "smiles": min(len(re.findall(r"(?<!\()[:;=]-?\)|\){2,}", text)), 3) / 3,
        "frowns": min(len(re.findall(r"[:;=]'?-?\(|\({2,}", text)), 3) / 3,
        "length": min(len(text), 300) / 300,
        "short": float(len(text) < 16),
    }
    lowered = text.lower()
    for mood, signs in moods().items():
        found[f"mood_{mood}"] = min(sum(sign in lowered for sign in signs), 3) / 3
    return found


@lru_cache(maxsize=1)
def moods() -> Mapping[str, tuple[str, ...]]:
    """Return emoji and emoticons by mood."""
    content = yaml.load(MOODS_FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # nosec B506  # noqa: S506 - builds only text
    return {mood: tuple(signs) for mood, signs in content.items()}
