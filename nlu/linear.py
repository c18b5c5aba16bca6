"""A small linear classifier that is kept as plain numbers: nothing in a model file can run code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression


@dataclass
class Linear:
    """Multinomial logistic regression."""

    labels: list[str]
    coef: np.ndarray
    intercept: np.ndarray

    @classmethod
    def fitted(cls, features: sp.csr_matrix, labels: Sequence[str], strength: float) -> Linear:
        """Fit on rows of features; `strength` is the inverse of regularisation."""
        names = sorted(set(labels))
        if len(names) == 1:
            return cls(names, np.zeros((1, features.shape[1]), np.float32), np.zeros(1, np.float32))
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=200, tol=1e-2)
        model.fit(features, [names.index(label) for label in labels])
        coef, intercept = model.coef_, model.intercept_
        if len(names) == 2:
            coef, intercept = np.vstack([-coef, coef]) / 2, np.hstack([-intercept, intercept]) / 2
        return cls(names, coef.astype(np.float32), intercept.astype(np.float32))

    def confidences(self, features: sp.csr_matrix) -> np.ndarray:
        """Return one row of confidences, in the order of `labels`, for each row of features."""
        return softmax(np.asarray(features @ self.coef.T) + self.intercept, axis=1)

    def save(self, folder: Path) -> None:
        """Write the numbers into a folder."""
        np.savez_compressed(folder / "linear.npz", coef=self.coef, intercept=self.intercept)
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Linear:
        """Read what `save` wrote; raises OSError, ValueError or KeyError when it is not whole."""
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear.npz", allow_pickle=False) as numbers:
            found = cls(labels, numbers["coef"], numbers["intercept"])
        if found.coef.shape[0] != len(labels) or found.intercept.shape != (len(labels),):
            raise ValueError("labels and weights differ in number")
        return found
