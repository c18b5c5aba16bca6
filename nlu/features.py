"""What is looked at in a message: meaning (e5), wording (n-grams) and tone (cues, look, entities)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import sqrt
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.linalg import eigh

from nlu.chinese import in_words
from nlu.eights import Product, eights
from nlu.entities import find_entities
from nlu.grams import Grams
from nlu.kept import Kept
from nlu.romanised import in_native
from nlu.text import plain, readable, squeezed

_MASK: Final = re.compile(r"‹\w+›")
# What names an order or a person and says nothing else.
_NAMES: Final = ("order_number", "phone", "email", "tracking_number")
_BETWEEN: Final = " ,;:、，；：\n"  # what parts them from what is said
_ENTITIES: Final = (*_NAMES, "date", "money")
# Chosen by how likely examples left out were read (`nlu/kernel.py`): of three layers with 256 directions a little less, with
# 600 no more; all even (1) reads worse than as they are (0).
_KEPT: Final = 384  # directions
_EVEN: Final = 0.2
_LEAST: Final = 1e-9  # variance of a direction in which nothing varies


@dataclass(frozen=True)
class Wording:
    """What patterns and tables make of a text: `plain` text with data masked, in the language's own script.

    `data` counts the kinds of data in the text, `share` is how much of it they are.
    """

    plain: str
    data: Mapping[str, int]
    share: float

    @classmethod
    def of(cls, text: str, language: str) -> Wording:
        """Read a text."""
        entities = find_entities(text, language)
        masked = text
        for entity in reversed(entities):
            masked = f"{masked[: entity['start']]} ‹{entity['entity']}› {masked[entity['end'] :]}"
        masked = " ".join(squeezed(plain(masked)).split())
        if language in ("ru", "el"):
            masked = in_native(masked, language)
        in_data = sum(entity["end"] - entity["start"] for entity in entities)
        return cls(masked, Counter(entity["entity"] for entity in entities), in_data / max(len(text), 1))

    @property
    def tone(self) -> dict[str, float]:
        """What data there is, as tone."""
        counts = {f"has_{name}": float(min(self.data.get(name, 0), 2)) for name in _ENTITIES}
        return {**counts, "data_share": self.share}

    @classmethod
    def of_all(cls, texts: Sequence[tuple[str, str]], cache: Kept | None) -> list[Wording]:
        """Read texts, each with its language, from the disk cache where it has them."""
        names = [f"{language}\0{text}" for text, language in texts]
        known = cache.of(names) if cache else {}
        fresh = {
            name: cls.of(text, language)
            for name, (text, language) in zip(names, texts, strict=True)
            if name not in known
        }
        if cache:
            cache.keep({name: json.dumps(wording.__dict__).encode() for name, wording in fresh.items()})
        return [fresh[name] if name in fresh else cls(**json.loads(known[name])) for name in names]


@dataclass(frozen=True)
class Sample:
    """One message as it is looked at. `wording` is plain text with data masked, in the language's own script.

    `vector` is E5Featurizer's, with a part for each layer looked at.
    """

    language: str
    vector: np.ndarray
    wording: str
    tone: Mapping[str, float]

    @property
    def has_words(self) -> bool:
        """True when something is said besides numbers, addresses and dates."""
        return any(character.isalpha() for character in self.beside_data)

    @property
    def has_names(self) -> bool:
        """True when a number or an address that names an order or a person stands in the message."""
        return any(self.tone.get(f"has_{name}") for name in _NAMES)

    @property
    def beside_data(self) -> str:
        """The wording without the data in it."""
        return " ".join(_MASK.sub(" ", self.wording).split())

    @property
    def parts(self) -> list[str]:
        """What has a letter in it, of the words and the data."""
        return [word for word in self.words.split() if any(map(str.isalpha, word))]

    def apart(self, text: str) -> Sample:
        """Return the sample of a part of the message, still with the vector, the cues and the look of the whole."""
        wording = Wording.of(text, self.language)
        return replace(self, wording=wording.plain, tone={**self.tone, **wording.tone})

    @property
    def words(self) -> str:
        """The wording with spaces between words."""
        return in_words(self.wording) if self.language == "zh" else self.wording

    @classmethod
    def of(cls, message: Message) -> Sample:
        """Read what the components before have set on a message."""
        return cls._joined(message, Wording.of(*_text(message)))

    @classmethod
    def of_all(cls, messages: Sequence[Message], cache: Kept | None = None) -> list[Sample]:
        """Read training examples; wordings come from the disk cache where it has them."""
        wordings = Wording.of_all([_text(message) for message in messages], cache)
        return [cls._joined(message, wording) for message, wording in zip(messages, wordings, strict=True)]

    @classmethod
    def _joined(cls, message: Message, wording: Wording) -> Sample:
        text, language = _text(message)
        kinds = Counter(cue["kind"] for cue in message.get("cues", []))
        tone = {
            **message.get("surface", {}),
            **{f"cue_{kind}": min(count, 3) / 2 for kind, count in kinds.items()},
            **wording.tone,
            "wordless": float(not any(map(str.isalpha, text))),
        }
        return cls(language, _vector(message), wording.plain, tone)


def _text(message: Message) -> tuple[str, str]:
    """The text that is read, and its language."""
    return readable(message.get(TEXT)), message.get("language", "")


def without_names(text: str, language: str) -> str:
    """Return the text without order numbers, tracking numbers, phones and addresses: what is said beside them, days and sums too."""
    left = text
    for entity in reversed(find_entities(text, language)):
        if entity["entity"] in _NAMES:
            left = f"{left[: entity['start']]} {left[entity['end'] :]}"
    return left.strip(_BETWEEN)


def _vector(message: Message) -> np.ndarray:
    for part in message.features:  # Rasa's own way to them copies each
        if part.attribute == TEXT and part.type == FEATURE_TYPE_SENTENCE and part.is_dense():
            return np.asarray(part.features, np.float32)[0]
    raise ValueError("a message has no e5 vector; E5Featurizer must come before ShopperReader in config.yml")


@dataclass(frozen=True)
class Weights:
    """How much character n-grams, words and tone weigh beside each other."""

    characters: float
    words: float
    tone: float


@dataclass
class FeatureSpace:
    """Turns samples of one language into unit vectors of meaning and rows of features.

    e5 vectors are centred: what remains is the meaning, not the language. Of all layers looked at, what varies most between
    the language's examples is kept (principal components), with less weight on what varies in all of them.
    """

    weights: Weights
    characters: Grams = field(default_factory=lambda: Grams("char_wb", (1, 4), min_df=2))
    words: Grams = field(default_factory=lambda: Grams("word", (1, 2), min_df=2))
    centre: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    basis: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    tones: dict[str, float] = field(default_factory=dict)
    liveliness: float = 1.0

    def fit(self, samples: Sequence[Sample]) -> tuple[np.ndarray, sp.csr_matrix]:
        """Learn centre, n-grams and tones, and return the samples' vectors and rows."""
        self.centre, self.basis = _principal(np.stack([sample.vector for sample in samples]))
        names = sorted({name for sample in samples for name in sample.tone})
        self.tones = {name: float(np.mean([sample.tone.get(name, 0.0) for sample in samples])) for name in names}
        self.liveliness = float(np.sqrt((self._tone(samples) ** 2).sum(axis=1).mean())) or 1.0
        counted = [
            self.characters.fit_rows([sample.wording for sample in samples]),
            self.words.fit_rows([sample.words for sample in samples]),
        ]
        return self.meanings(samples), self._joined(*counted, samples)

    def meanings(self, samples: Sequence[Sample]) -> np.ndarray:
        """Return one unit vector for each sample."""
        rows = (np.stack([sample.vector for sample in samples]) - self.centre) @ self.basis
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

    def meaning(self, sample: Sample) -> np.ndarray:
        """Return the unit vector of one sample, as `meanings` gives it but for rounding."""
        row = self._projected(sample.vector - self.centre)
        return row / max(sqrt(row @ row), 1e-6)

    @cached_property
    def _projected(self) -> Product:
        return Product(*eights(self.basis.T), len(self.basis))

    def row(self, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and values of one sample's row, as `fit` gives it."""
        characters, of_characters = self.characters.row(sample.wording)
        words, of_words = self.words.row(sample.words)
        tones = np.arange(len(self.tones)) + len(self.characters) + len(self.words)
        columns = np.concatenate([characters, words + len(self.characters), tones])
        values = [
            of_characters * np.sqrt(self.weights.characters),
            of_words * np.sqrt(self.weights.words),
            self._tone([sample])[0] / self.liveliness * np.sqrt(self.weights.tone),
        ]
        return columns, np.concatenate(values).astype(np.float32)

    @property
    def width(self) -> int:
        """Columns of a row."""
        return len(self.characters) + len(self.words) + len(self.tones)

    def _joined(self, characters: sp.csr_matrix, words: sp.csr_matrix, samples: Sequence[Sample]) -> sp.csr_matrix:
        parts = [
            characters * np.sqrt(self.weights.characters),
            words * np.sqrt(self.weights.words),
            sp.csr_matrix(self._tone(samples) / self.liveliness * np.sqrt(self.weights.tone)),
        ]
        return sp.hstack(parts, format="csr", dtype=np.float32)

    def _tone(self, samples: Sequence[Sample]) -> np.ndarray:
        rows = [[sample.tone.get(name, 0.0) - usual for name, usual in self.tones.items()] for sample in samples]
        return np.asarray(rows, dtype=np.float32).reshape(len(samples), len(self.tones))

    def state(self) -> dict[str, Any]:
        """Return what `restored` needs beside centre and basis, as JSON takes it."""
        return {
            "weights": self.weights.__dict__,
            "tones": self.tones,
            "liveliness": self.liveliness,
            "characters": self.characters.state(),
            "words": self.words.state(),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any], centre: np.ndarray, basis: np.ndarray) -> FeatureSpace:
        """Return the space these were taken from; raises KeyError, TypeError or ValueError when it is not whole."""
        if basis.shape[:1] != centre.shape:
            raise ValueError("centre and basis differ in length")
        return cls(
            Weights(**state["weights"]),
            Grams.restored(state["characters"]),
            Grams.restored(state["words"]),
            centre,
            basis,
            state["tones"],
            state["liveliness"],
        )


def _principal(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of vectors in rows, and the directions in which they vary most, in columns."""
    centre = vectors.mean(axis=0)
    centred = vectors - centre
    count = centred.shape[1]
    variances, directions = eigh(centred.T @ centred / len(vectors), subset_by_index=(max(count - _KEPT, 0), count - 1))
    return centre, directions * np.maximum(variances, _LEAST) ** (-_EVEN / 2)
