"""Charts as options of Apache ECharts. Colours are CSS variables, so that the theme changes them without drawing again.

That works with the SVG renderer only, and without emphasis: ECharts cannot mix a colour it cannot read.
https://echarts.apache.org/en/option.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nicegui import ui

from bot.console.elements import tag

_INK: Final = "var(--ink)"
_QUIET: Final = "var(--quiet)"
_LINE: Final = "var(--line)"
# Not "inherit": ECharts measures a text before it stands in the page.
_FAMILY: Final = '-apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, "Noto Sans CJK SC", sans-serif'
_FONT: Final = {"color": _QUIET, "fontFamily": _FAMILY, "fontSize": 12.5}
_PERCENT: Final = "(v) => v == null ? '–' : (v * 100).toFixed(0) + ' %'"


@dataclass(frozen=True)
class Series:
    """One row of numbers, one for each place on the axis below; `shares` are 0..1, `aside` is by the axis on the right."""

    name: str
    values: Sequence[float | None]
    colour: str
    kind: str = "bar"
    stack: str | None = None
    shares: bool = False
    aside: bool = False


def options(places: Sequence[str], series: Sequence[Series], *, mark: str | None = None) -> dict[str, Any]:
    """Return a chart of series over places, with a dashed line at the place called `mark`."""
    axes = [_axis(shares=series[0].shares, whole=series[0].stack is not None)]
    axes += [_axis(shares=one.shares, right=True) for one in series if one.aside][:1]
    return {
        "animation": False,
        "textStyle": {"fontFamily": _FAMILY},
        "aria": {"enabled": True},
        "grid": {"left": 8, "right": 8, "top": 36, "bottom": 4, "containLabel": True},
        "legend": {
            "type": "scroll", "top": 0, "left": 0, "icon": "roundRect", "itemWidth": 12, "itemHeight": 12, "itemGap": 14,
            "textStyle": _FONT, "pageTextStyle": _FONT, "pageIconColor": _INK, "pageIconInactiveColor": _LINE,
            "pageIconSize": 11,
        },
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "axisPointer": {"type": "shadow", "shadowStyle": {"color": "var(--shade)"}},
            "backgroundColor": "var(--raised)",
            "borderColor": _LINE,
            "textStyle": {"color": _INK, "fontFamily": _FAMILY, "fontSize": 13},
        },
        "xAxis": {
            "type": "category",
            "data": list(places),
            "axisLabel": _FONT | {"hideOverlap": True},
            "axisLine": {"lineStyle": {"color": _LINE}},
            "axisTick": {"show": False},
        },
        "yAxis": axes,
        "series": [_drawn(one, mark if place == 0 else None) for place, one in enumerate(series)],
    }  # fmt: skip


def draw(label: str, made: dict[str, Any], *, on_place: Callable[[int], None] | None = None, testid: str = "") -> None:
    """Draw a chart with what it shows in words; a click tells which place on the axis below was meant."""
    with tag("div", css="chart" + (" opens" if on_place else ""), role="img", aria_label=label, testid=testid):
        chart = ui.echart(made, renderer="svg")
        if on_place:
            chart.on_point_click(lambda event: on_place(event.data_index))


def _axis(*, shares: bool, whole: bool = False, right: bool = False) -> dict[str, Any]:
    label = _FONT | ({":formatter": _PERCENT} if shares else {})
    limits = {"min": 0, "max": 1 if whole else None} if shares else {"minInterval": 1}
    line = {"show": not right, "lineStyle": {"color": _LINE}}
    return {"type": "value", "position": "right" if right else "left", "axisLabel": label, "splitLine": line} | limits


def _drawn(one: Series, mark: str | None) -> dict[str, Any]:
    style: dict[str, Any] = {"itemStyle": {"color": one.colour}}
    if one.kind == "line":
        style = style | {
            "lineStyle": {"color": one.colour, "width": 2.5},
            "symbol": "circle",
            "symbolSize": 6,
            "connectNulls": True,
        }
    if mark is not None:
        label = {"formatter": "{b}", "color": _INK, "fontFamily": _FAMILY}
        line = {"color": _INK, "type": "dashed"}
        style = style | {
            "markLine": {
                "symbol": "none", "silent": True, "animation": False, "label": {"show": False} | label,
                "lineStyle": line, "data": [{"xAxis": mark}],
            }
        }  # fmt: skip
    return {
        "name": one.name,
        "type": one.kind,
        "data": list(one.values),
        "yAxisIndex": int(one.aside),
        "stack": one.stack,
        "barMaxWidth": 34,
        "emphasis": {"disabled": True},
        "tooltip": {":valueFormatter": _PERCENT} if one.shares else {},
        **style,
    }
