"""The first page of figures: what a shop owner looks at once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal
from nicegui import ui

from bot.console.elements import Tag, icon, tag
from bot.console.texts import Words
from bot.domain.emotion import Emotion
from bot.domain.figures import Day, DayOfFeelings, Pick
from bot.insight import cards
from bot.insight.charts import Series, draw, options
from bot.insight.elements import card, duration, linked, table, tile
from bot.insight.filters import Filters
from bot.insight.frame import EXPORT, FIGURES, filter_bar
from bot.insight.naming import opens
from bot.insight.report import Report

# The calmest at the bottom, so that anger stands on top and is seen.
_ORDER: Final = (
    Emotion.GRATITUDE, Emotion.JOY, Emotion.NEUTRAL, Emotion.CONFUSION, Emotion.ANXIETY, Emotion.DISAPPOINTMENT,
    Emotion.FRUSTRATION, Emotion.ANGER,
)  # fmt: skip


def draw_figures(words: Words, filters: Filters, report: Report) -> None:
    """Draw everything."""
    with tag("div", css="page-head"):
        tag("h2", words("insight.figures"))
        filter_bar(words, filters, FIGURES)
    if not report.overview.chats and not report.handoffs.total and not report.days:
        with tag("div", css="nothing", testid="insight-empty"):
            tag("span", css="brand-mark", aria_hidden="true")
            tag("p", words("insight.empty"))
            tag("p", words("insight.empty_hint"), css="quiet")
        return
    _tiles(words, filters, report)
    with tag("div", css="cards"):
        _draw_days(words, filters, report.days)
        _draw_feelings(words, filters, report.feelings)
    with tag("div", css="columns"):
        cards.draw_moods(words, filters, report)
        cards.draw_handoffs(words, filters, report)
        cards.draw_waits(words, filters, report)
        cards.draw_targets(words, filters, report)
        cards.draw_scores(words, filters, report)
        cards.draw_emotions(words, filters, report)
        cards.draw_troubles(words, filters, report)
        cards.draw_promises(words, filters, report)
        cards.draw_outreach(words, filters, report)
    with tag("p", css="page-foot"):
        made = tag("a", css="button", href=filters.address(EXPORT, pick=Pick.CHATS.value), testid="export")
        with made:
            icon("download")
            tag("span", words("insight.export"))
        tag("span", words("insight.zone", zone=filters.zone.key), css="quiet")


def _tiles(words: Words, filters: Filters, report: Report) -> None:
    found, waits, scores = report.overview, report.waits.first_reply, report.scores
    compared = found.upset_calm + found.upset_upset

    def share(part: int, whole: int) -> str:
        return words.share(part / whole) if whole else "–"

    def of(part: int, whole: int) -> str:
        return words("insight.of", n=part, total=whole)

    with tag("div", css="tiles"):
        messages = words("insight.messages", n=found.by_shoppers + found.by_bot + found.by_operators)
        tile(words("insight.chats"), str(found.chats), opens(filters, Pick.CHATS), detail=messages, testid="chats")
        alone = of(found.alone, found.chats)
        tile(
            words("insight.alone"), share(found.alone, found.chats), opens(filters, Pick.ALONE),
            detail=alone, testid="alone",
        )  # fmt: skip
        carried = f" · {words('insight.carried', n=found.carried)}" if found.carried else ""
        tile(
            words("insight.handed"), share(found.handed, found.chats), opens(filters, Pick.HANDED),
            detail=of(found.handed, found.chats) + carried, testid="handed",
        )  # fmt: skip
        tile(
            words("insight.first_reply"), duration(words, waits.median), opens(filters, Pick.HANDED),
            detail=words("insight.p90_is", time=duration(words, waits.p90)), testid="first-reply",
        )  # fmt: skip
        tile(
            words("insight.better"), share(found.upset_calm, compared), opens(filters, Pick.MOOD, "upset_calm"),
            detail=words("insight.better_of", n=found.upset_calm, total=compared), testid="better",
        )  # fmt: skip
        mean = "–" if scores.mean is None else _decimal(words, scores.mean)
        tile(
            words("insight.mean"), mean, opens(filters, Pick.ASKED_SCORE),
            detail=words("insight.scores_note", answered=scores.answered, asked=scores.asked), testid="mean",
        )  # fmt: skip


def _draw_days(words: Words, filters: Filters, found: Sequence[Day]) -> None:
    known = {day.day: day for day in found}
    days = [known.get(day, Day(day)) for day in filters.days]
    made = options(
        [_short(words, day.day) for day in days],
        [
            Series(words("insight.chats"), [day.chats for day in days], "var(--accent-edge)"),
            Series(words("insight.handoffs"), [day.handoffs for day in days], "var(--hot)"),
            Series(words("insight.messages_all"), [_messages(day) for day in days], "var(--quiet)", "line", aside=True),
        ],
    )
    with card(words("insight.by_day"), css="wide", testid="by-day"):
        draw(words("insight.by_day"), made, on_place=lambda place: _open(filters, days[place].day), testid="days-chart")
        heads = (
            "",
            *(words(f"insight.{name}") for name in ("chats", "handoffs", "by_shoppers", "by_bot", "by_operators")),
        )
        with _as_table(words), table(heads, caption=words("insight.by_day"), testid="days-table"):
            for day in days:
                with tag("tr"):
                    tag("th", _short(words, day.day), scope="row")
                    with tag("td"):
                        linked(str(day.chats), opens(filters.on(day.day), Pick.CHATS) if day.chats else None)
                    for count in (day.handoffs, day.by_shoppers, day.by_bot, day.by_operators):
                        tag("td", str(count), css="number")


def _draw_feelings(words: Words, filters: Filters, found: Sequence[DayOfFeelings]) -> None:
    known = {day.day: day for day in found}
    days = [known.get(day, DayOfFeelings(day, {}, 0)) for day in filters.days]
    series = [
        Series(
            words(f"emotion.{each.value}"),
            [day.emotions.get(each.value, 0) / day.read if day.read else None for day in days],
            f"var(--feel-{each.value})", stack="feelings", shares=True,
        )
        for each in _ORDER
    ]  # fmt: skip
    missed = [day.misunderstood / day.read if day.read else None for day in days]
    series.append(Series(words("insight.not_understood"), missed, "var(--ink)", "line", shares=True))
    made = options([_short(words, day.day) for day in days], series)
    with card(words("insight.feelings"), css="wide", testid="feelings"):
        draw(words("insight.feelings"), made, on_place=lambda place: _open(filters, days[place].day))
        heads = ("", *(words(f"emotion.{each.value}") for each in _ORDER), words("insight.not_understood"))
        with _as_table(words), table(heads, caption=words("insight.feelings")):
            for day in days:
                with tag("tr"):
                    tag("th", _short(words, day.day), scope="row")
                    for each in _ORDER:
                        count = day.emotions.get(each.value, 0)
                        with tag("td"):
                            linked(str(count), opens(filters.on(day.day), Pick.EMOTION, each.value) if count else None)
                    tag("td", str(day.misunderstood), css="number")


def _open(filters: Filters, day: date) -> None:
    ui.navigate.to(opens(filters.on(day), Pick.CHATS))


def _as_table(words: Words) -> Tag:
    made = tag("details", css="as-table")
    with made:
        tag("summary", words("insight.as_table"))
    return made


def _messages(day: Day) -> int:
    return day.by_shoppers + day.by_bot + day.by_operators


def _short(words: Words, day: date) -> str:
    told: str = format_date(day, "M月d日" if words.language == "zh" else "d MMM", locale=words.locale)
    return told


def _decimal(words: Words, number: float) -> str:
    told: str = format_decimal(number, "0.0", locale=words.locale)
    return told
