"""Reads intent and emotion in one language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.features import FeatureSpace, Sample, Weights
from nlu.kernel import ARRAYS, KernelClassifier, Tuning
from nlu.model_files import code_digest

Targets = Mapping[str, Sequence[str]]


@dataclass
class LanguageReader:
    """A feature space and the classifier on top of it."""

    space: FeatureSpace
    classifier: KernelClassifier

    @classmethod
    def trained(cls, samples: Sequence[Sample], targets: Targets, weights: Weights, tuning: Tuning) -> LanguageReader:
        """Fit both on labelled samples."""
        space = FeatureSpace(weights)
        return cls(space, KernelClassifier.fitted(*space.fit(samples), targets, tuning))

    def read(self, sample: Sample) -> dict[str, dict[str, float]]:
        """Return for each target the log-probability of each label."""
        found = self.classifier.log_confidences(self.space.meaning(sample), *self.space.row(sample))
        return {
            target: dict(zip(self.classifier.labels[target], map(float, logs), strict=True))
            for target, logs in found.items()
        }

    def save(self, folder: Path, name: str) -> None:
        """Write the reader into a folder as `<name>.npz` and `<name>.json`."""
        arrays = {array: getattr(self.classifier, array) for array in ARRAYS}
        np.savez(folder / f"{name}.npz", centre=self.space.centre, basis=self.space.basis, **arrays)
        kept = {
            "labels": self.classifier.labels,
            "tuning": self.classifier.tuning.__dict__,
            "space": self.space.state(),
        }
        (folder / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> LanguageReader:
        """Read what `save` wrote; raises OSError, ValueError, TypeError or KeyError when it is not whole."""
        kept: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            numbers = {array: arrays[array] for array in ARRAYS}
            space = FeatureSpace.restored(kept["space"], arrays["centre"], arrays["basis"])
        reader = cls(space, KernelClassifier(kept["labels"], Tuning(**kept["tuning"]), space.basis.shape[1], **numbers))
        reader.classifier.check(space.width)
        # What is made when it is first needed is made now, not while a shopper waits.
        reader.read(Sample(name, np.zeros(len(space.basis), np.float32), "", {}))
        return reader


def fingerprint(samples: Sequence[Sample], targets: Targets, weights: Weights, tuning: Tuning) -> str:
    """Return a digest of everything a reader is made from."""
    digest = hashlib.sha256(repr((code_digest(), weights, tuning)).encode())
    for place, sample in enumerate(samples):
        labels = [labels[place] for labels in targets.values()]
        digest.update(repr((sample.language, sample.wording, sorted(sample.tone.items()), labels)).encode())
        digest.update(sample.vector.tobytes())
    return digest.hexdigest()[:32]
