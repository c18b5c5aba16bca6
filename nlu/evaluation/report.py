"""What an evaluation found, ready to be written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nlu.evaluation.figures import GroupFigures, TargetFigures
from nlu.evaluation.scores import ALL, Decision, ScoreFigures, ScoreGroup

WEAKEST: Final = 10
_CONFUSED: Final = 5


@dataclass(frozen=True)
class Part:
    """One way of measuring: on held-out messages, by cross-validation, on a file from elsewhere."""

    name: str
    about: str
    count: int
    targets: Sequence[TargetFigures]
    scores: Sequence[ScoreFigures]

    @property
    def line(self) -> str:
        """The figures that matter most, in one line."""
        said = [f"{found.target} macro-F1 {found.overall.macro_f1:.3f}" for found in self.targets]
        for score in self.scores:
            group = score.groups[ALL]
            first = group.decisions[0]
            said.append(
                f"{score.title.lower()}: AUC {number(group.auc)}, {first.name} precision {first.precision:.3f} recall {first.recall:.3f}"
            )
        return f"{self.name}: {'; '.join(said)} ({self.count} messages)"


@dataclass(frozen=True)
class Report:
    """All parts of one run, and what it ran on."""

    title: str
    command: str
    machine: str
    model: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Table:
    """A table as text; numbers are in all columns but the first `words`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


def number(value: float | None) -> str:
    """Return a figure as it is written; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def tables(part: Part) -> Iterator[Table]:
    """Give the tables of a part: its targets by language, its scores by language."""
    for found in part.targets:
        groups = {**found.languages, ALL: found.overall}
        head = ["language", "messages", "macro-F1", "accuracy", "calibration error"]
        rows = [_target_row(name, group) for name, group in groups.items()]
        if found.target == "intent":
            head.append("not understood")
            rows = [[*row, f"{group.fallback:.1%}"] for row, group in zip(rows, groups.values(), strict=True)]
        yield Table(found.target.capitalize(), head, rows)
        anger = {name: group.label("anger") for name, group in groups.items()}
        if any(anger.values()):
            yield Table(
                "Anger alone",
                ("language", "messages", "precision", "recall", "F1"),
                [(name, str(row.support), *map(number, (row.precision, row.recall, row.f1))) for name, row in anger.items() if row],
            )  # fmt: skip
    for score in part.scores:
        yield Table(
            f"{score.title} ({score.positive})",
            ("language", "messages", "of these", "AUC", "decision", "precision", "recall", "F1"),
            [_score_row(name, group, made) for name, group in score.groups.items() for made in group.decisions],
        )


def _target_row(name: str, group: GroupFigures) -> Sequence[str]:
    figures = (group.macro_f1, group.accuracy, group.calibration_error)
    return [name, str(group.count), *map(number, figures)]


def _score_row(name: str, group: ScoreGroup, made: Decision) -> Sequence[str]:
    figures = (made.precision, made.recall, made.f1)
    return name, str(group.count), str(group.positive), number(group.auc), made.name, *map(number, figures)


def label_table(found: TargetFigures, most: int | None = None) -> Table:
    """Return the labels of a target, the weakest first."""
    every = found.overall.labels
    title = f"{found.target.capitalize()}s, weakest first"
    return Table(
        title if most is None or len(every) <= most else f"{title} ({most} of {len(every)})",
        ("label", "precision", "recall", "F1", "AUC", "messages"),
        [
            (row.label, number(row.precision), number(row.recall), number(row.f1), number(row.auc), str(row.support))
            for row in every[:most]
        ],
    )


def markdown(report: Report, most: int | None = None) -> str:
    """Return the report as Markdown tables; of labels no more than `most`, the weakest."""
    lines = [f"# {report.title}", "", f"`{report.command}` on {report.machine}. {report.model}"]
    for part in report.parts:
        lines += ["", f"## {part.name}", "", part.about]
        for found in part.targets:
            worst = ", ".join(f"{row.wanted} as {row.read} ({row.count})" for row in found.confusions[:_CONFUSED])
            lines += ["", f"{found.target.capitalize()}s most often mistaken: {worst or 'none'}."]
        shown = [*tables(part), *(label_table(found, most) for found in part.targets)]
        for table in shown:
            rules = ["---"] * table.words + ["---:"] * (len(table.head) - table.words)
            lines += ["", f"**{table.title}**", "", _row(table.head), _row(rules), *map(_row, table.rows)]
    return "\n".join([*lines, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
