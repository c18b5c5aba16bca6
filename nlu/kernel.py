"""A kernel ridge classifier: near in meaning (e5, Gaussian kernel) or alike in wording and tone (linear). Solved in one step.

Several things are read from one message (its intent, its emotion): they share the kernel, which is what costs time.
Leaving one example out has a closed form here, so confidences are calibrated on readings of examples the model has not
seen, at no extra cost. A model is kept as plain numbers: nothing in its files can run code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack
from scipy.optimize import minimize
from scipy.special import log_softmax

from nlu.eights import BLOCK, Product, blocks_of, eights

_COMMON: Final = 60  # a feature that more than one row in so many has is common
ARRAYS: Final = ("meanings", "steps", "near", "alike", "bias")
# What leaning on other labels costs. Read by halves of the examples left out (mean negative log-likelihood, four languages),
# feelings went from .479 to .463 and wishes from 1.129 to 1.124. 3e-4 gives .462 and 1.118, and reads what lies between two wishes
# too surely.
_LEANING: Final = 1e-3


@dataclass(frozen=True)
class Tuning:
    """`meaning`: weight of the Gaussian kernel, `narrow`: how soon it falls, `ridge`: how much is smoothed away."""

    meaning: float
    narrow: float
    ridge: float


@dataclass
class KernelClassifier:
    """`near` weighs the training examples by nearness in meaning, `alike` the wording and tone features.

    `meanings` and `steps` are the examples' unit vectors as `eights` gives them.

    The columns of `near`, `alike` and `bias` are the labels of each target, one target after the other.
    """

    labels: dict[str, list[str]]
    tuning: Tuning
    size: int
    meanings: np.ndarray
    steps: np.ndarray
    near: np.ndarray
    alike: np.ndarray
    bias: np.ndarray

    @classmethod
    def fitted(
        cls, meanings: np.ndarray, features: sp.csr_matrix, targets: Mapping[str, Sequence[str]], tuning: Tuning
    ) -> KernelClassifier:
        """Fit on unit vectors of meaning and rows of features; `targets` names what is read and gives its labels."""
        names = {target: sorted(set(labels)) for target, labels in targets.items()}
        places = {target: np.searchsorted(names[target], labels) for target, labels in targets.items()}
        wanted = np.hstack([_coded(places[target], len(names[target])) for target in targets])
        kernel = _nearness(meanings @ meanings.T, tuning) + _likeness(features)
        weights, own = _solved(np.asfortranarray(kernel, np.float32), tuning.ridge, wanted)
        unseen = wanted - weights / own[:, None]
        mixed = [_calibrated(unseen, columns, places[target]) for target, columns in _columns(names).items()]
        mixing, bias = (np.hstack(parts) for parts in zip(*mixed, strict=True))
        near = np.asarray(weights @ mixing, np.float32)
        alike = np.asarray(features.T @ near, np.float32)
        return cls(names, tuning, meanings.shape[1], *eights(meanings), near, alike, np.asarray(bias, np.float32))

    def log_confidences(self, meaning: np.ndarray, columns: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
        """Return for each target the log-probabilities of its labels, in their order.

        `meaning` is a unit vector; `columns` and `values` are what is not 0 in the row of features.
        """
        sums = _nearness(self._cosines(meaning), self.tuning) @ self.near + values @ self.alike[columns] + self.bias
        return {target: _log_softmax(sums[part]) for target, part in self._parts.items()}

    @cached_property
    def _cosines(self) -> Product:
        return Product(self.meanings, self.steps, self.size)

    @cached_property
    def _parts(self) -> dict[str, slice]:
        return _columns(self.labels)

    def check(self, width: int) -> None:
        """Raise ValueError unless all parts fit together, to rows of `width` features."""
        count, examples = sum(map(len, self.labels.values())), len(self.meanings)
        shapes = [getattr(self, array).shape for array in ARRAYS]
        blocks, labels = blocks_of(self.size), (count,)
        if shapes != [(examples, blocks, BLOCK), (examples, blocks), (examples, count), (width, count), labels]:
            raise ValueError("labels, features and weights differ in number")


def _log_softmax(row: np.ndarray) -> np.ndarray:
    """Return scipy's log_softmax of one row, whose checks take longer than the sum."""
    shifted = row - row.max()
    return shifted - np.log(np.exp(shifted).sum())


def _columns(labels: Mapping[str, Sequence[str]]) -> dict[str, slice]:
    ends = np.cumsum([0, *map(len, labels.values())])
    return {target: slice(*pair) for target, pair in zip(labels, pairwise(ends), strict=True)}


def _coded(places: np.ndarray, count: int) -> np.ndarray:
    """Return one row an example: 1 at its label and, so that a row sums to 0, the same negative share elsewhere."""
    rows = np.full((len(places), count), -1 / max(count - 1, 1), np.float32)
    rows[np.arange(len(places)), places] = 1
    return rows


def _nearness(cosines: np.ndarray, tuning: Tuning) -> np.ndarray:
    return np.float32(tuning.meaning) * np.exp(np.float32(2 * tuning.narrow) * (cosines - 1))


def _likeness(features: sp.csr_matrix) -> np.ndarray:
    """Return features @ features.T; what many rows share goes through dense arithmetic, which is five times as fast."""
    columns = features.tocsc()
    common = np.diff(columns.indptr) > features.shape[0] / _COMMON
    dense, rare = columns[:, common].toarray(), columns[:, ~common].tocsr()
    return dense @ dense.T + (rare @ rare.T).toarray()


def _solved(kernel: np.ndarray, ridge: float, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return inverse(kernel + ridge) @ wanted and the inverse's diagonal; the inverse itself would take twice as long."""
    kernel[np.diag_indices_from(kernel)] += ridge
    factor, failed = lapack.spotrf(kernel, lower=True, overwrite_a=True)  # zeros above the diagonal
    root, failed_too = lapack.strtri(factor, lower=True, overwrite_c=True)
    if failed or failed_too:
        raise ValueError("the examples cannot be told apart; is the ridge 0?")
    return root.T @ (root @ wanted), np.einsum("ij,ij->j", root, root)


def _calibrated(unseen: np.ndarray, columns: slice, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what of all labels' sums (in rows) makes the sum of each of a target's (in columns), and what is added to that.

    Chosen so that the right labels are most likely. All of a target's are scaled alike, and lean on the others as far as that
    pays: a message that reads as a repeated complaint is likelier to be angry.
    """
    seen = np.asarray(unseen, np.float64)
    own = np.eye(seen.shape[1])[:, columns]
    count, rows = own.shape[1], np.arange(len(truth))
    hits = np.zeros((len(truth), count))
    hits[rows, truth] = 1

    def parts(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return float(np.exp(parameters[0])), parameters[1 : count + 1], parameters[count + 1 :].reshape(own.shape)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias, leaning = parts(parameters)
        logs = log_softmax(seen @ (scale * own + leaning) + bias, axis=1)
        wrong = (np.exp(logs) - hits) / len(truth)
        slope = seen.T @ wrong
        steps = (slope * own).sum() * scale, wrong.sum(axis=0) + 2e-3 * bias / count, slope + 2 * _LEANING * leaning
        price = 1e-3 * (bias**2).mean() + _LEANING * (leaning**2).sum()
        return float(price - logs[rows, truth].mean()), np.concatenate([np.ravel(step) for step in steps])

    found = minimize(loss, np.concatenate([[2.0], np.zeros(count + own.size)]), jac=True, method="L-BFGS-B")
    scale, bias, leaning = parts(found.x)
    return scale * own + leaning, bias
