"""The features both heads look at: meaning (e5), wording (n-grams) and tone (cues, look, entities)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.entities import find_entities
from nlu.grams import Grams
from nlu.kernel import KernelClassifier, Tuning
from nlu.romanised import in_native
from nlu.text import plain, squeezed

_ENOUGH: Final = 20  # examples of a language that make a centre of its own
_MASK: Final = re.compile(r"‹\w+›")
_ENTITIES: Final = ("order_number", "phone", "email", "tracking_number", "date")


@dataclass(frozen=True)
class Sample:
    """One message as the heads see it. `wording` is plain text with data masked, in the language's own script."""

    language: str
    vector: np.ndarray
    wording: str
    tone: Mapping[str, float]

    @property
    def has_words(self) -> bool:
        """True when something is said besides numbers, addresses and dates."""
        return any(character.isalpha() for character in _MASK.sub(" ", self.wording))

    @classmethod
    def of(cls, message: Message) -> Sample:
        """Read what the components before have set on a message."""
        text, language = message.get(TEXT), message.get("language", "")
        entities = find_entities(text, language)
        wording = text
        for entity in reversed(entities):
            wording = f"{wording[: entity['start']]} ‹{entity['entity']}› {wording[entity['end'] :]}"
        wording = " ".join(squeezed(plain(wording)).split())
        if language in ("ru", "el"):
            wording = in_native(wording, language)
        kinds = Counter(cue["kind"] for cue in message.get("cues", []))
        named = Counter(entity["entity"] for entity in entities)
        letters = sum(character.isalpha() for character in text)
        in_data = sum(entity["end"] - entity["start"] for entity in entities)
        tone = {
            **message.get("surface", {}),
            **{f"cue_{kind}": min(count, 3) / 2 for kind, count in kinds.items()},
            **{f"has_{name}": min(named[name], 2) / 1.0 for name in _ENTITIES},
            "data_share": in_data / max(len(text), 1),
            "wordless": float(letters == 0),
        }
        return cls(language, _vector(message), wording, tone)


def _vector(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        raise ValueError("a message has no e5 vector; E5Featurizer must come before the heads in config.yml")
    return np.asarray(sentence.features, dtype=np.float32)[0]


@dataclass(frozen=True)
class Weights:
    """How much character n-grams, words and tone weigh beside each other."""

    characters: float
    words: float
    tone: float


@dataclass
class FeatureSpace:
    """Turns samples into unit vectors of meaning and rows of features.

    e5 vectors are centred per language: what remains is the meaning, not the language.
    """

    weights: Weights
    characters: Grams = field(default_factory=lambda: Grams("char_wb", (1, 4), min_df=2))
    words: Grams = field(default_factory=lambda: Grams("word", (1, 2), min_df=2))
    centres: dict[str, np.ndarray] = field(default_factory=dict)
    tones: dict[str, float] = field(default_factory=dict)
    liveliness: float = 1.0

    def fit(self, samples: Sequence[Sample]) -> tuple[np.ndarray, sp.csr_matrix]:
        """Learn centres, n-grams and tones, and return the samples' vectors and rows."""
        vectors = np.stack([sample.vector for sample in samples])
        languages = np.asarray([sample.language for sample in samples])
        self.centres = {"": vectors.mean(axis=0)}
        for language in sorted(set(languages)):
            if (languages == language).sum() >= _ENOUGH:
                self.centres[language] = vectors[languages == language].mean(axis=0)
        names = sorted({name for sample in samples for name in sample.tone})
        self.tones = {name: float(np.mean([sample.tone.get(name, 0.0) for sample in samples])) for name in names}
        self.liveliness = float(np.sqrt((self._tone(samples) ** 2).sum(axis=1).mean())) or 1.0
        wordings = [sample.wording for sample in samples]
        counted = [grams.vectorizer.fit_transform(wordings) for grams in (self.characters, self.words)]
        return self.meanings(samples), self._joined(*counted, samples)

    def meanings(self, samples: Sequence[Sample]) -> np.ndarray:
        """Return one unit vector for each sample."""
        rows = np.stack([sample.vector - self.centres.get(sample.language, self.centres[""]) for sample in samples])
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

    def rows(self, samples: Sequence[Sample]) -> sp.csr_matrix:
        """Return one row of wording and tone for each sample."""
        wordings = [sample.wording for sample in samples]
        return self._joined(
            self.characters.vectorizer.transform(wordings), self.words.vectorizer.transform(wordings), samples
        )

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


@dataclass
class Head:
    """A feature space and the classifier on top of it."""

    space: FeatureSpace
    classifier: KernelClassifier

    @classmethod
    def trained(cls, samples: Sequence[Sample], labels: Sequence[str], weights: Weights, tuning: Tuning) -> Head:
        """Fit both on labelled samples."""
        space = FeatureSpace(weights)
        return cls(space, KernelClassifier.fitted(*space.fit(samples), labels, tuning))

    def read(self, sample: Sample) -> list[tuple[str, float]]:
        """Return labels with calibrated confidences that sum to 1, the surest first."""
        confidences = self.classifier.confidences(self.space.meanings([sample]), self.space.rows([sample]))[0]
        return sorted(zip(self.classifier.labels, map(float, confidences), strict=True), key=lambda pair: -pair[1])

    def save(self, folder: Path) -> None:
        """Write the head into a folder."""
        self.classifier.save(folder)
        np.savez(folder / "centres.npz", **{f"of_{language}": row for language, row in self.space.centres.items()})
        kept = {
            "weights": self.space.weights.__dict__,
            "tones": self.space.tones,
            "liveliness": self.space.liveliness,
            "characters": self.space.characters.state(),
            "words": self.space.words.state(),
        }
        (folder / "space.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Head:
        """Read what `save` wrote; raises OSError, ValueError, TypeError or KeyError when it is not whole."""
        kept: dict[str, Any] = json.loads((folder / "space.json").read_text(encoding="utf-8"))
        with np.load(folder / "centres.npz", allow_pickle=False) as rows:
            centres = {name.removeprefix("of_"): rows[name] for name in rows.files}
        space = FeatureSpace(
            Weights(**kept["weights"]),
            Grams.restored(kept["characters"]),
            Grams.restored(kept["words"]),
            centres,
            kept["tones"],
            kept["liveliness"],
        )
        head = cls(space, KernelClassifier.load(folder))
        width = len(kept["characters"]["terms"]) + len(kept["words"]["terms"]) + len(kept["tones"])
        if head.classifier.alike.shape[0] != width:
            raise ValueError("features and weights differ in number")
        return head
