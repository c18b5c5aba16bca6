"""Charts as SVG that sits in a page: its text takes the page's colour, its marks are seen on light and on dark."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nlu.evaluation.figures import TargetFigures
from nlu.evaluation.scores import ALL, ScoreFigures

_INK: Final = "#010203"  # what matplotlib draws in this colour takes the colour of the page's text
_MARKS: Final = {"en": ("#3d8be0", "o"), "ru": ("#e07b39", "s"), "zh": ("#2fa36b", "^"), "el": ("#b565d6", "D")}
_OTHER: Final = ("#808890", "v")
_SETTINGS: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "warmline",
    "font.size": 10,
    **{f"{part}.color": _INK for part in ("text", "xtick", "ytick")},
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
_NUMBERED_BELOW: Final = 12


def reliability(found: TargetFigures, name: str) -> Markup:
    """Return how often readings are right, over how sure they are; the area of a dot is its number of messages."""
    with rc_context(_SETTINGS):
        figure, axes = _square("how sure the reading is", "share that is right")
        axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.6, linestyle=(0, (4, 4)))
        rows = [row for row in found.bins if row.count]
        most = max(row.count for row in rows)
        axes.plot([row.sure for row in rows], [row.right for row in rows], color=_MARKS["en"][0], linewidth=1.4)
        axes.scatter(
            [row.sure for row in rows],
            [row.right for row in rows],
            s=[12 + 160 * row.count / most for row in rows],
            color=_MARKS["en"][0],
        )
        return _svg(figure, name)


def roc(score: ScoreFigures, name: str) -> Markup:
    """Return the ROC curve of each language."""
    with rc_context(_SETTINGS):
        figure, axes = _square("others taken for it", "found")
        axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.6, linestyle=(0, (4, 4)))
        for language, group in score.groups.items():
            if language != ALL and group.roc:
                colour, _ = _MARKS.get(language, _OTHER)
                x, y = zip(*group.roc, strict=True)
                axes.plot(x, y, color=colour, linewidth=1.6, label=f"{language} {group.auc:.3f}")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower right")
        return _svg(figure, name)


def matrix(found: TargetFigures, name: str) -> Markup:
    """Return which label is read as which, as shares of each label's messages."""
    size = len(found.names)
    numbered = size <= _NUMBERED_BELOW
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(2.2 + size * (0.5 if numbered else 0.23), 1.6 + size * (0.42 if numbered else 0.23)))
        axes = figure.add_subplot()
        for y, row in enumerate(found.matrix):
            for x, count in enumerate(row):
                if not count:
                    continue
                share = count / sum(row)
                colour = _MARKS["en"][0] if x == y else _MARKS["ru"][0]
                axes.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, facecolor=colour, alpha=0.12 + 0.58 * share))
                if numbered:
                    axes.text(x, y, str(count), ha="center", va="center", fontsize=9)
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="read as", ylabel="label")
        axes.set_xticks(range(size), found.names, rotation=90)
        axes.set_yticks(range(size), found.names)
        axes.tick_params(length=0)
        return _svg(figure, name)


def by_label(found: TargetFigures, name: str) -> Markup:
    """Return the F1 of each label in each language, the weakest at the top."""
    names = [row.label for row in found.overall.labels]
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(6.2, 1.3 + 0.25 * len(names)))
        axes = figure.add_subplot()
        for language, group in found.languages.items():
            colour, marker = _MARKS.get(language, _OTHER)
            places = {row.label: row.f1 for row in group.labels}
            rows = [place for place, label in enumerate(names) if label in places]
            values = [places[names[place]] for place in rows]
            axes.scatter(values, rows, s=34, color=colour, marker=marker, alpha=0.9, label=language, zorder=2)
        axes.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.5, -0.5), xlabel="F1")
        axes.set_yticks(range(len(names)), names)
        axes.grid(axis="y", color=_INK, alpha=0.12, linewidth=0.6)
        axes.tick_params(length=0)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=5, handletextpad=0.1, columnspacing=1)
        return _svg(figure, name)


def _square(x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(4.4, 4.2))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel=x, ylabel=y)
    return figure, axes


def _svg(figure: Figure, name: str) -> Markup:
    """The SVG element alone; its ids begin with `name`, so that charts in one page do not share any."""
    out = io.StringIO()
    empty: Mapping[str, None] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(out, format="svg", transparent=True, bbox_inches="tight", metadata=empty)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    text = text.replace(_INK, "currentColor").replace("<svg ", '<svg aria-hidden="true" ', 1)
    return Markup(text)  # nosec B704  # noqa: S704 - matplotlib escapes; the only names in it are those of labels and languages
