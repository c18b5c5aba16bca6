"""How well labels are read: F1, accuracy, calibration, and which labels are taken for which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

FALLBACK: Final = "nlu_fallback"
BINS: Final = 10
_WORST: Final = 12
_SHOWN: Final = 5


@dataclass(frozen=True)
class Judgement:
    """One message, the label or labels it has, and how it was read; `chances` are confidences by label."""

    text: str
    language: str
    labels: Sequence[str]
    read: str
    sure: float
    chances: Mapping[str, float]

    @property
    def wanted(self) -> str:
        """The label that the reading is held to: with several, the one that was read, else the first."""
        return self.read if self.read in self.labels else self.labels[0]

    @property
    def right(self) -> bool:
        """True when the reading is one of the labels."""
        return self.read in self.labels


@dataclass(frozen=True)
class LabelFigures:
    """One label; `auc` is its confidence against all other messages, None where there are no others."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    auc: float | None


@dataclass(frozen=True)
class GroupFigures:
    """Messages of one language, or of all; `labels` are those that occur, the weakest first."""

    count: int
    macro_f1: float
    accuracy: float
    calibration_error: float
    fallback: float
    labels: Sequence[LabelFigures]

    def label(self, name: str) -> LabelFigures | None:
        """Return the figures of a label, None when no message has it."""
        return next((row for row in self.labels if row.label == name), None)


@dataclass(frozen=True)
class Bin:
    """Readings whose confidence lies in one tenth."""

    count: int
    sure: float
    right: float


@dataclass(frozen=True)
class Misread:
    """A message that was read wrongly."""

    text: str
    language: str
    sure: float


@dataclass(frozen=True)
class Confusion:
    """How often one label was taken for another, with the messages of which the reading was surest."""

    wanted: str
    read: str
    count: int
    messages: Sequence[Misread]


@dataclass(frozen=True)
class TargetFigures:
    """All that is known of intents or of emotions; `matrix[i][j]`: messages of label i read as label j."""

    target: str
    overall: GroupFigures
    languages: Mapping[str, GroupFigures]
    bins: Sequence[Bin]
    confusions: Sequence[Confusion]
    names: Sequence[str]
    matrix: Sequence[Sequence[int]]


def figures_of(target: str, judged: Sequence[Judgement]) -> TargetFigures:
    """Return the figures of judgements, overall and by language."""
    wanted, read = [row.wanted for row in judged], [row.read for row in judged]
    names = sorted({*wanted, *read})
    return TargetFigures(
        target,
        _group(judged),
        {name: _group(rows) for name, rows in by_language(judged).items()},
        bins([row.sure for row in judged], [row.right for row in judged]),
        confusions(judged),
        names,
        confusion_matrix(wanted, read, labels=names).tolist(),
    )


def by_language(judged: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    """Return judgements by their languages, in the order of the languages' names."""
    groups = defaultdict(list)
    for row in judged:
        groups[row.language].append(row)
    return dict(sorted(groups.items()))


def _group(judged: Sequence[Judgement]) -> GroupFigures:
    labels = _labels(judged)
    return GroupFigures(
        len(judged),
        float(np.mean([row.f1 for row in labels])),
        float(np.mean([row.right for row in judged])),
        calibration_error(bins([row.sure for row in judged], [row.right for row in judged])),
        float(np.mean([row.read == FALLBACK for row in judged])),
        labels,
    )


def _labels(judged: Sequence[Judgement]) -> list[LabelFigures]:
    wanted, read = [row.wanted for row in judged], [row.read for row in judged]
    names = sorted(set(wanted))
    columns = precision_recall_fscore_support(wanted, read, labels=names, zero_division=0)
    rows = [
        LabelFigures(name, float(precision), float(recall), float(f1), int(support), _auc(judged, name))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.f1, row.label))


def _auc(judged: Sequence[Judgement], label: str) -> float | None:
    return area([label in row.labels for row in judged], [row.chances.get(label, 0.0) for row in judged])


def area(truth: Sequence[bool], scores: Sequence[float]) -> float | None:
    """Return the area under the ROC curve, None where all are true or none is."""
    return float(roc_auc_score(truth, scores)) if len(set(truth)) > 1 else None


def bins(sure: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Return ten bins of equal width over the confidence."""
    places = np.minimum((np.asarray(sure) * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        mean_sure = float(np.asarray(sure)[inside].mean()) if count else 0.0
        mean_right = float(np.asarray(right, dtype=float)[inside].mean()) if count else 0.0
        found.append(Bin(count, mean_sure, mean_right))
    return found


def calibration_error(rows: Sequence[Bin]) -> float:
    """Return the expected calibration error: how far confidence is from being right, weighed by the bins' sizes."""
    total = sum(row.count for row in rows)
    return sum(row.count * abs(row.right - row.sure) for row in rows) / total


def confusions(judged: Sequence[Judgement]) -> list[Confusion]:
    """Return the pairs of labels most often mistaken, the worst first."""
    wrong = [row for row in judged if not row.right]
    pairs = Counter((row.wanted, row.read) for row in wrong)
    worst = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:_WORST]
    return [Confusion(wanted, read, count, _surest(wrong, wanted, read)) for (wanted, read), count in worst]


def _surest(wrong: Sequence[Judgement], wanted: str, read: str) -> list[Misread]:
    rows = [row for row in wrong if (row.wanted, row.read) == (wanted, read)]
    rows.sort(key=lambda row: (-row.sure, row.text))
    return [Misread(row.text, row.language, row.sure) for row in rows[:_SHOWN]]
