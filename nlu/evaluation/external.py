"""Labelled messages from elsewhere (`{"text", "label" or "labels", "lang"}`, one a line) and how their labels' names are ours."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.figures import FALLBACK, Judgement

DROP: Final = "-"


@dataclass(frozen=True)
class Row:
    """One message; a reading is right when it is one of `labels`."""

    text: str
    labels: tuple[str, ...]
    language: str


def read_rows(file: Path) -> list[Row]:
    """Return the rows of a file; raises WrongInput with the line of the first that cannot be used."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongInput(f"{file}: {exc}") from exc
    rows = [_row(line, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise WrongInput(f"{file}: no rows")
    return rows


def _row(line: str, where: str) -> Row:
    try:
        read = json.loads(line)
    except json.JSONDecodeError as exc:
        raise WrongInput(f"{where}: not JSON: {exc}") from exc
    if not isinstance(read, dict):
        raise WrongInput(f"{where}: not an object")
    for key in ("text", "lang"):
        if not isinstance(read.get(key), str) or not read[key].strip():
            raise WrongInput(f"{where}: no {key!r}")
    if ("label" in read) == ("labels" in read):
        raise WrongInput(f"{where}: exactly one of 'label' and 'labels' is wanted")
    labels = read.get("labels", [read.get("label")])
    if not isinstance(labels, list) or not labels or not all(isinstance(name, str) and name for name in labels):
        raise WrongInput(f"{where}: {labels!r} are not names of labels")
    return Row(read["text"], tuple(dict.fromkeys(labels)), read["lang"])


def read_names(options: Iterable[str]) -> dict[str, str]:
    """Return the names given as `FROM=TO` or as YAML or JSON files of them; raises WrongInput when two disagree."""
    names: dict[str, str] = {}
    for option in options:
        start, equals, end = option.partition("=")
        for old, new in ({start: end} if equals else _names_in(Path(option))).items():
            if not isinstance(old, str) or not isinstance(new, str) or not old or not new:
                raise WrongInput(f"--map {option}: {old!r} to {new!r} is not one name to another (FROM=TO, or FROM=-)")
            if names.setdefault(old, new) != new:
                raise WrongInput(f"--map: {old!r} is mapped to {names[old]!r} and to {new!r}")
    return names


def _names_in(file: Path) -> dict[Any, Any]:
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise WrongInput(f"--map {file}: {' '.join(str(exc).split())}") from exc
    if not isinstance(read, dict):
        raise WrongInput(f"--map {file}: not a table of names")
    return read


def mapped_rows(rows: Sequence[Row], names: Mapping[str, str], ours: Iterable[str]) -> list[Row]:
    """Return rows under mapped names, without those dropped; raises WrongInput naming labels that are none of ours."""
    kept = []
    for row in rows:
        labels = dict.fromkeys(names.get(label, label) for label in row.labels)
        if DROP not in labels:
            kept.append(replace(row, labels=tuple(labels)))
    known = set(mapped_labels(ours, names).values())
    if strange := Counter(label for row in kept for label in row.labels if label not in known):
        found = ", ".join(f"{label!r} ({count} rows)" for label, count in strange.most_common())
        raise WrongInput(
            f"labels that are none of {', '.join(sorted(known))}: {found}; give each a --map FROM=TO or FROM=-"
        )
    if not kept:
        raise WrongInput("--map leaves no rows")
    return kept


def mapped_labels(ours: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Return what each of our labels is called; one that rows are dropped for stays: reading it is then a mistake."""
    return {label: label if names.get(label, label) == DROP else names.get(label, label) for label in ours}


def judged(row: Row, read: str, sure: float, chances: Mapping[str, float], ours: Mapping[str, str]) -> Judgement:
    """Return a reading under mapped names; where names merge, their chances are added and the best of them is read."""
    if len(set(ours.values())) == len(ours):
        named = {ours.get(label, label): chance for label, chance in chances.items()}
        return Judgement(row.text, row.language, row.labels, ours.get(read, read), sure, named)
    merged: dict[str, float] = defaultdict(float)
    for label, chance in chances.items():
        merged[ours.get(label, label)] += chance
    if read != FALLBACK:
        read = max(merged, key=lambda label: merged[label])
        sure = min(1.0, merged[read])
    return Judgement(row.text, row.language, row.labels, read, sure, dict(merged))
