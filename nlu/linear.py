"""A linear classifier over mixed features that is kept as plain numbers: nothing in a model file can run code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold


@dataclass
class Linear:
    """Multinomial logistic regression with a temperature fitted on held-out folds, so that confidences mean what they say."""

    labels: list[str]
    coef: np.ndarray
    intercept: np.ndarray
    temperature: float

    @classmethod
    def fitted(cls, features: sp.csr_matrix, labels: Sequence[str], strength: float, folds: int = 4) -> Linear:
        """Fit on rows of features; `strength` is the inverse of regularisation."""
        names = sorted(set(labels))
        if len(names) < 2:
            return cls(names, np.zeros((len(names), features.shape[1]), np.float32), np.zeros(len(names), np.float32), 1.0)
        target = np.asarray([names.index(label) for label in labels])
        temperature = 1.0
        if folds and np.bincount(target).min() >= folds:
            logits = np.zeros((len(target), len(names)))
            for train, held_out in StratifiedKFold(folds, shuffle=True, random_state=7).split(features, target):
                logits[held_out] = _logits(*_regression(features[train], target[train], strength), features[held_out])
            temperature = _temperature(logits, target)
        coef, intercept = _regression(features, target, strength)
        return cls(names, coef.astype(np.float32), intercept.astype(np.float32), temperature)

    def confidences(self, features: sp.csr_matrix) -> np.ndarray:
        """Return one row of confidences, in the order of `labels`, for each row of features."""
        return softmax(_logits(self.coef, self.intercept, features) / self.temperature, axis=1)

    def save(self, folder: Path) -> None:
        """Write the numbers into a folder."""
        np.savez_compressed(folder / "linear.npz", coef=self.coef, intercept=self.intercept, temperature=self.temperature)
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Linear:
        """Read what `save` wrote; raises OSError, ValueError or KeyError when it is not whole."""
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "linear.npz", allow_pickle=False) as numbers:
            found = cls(labels, numbers["coef"], numbers["intercept"], float(numbers["temperature"]))
        if found.coef.shape[0] != len(labels) or found.intercept.shape != (len(labels),):
            raise ValueError("labels and weights differ in number")
        return found


def _regression(features: sp.csr_matrix, target: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=300, tol=1e-3)
    model.fit(features, target)
    if len(model.classes_) == 2:
        return np.vstack([-model.coef_, model.coef_]) / 2, np.hstack([-model.intercept_, model.intercept_]) / 2
    return model.coef_, model.intercept_


def _logits(coef: np.ndarray, intercept: np.ndarray, features: sp.csr_matrix) -> np.ndarray:
    return np.asarray(features @ coef.T) + intercept


def _temperature(logits: np.ndarray, target: np.ndarray) -> float:
    rows = np.arange(len(target))

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(logits / np.exp(log_temperature), axis=1)[rows, target].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
