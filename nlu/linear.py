"""A small linear classifier that is kept as plain numbers: nothing in a model file can run code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.special import softmax


@dataclass
class Linear:
    """A weight for each feature and label; confidences are the softmax of the sums."""

    labels: list[str]
    coef: np.ndarray

    @classmethod
    def counted(cls, features: sp.csr_matrix, labels: Sequence[str], smoothing: float) -> Linear:
        """Naive Bayes over rows of features: counted, not searched for, and as good for letters as what is searched for."""
        names = sorted(set(labels))
        places = [names.index(label) for label in labels]
        members = sp.csr_matrix((np.ones(len(labels), np.float32), (places, range(len(labels)))))
        counts = (members @ features).toarray() + smoothing
        weights = np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
        return cls(names, weights)

    def __post_init__(self) -> None:
        # A product with a transposed view would copy all of it for every message.
        self._by_feature = np.ascontiguousarray(self.coef.T)

    def confidences(self, features: sp.csr_matrix) -> np.ndarray:
        """Return one row of confidences, in the order of `labels`, for each row of features."""
        return softmax(np.asarray(features @ self._by_feature), axis=1)

    def confidences_of(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return one row of confidences for what is not 0 in one row of features."""
        return softmax(values @ self._by_feature[columns])

    def save(self, folder: Path) -> None:
        """Write the numbers into a folder."""
        np.savez_compressed(folder / "linear.npz", coef=self.coef)
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Linear:
        """Read what `save` wrote; raises OSError, ValueError or KeyError when it is not whole."""
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear.npz", allow_pickle=False) as numbers:
            found = cls(labels, numbers["coef"])
        if found.coef.shape[0] != len(labels):
            raise ValueError("labels and weights differ in number")
        return found
