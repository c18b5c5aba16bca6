"""Texts in languages Warmline does not speak, so that it can tell them from its own: spaCy's function words and example sentences."""

from __future__ import annotations

import random
import runpy
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import spacy

_LANGUAGES: Final = (
    "az", "bg", "cs", "da", "de", "es", "et", "fi", "fr", "hr", "hu", "id", "it", "ky", "lt", "lv", "mk", "nb", "nl", "pl",
    "pt", "ro", "sk", "sl", "sq", "sr", "sv", "tr", "tt", "uk",
)  # fmt: skip
_EACH: Final = 150
# spaCy's lists are read as files: importing a language compiles its tokenizer, for French in seven seconds.
_FOLDER: Final = Path(spacy.__file__).with_name("lang")


def foreign_texts() -> list[str]:
    """Return short texts of other languages in Latin and Cyrillic letters, the same ones each time."""
    return few([text for language in _LANGUAGES for text in few(_texts(language), _EACH)], len(_LANGUAGES) * _EACH)


def few(texts: Sequence[str], most: int) -> list[str]:
    """Return at most so many of the texts, chosen by hash: another text more or less changes hardly anything."""
    return sorted(dict.fromkeys(texts), key=lambda text: sha256(text.encode()).digest())[:most]


def _texts(language: str) -> list[str]:
    words = sorted(runpy.run_path(str(_FOLDER / language / "stop_words.py"))["STOP_WORDS"])
    chance = random.Random(language)  # noqa: S311 - the same each time is what is wanted
    found = []
    for _ in range(2):
        chance.shuffle(words)
        start = 0
        while start < len(words):
            size = chance.randint(1, 4)
            found.append(" ".join(words[start : start + size]))
            start += size
    sentences = _FOLDER / language / "examples.py"
    return found + (runpy.run_path(str(sentences))["sentences"] if sentences.exists() else [])
