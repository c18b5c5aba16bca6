"""A kernel ridge classifier: near in meaning (e5, Gaussian kernel) or alike in wording and tone (linear). Solved in one step.

Leaving one example out has a closed form here, so confidences are calibrated on readings of examples the model has not
seen, at no extra cost. A model is kept as plain numbers: nothing in its files can run code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

_ARRAYS: Final = ("meanings", "near", "alike", "bias")


@dataclass(frozen=True)
class Tuning:
    """`meaning`: weight of the Gaussian kernel, `narrow`: how soon it falls, `ridge`: how much is smoothed away."""

    meaning: float
    narrow: float
    ridge: float


@dataclass
class KernelClassifier:
    """`near` weighs the training examples by nearness in meaning, `alike` the wording and tone features."""

    labels: list[str]
    tuning: Tuning
    scale: float
    meanings: np.ndarray
    near: np.ndarray
    alike: np.ndarray
    bias: np.ndarray

    @classmethod
    def fitted(
        cls, meanings: np.ndarray, features: sp.csr_matrix, labels: Sequence[str], tuning: Tuning
    ) -> KernelClassifier:
        """Fit on unit vectors of meaning and rows of features."""
        names = sorted(set(labels))
        target = np.asarray([names.index(label) for label in labels])
        if len(names) < 2:
            nothing = np.zeros((len(target), len(names)), np.float32)
            return cls(
                names,
                tuning,
                1.0,
                meanings,
                nothing,
                np.zeros((features.shape[1], len(names)), np.float32),
                np.zeros(len(names)),
            )
        wanted = np.full((len(target), len(names)), -1 / (len(names) - 1), np.float32)
        wanted[np.arange(len(target)), target] = 1
        kernel = _nearness(meanings, meanings, tuning) + (features @ features.T).toarray().astype(np.float32)
        inverse = _inverse(kernel, tuning.ridge)
        near = inverse @ wanted
        unseen = wanted - near / np.diag(inverse)[:, None]
        scale, bias = _calibrated(unseen, target)
        return cls(names, tuning, scale, meanings, near, np.asarray(features.T @ near, np.float32), bias)

    def confidences(self, meanings: np.ndarray, features: sp.csr_matrix) -> np.ndarray:
        """Return one row of confidences, in the order of `labels`, for each row given."""
        raw = _nearness(meanings, self.meanings, self.tuning) @ self.near + features @ self.alike
        return softmax(raw * self.scale + self.bias, axis=1)

    def save(self, folder: Path) -> None:
        """Write the numbers into a folder."""
        np.savez(folder / "kernel.npz", **{name: getattr(self, name) for name in _ARRAYS})
        kept = {"labels": self.labels, "tuning": self.tuning.__dict__, "scale": self.scale}
        (folder / "kernel.json").write_text(json.dumps(kept), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> KernelClassifier:
        """Read what `save` wrote; raises OSError, ValueError, TypeError or KeyError when it is not whole."""
        kept = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
        with np.load(folder / "kernel.npz", allow_pickle=False) as arrays:
            found = cls(
                kept["labels"], Tuning(**kept["tuning"]), kept["scale"], **{name: arrays[name] for name in _ARRAYS}
            )
        if not len(found.labels) == found.near.shape[1] == found.alike.shape[1] == len(found.bias):
            raise ValueError("labels and weights differ in number")
        return found


def _nearness(ones: np.ndarray, others: np.ndarray, tuning: Tuning) -> np.ndarray:
    return np.float32(tuning.meaning) * np.exp(np.float32(2 * tuning.narrow) * (ones @ others.T - 1))


def _inverse(kernel: np.ndarray, ridge: float) -> np.ndarray:
    """Return the inverse of kernel + ridge, which is symmetric and positive."""
    kernel[np.diag_indices_from(kernel)] += ridge
    factor, failed = lapack.spotrf(kernel, overwrite_a=True)
    inverse, failed_too = lapack.spotri(factor, overwrite_c=True)
    if failed or failed_too:
        raise ValueError("the examples cannot be told apart; is the ridge 0?")
    upper = np.triu(inverse)
    return upper + np.triu(upper, 1).T


def _calibrated(raw: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the scale and the bias of each label that make the right labels most likely."""
    rows = np.arange(len(target))
    hits = np.zeros_like(raw)
    hits[rows, target] = 1

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.exp(parameters[0]), parameters[1:]
        logs = log_softmax(raw * scale + bias, axis=1)
        wrong = (np.exp(logs) - hits) / len(target)
        slope = np.concatenate([[float((wrong * raw).sum() * scale)], wrong.sum(axis=0)])
        return float(-logs[rows, target].mean() + 1e-3 * (bias**2).mean()), slope + np.concatenate(
            [[0.0], 2e-3 * bias / len(bias)]
        )

    found = minimize(loss, np.concatenate([[2.0], np.zeros(raw.shape[1])]), jac=True, method="L-BFGS-B")
    return float(np.exp(found.x[0])), found.x[1:].astype(np.float32)
