"""The report as one page that needs nothing else: no network, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nlu.evaluation import charts
from nlu.evaluation.report import Part, Report, label_table, number, tables
from nlu.evaluation.scores import ALL

_WIDE: Final = 16


@dataclass(frozen=True)
class Chart:
    """A drawing, what it shows, and the same in words for those who do not see it."""

    title: str
    alt: str
    svg: Markup
    size: str = ""  # "wide" over the whole page, "dense" not smaller than can be read


def page(report: Report) -> str:
    """Return the page; messages and names are escaped."""
    surroundings = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    parts = [
        {
            "part": part,
            "id": f"part{place}",
            "tables": list(tables(part)),
            "labels": [label_table(found) for found in part.targets],
            "charts": list(_charts(part, f"part{place}")),
        }
        for place, part in enumerate(report.parts, 1)
    ]
    return surroundings.get_template("page.html").render(report=report, parts=parts)


def _charts(part: Part, prefix: str) -> Iterator[Chart]:
    for found in part.targets:
        name = f"{prefix}-{re.sub(r'[^a-z]', '', found.target)}"
        overall = found.overall
        yield Chart(
            f"How sure, and how often right: {found.target}s",
            f"Expected calibration error {number(overall.calibration_error)}. On the dashed line, confidence is just right;"
            " below it readings are too sure. Larger dots stand for more messages.",
            charts.reliability(found, f"{name}-reliability"),
        )
        worst = ", ".join(f"{row.wanted} as {row.read} ({row.count})" for row in found.confusions[:3]) or "none"
        yield Chart(
            f"What is read as what: {found.target}s",
            f"Each row is a label; the stronger the colour, the larger the share of its messages. Most often mistaken: {worst}.",
            charts.matrix(found, f"{name}-matrix"),
            "wide" if len(found.names) > _WIDE else "dense",
        )
        weakest = ", ".join(f"{row.label} {row.f1:.2f}" for row in overall.labels[:3])
        yield Chart(
            f"F1 by label and language: {found.target}s",
            f"The weakest labels are at the top: {weakest}.",
            charts.by_label(found, f"{name}-labels"),
            "dense",
        )
    for score in part.scores:
        areas = ", ".join(f"{name} {number(group.auc)}" for name, group in score.groups.items() if name != ALL)
        yield Chart(
            f"{score.title}: found, against others taken for it",
            f"ROC curves; area under each: {areas}.",
            charts.roc(score, f"{prefix}-{re.sub(r'[^a-z]', '', score.title.lower())}-roc"),
        )
