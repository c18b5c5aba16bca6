"""What public labelled text teaches about feelings, as a small head; README.md beside this is its model card.

A shop's own examples teach the eight emotions of its chats, and little about anything else people may write. The head
was fitted on public text with coarser labels (`python -m nlu.prior.fit`). It also tells how far a message is from a shop's
chat (`elsewhere`): the farther, the more its reading counts beside the shop's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.special import expit, log_softmax
from sklearn.feature_extraction.text import HashingVectorizer

from nlu.features import Sample
from nlu.feelings import EMOTIONS
from nlu.grams import WORD, HashedGrams

WEIGHTS_FILE: Final = Path(__file__).with_name("weights.npz")
COARSE: Final = {
    "neutral": "neutral",
    "joy": "joy",
    "gratitude": "gratitude",
    "confusion": "surprise",
    "anxiety": "fear",
    "disappointment": "sadness",
    "frustration": "anger",
    "anger": "anger",
}
"""The public label that covers each of our emotions."""
CLASSES: Final = ("neutral", "joy", "gratitude", "surprise", "fear", "sadness", "anger")
OUTPUTS: Final = (*CLASSES, "abuse", "elsewhere")
# How much of the shop's reading goes where a message is surely not from a shop's chat. Measured with
# `python -m nlu.prior.fit`: 0.9 gains most on public text of what can be had without losing on tests/nlu.
_YIELDS: Final = 0.9
_MEANING: Final = 4.0  # length of the meaning beside the n-grams
_CHARACTERS: Final = HashedGrams(
    HashingVectorizer(analyzer="char_wb", ngram_range=(1, 4), n_features=2**14, lowercase=False, dtype=np.float32)
)
_WORDS: Final = HashedGrams(
    HashingVectorizer(
        analyzer="word", ngram_range=(1, 2), n_features=2**14, lowercase=False, token_pattern=WORD, dtype=np.float32
    )
)
_HASHED: Final = ((_CHARACTERS, 2.0), (_WORDS, 1.4))  # and the lengths of their rows


@dataclass(frozen=True)
class Weighed:
    """Confidences of the eight emotions that sum to 1, and 0..1: how surely people would call the message offensive."""

    emotions: dict[str, float]
    abuse: float


@dataclass(frozen=True)
class Network:
    """One hidden layer over meaning and tone, without the wording."""

    inner: np.ndarray
    inner_bias: np.ndarray
    outer: np.ndarray
    outer_bias: np.ndarray

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """Return log-odds in the order of CLASSES for a row (meaning, then tone), or for each of several."""
        return np.maximum(rows @ self.inner + self.inner_bias, 0) @ self.outer + self.outer_bias

    def joined(self, linear: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the linear head's outputs, with the mean of both readings for each of CLASSES."""
        outputs = linear.copy()
        outputs[..., : len(CLASSES)] = (outputs[..., : len(CLASSES)] + self.outputs(rows)) / 2
        return outputs


@dataclass(frozen=True)
class Prior:
    """`weights` is one row of features for each of OUTPUTS; `centres` are the mean e5 vectors of public text."""

    centres: Mapping[str, np.ndarray]
    tones: Sequence[str]
    weights: np.ndarray
    bias: np.ndarray
    network: Network

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Prior:
        """Return the prior that comes with Warmline."""
        with np.load(WEIGHTS_FILE, allow_pickle=False) as kept:
            centres = {name.removeprefix("centre_"): kept[name] for name in kept.files if name.startswith("centre_")}
            network = Network(**{part.name: kept[part.name].astype(np.float32) for part in fields(Network)})
            return cls(centres, kept["tones"].tolist(), kept["weights"].astype(np.float32), kept["bias"], network)

    def outputs(self, sample: Sample) -> np.ndarray:
        """Return log-odds in the order of OUTPUTS."""
        meaning = _meanings([sample], self.centres)[0]
        tone = np.asarray([sample.tone.get(name, 0.0) for name in self.tones], np.float32)
        parts = [(slice(0, len(meaning)), meaning), (slice(self.weights.shape[1] - len(tone), None), tone)]
        start = len(meaning)
        for hashed, length in _HASHED:
            columns, values = hashed.row(sample.wording)
            parts.append((columns + start, values * np.float32(length)))
            start += len(hashed)
        linear = self.bias + sum(self.weights[:, columns] @ values for columns, values in parts)
        return self.network.joined(linear, np.concatenate([meaning, tone]))

    def weighed(self, sample: Sample, logs: Mapping[str, float]) -> Weighed:
        """Return the shop's reading, given as log-probabilities by emotion, weighed against this one."""
        outputs = self.outputs(sample)
        return Weighed(mixed(logs, outputs), float(expit(outputs[-2]) * expit(outputs[-1])))


def mixed(logs: Mapping[str, float], outputs: np.ndarray) -> dict[str, float]:
    """Return confidences by emotion from the shop's log-probabilities and one row of outputs.

    Within a public label (anger covers our frustration and anger) the shop's reading says which.
    """
    elsewhere = float(expit(outputs[-1]))
    of_class = {name: sum(exp(logs[emotion]) for emotion in EMOTIONS if COARSE[emotion] == name) for name in CLASSES}
    raw = []
    for emotion in EMOTIONS:
        share = logs[emotion] - np.log(max(of_class[COARSE[emotion]], 1e-9))
        public = outputs[CLASSES.index(COARSE[emotion])] + share
        raw.append((1 - _YIELDS * elsewhere) * logs[emotion] + elsewhere * public)
    return dict(zip(EMOTIONS, map(float, np.exp(log_softmax(raw))), strict=True))


def features(
    samples: Sequence[Sample], centres: Mapping[str, np.ndarray], tones: Sequence[str]
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return one row for each sample: of meaning, hashed n-grams and tone for the head; of meaning and tone for the network."""
    wordings = [sample.wording for sample in samples]
    meanings = _meanings(samples, centres)
    tone = np.asarray([[sample.tone.get(name, 0.0) for name in tones] for sample in samples], np.float32)
    hashed = (grams.rows(wordings) * np.float32(length) for grams, length in _HASHED)
    rows = sp.hstack([sp.csr_matrix(meanings), *hashed, sp.csr_matrix(tone)], format="csr")
    return rows, np.hstack([meanings, tone])


def _meanings(samples: Sequence[Sample], centres: Mapping[str, np.ndarray]) -> np.ndarray:
    usual = None if all(sample.language in centres for sample in samples) else np.mean(list(centres.values()), axis=0)
    rows = np.stack([sample.vector - centres.get(sample.language, usual) for sample in samples])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6) * np.float32(_MEANING)


@lru_cache(maxsize=1)
def weights_digest() -> str:
    """Return a digest of the shipped numbers."""
    return hashlib.sha256(WEIGHTS_FILE.read_bytes()).hexdigest()
