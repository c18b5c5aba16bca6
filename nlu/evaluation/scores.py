"""How well a number tells two kinds of messages apart: upset or not, abusive or not; and the thresholds of the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from sklearn.metrics import precision_recall_curve, precision_recall_fscore_support, roc_curve

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.figures import Judgement, area, by_language

ALL: Final = "all"
UPSET: Final = ("anger", "frustration")


@dataclass(frozen=True)
class Decision:
    """A yes or no made from the score, and how good it is."""

    name: str
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ScoreGroup:
    """Messages of one language, or of all; `best` is the threshold on the score with the highest F1."""

    count: int
    positive: int
    auc: float | None
    decisions: Sequence[Decision]
    threshold: float
    roc: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class ScoreFigures:
    """A score by language; `decisions` of each group are the policy's, then the best threshold's."""

    title: str
    positive: str
    groups: Mapping[str, ScoreGroup]


def thresholds(policy: Path) -> dict[str, float]:
    """Return from actions/deescalation.yml how surely each upset emotion must be read to count."""
    return {name: _number(policy, "complaints", "upset", name) for name in UPSET}


def abuse_thresholds(policy: Path) -> dict[str, float]:
    """Return from actions/deescalation.yml where abuse gets a boundary, and where a person."""
    return {
        "boundary": _number(policy, "stances", "boundary_above"),
        "handoff": _number(policy, "handoff", "abuse", "above"),
    }


def _number(policy: Path, *keys: str) -> float:
    found: Any = yaml.safe_load(policy.read_text(encoding="utf-8"))
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, (int, float)):
        raise WrongInput(f"{policy}: no number at {'.'.join(keys)}")
    return float(found)


def upset_figures(judged: Sequence[Judgement], limits: Mapping[str, float]) -> ScoreFigures:
    """Return how well anger and frustration together are told from the rest; the policy's decision is `is_upset`."""
    return _figures(
        "Upset shoppers",
        "anger or frustration",
        judged,
        lambda row: any(label in UPSET for label in row.labels),
        lambda row: sum(row.chances.get(name, 0.0) for name in UPSET),
        {"policy": lambda row: row.read in limits and row.sure >= limits[row.read]},
    )


def abuse_figures(judged: Sequence[Judgement], limits: Mapping[str, float], positive: str) -> ScoreFigures:
    """Return how well the abuse score finds messages labelled `positive`."""
    decisions = {
        f"{name} ({limit:g})": lambda row, limit=limit: row.sure >= limit for name, limit in sorted(limits.items())
    }
    return _figures("Abuse", positive, judged, lambda row: positive in row.labels, lambda row: row.sure, decisions)


def _figures(
    title: str, positive: str, judged: Sequence[Judgement], truth: Any, score: Any, decisions: Mapping[str, Any]
) -> ScoreFigures:
    groups = {}
    for name, rows in {**by_language(judged), ALL: judged}.items():
        wanted = np.array([truth(row) for row in rows])
        scores = np.array([score(row) for row in rows])
        threshold = best_threshold(wanted, scores)
        made = [
            _decision(kind, wanted, np.array([made_of(row) for row in rows])) for kind, made_of in decisions.items()
        ]
        if wanted.any():
            made.append(_decision(f"best ({threshold:.2f})", wanted, scores >= threshold))
        groups[name] = ScoreGroup(
            len(rows), int(wanted.sum()), area(wanted.tolist(), scores), made, threshold, _roc(wanted, scores)
        )
    return ScoreFigures(title, positive, groups)


def _decision(name: str, wanted: np.ndarray, made: np.ndarray) -> Decision:
    precision, recall, f1, _ = precision_recall_fscore_support(wanted, made, average="binary", zero_division=0)
    return Decision(name, float(precision), float(recall), float(f1))


def best_threshold(wanted: np.ndarray, scores: np.ndarray) -> float:
    """Return the threshold (score >= it) with the highest F1; 1 where nothing is wanted."""
    if not wanted.any():
        return 1.0
    precision, recall, limits = precision_recall_curve(wanted, scores)
    both = precision[:-1] + recall[:-1]
    f1 = np.divide(2 * precision[:-1] * recall[:-1], both, out=np.zeros_like(both), where=both > 0)
    return float(limits[int(np.argmax(f1))])


def _roc(wanted: np.ndarray, scores: np.ndarray) -> list[tuple[float, float]]:
    if len(set(wanted.tolist())) < 2:
        return []
    false, true, _ = roc_curve(wanted, scores)
    return [(round(float(x), 4), round(float(y), 4)) for x, y in zip(false, true, strict=True)]
