"""Charts as ECharts takes them."""

from __future__ import annotations

import json

from bot.insight.charts import Series, options


def test_a_series_aside_has_an_axis_of_its_own() -> None:
    made = options(["1 Nov"], [Series("chats", [3], "red"), Series("messages", [90], "blue", "line", aside=True)])

    assert [axis["position"] for axis in made["yAxis"]] == ["left", "right"]
    assert [series["yAxisIndex"] for series in made["series"]] == [0, 1]


def test_stacked_shares_end_at_a_whole_and_others_where_they_end() -> None:
    stacked = options(["1 Nov"], [Series("anger", [0.2], "red", stack="feelings", shares=True)])
    alone = options(["0.5"], [Series("handed over", [0.2], "red", shares=True)])

    assert (stacked["yAxis"][0]["max"], alone["yAxis"][0]["max"]) == (1, None)


def test_the_place_in_force_is_marked_once() -> None:
    series = [Series("handed over", [1], "red"), Series("caught", [1], "green", "line")]

    made = options(["0.5"], series, mark="0.5")

    assert [one.get("markLine", {}).get("data") for one in made["series"]] == [[{"xAxis": "0.5"}], None]


def test_a_day_without_readings_has_no_share() -> None:
    made = options(["1 Nov", "2 Nov"], [Series("anger", [None, 0.5], "red", shares=True)])

    assert json.loads(json.dumps(made))["series"][0]["data"] == [None, 0.5]
