"""One number of the policy on the page: a chart, the figures as a table, and which conversations another value would change."""

from __future__ import annotations

from typing import Final

from actions.curves import Curve, Point
from bot.console.elements import button, tag
from bot.console.texts import Words
from bot.domain.people import User
from bot.insight.charts import Series, draw, options
from bot.insight.elements import card, table, way_to_chat
from bot.insight.replaying import Replayed

_LISTED: Final = 50


class CurveCard:
    """One number of the policy: a chart, the figures as a table, and which conversations another value would change."""

    def __init__(self, words: Words, found: Replayed, curve: Curve, user: User) -> None:
        self._words, self._found, self._curve, self._user = words, found, curve, user
        title = words(f"insight.dial.{curve.dial.name.replace('.', '_')}")
        now = words("insight.now", value=_plain(curve.now)) + (
            "" if curve.on else f" · {words('insight.switched_off')}"
        )
        with card(title, note=now, testid="curve") as made:
            made.props["data-dial"] = curve.dial.name
            self._draw_chart(title)
            with tag("details", css="as-table"):
                tag("summary", words("insight.as_table"))
                self._draw_table(title)
            self._changes = tag("div", css="changes", role="status", testid="changes")

    def _draw_chart(self, title: str) -> None:
        words, curve, talks = self._words, self._curve, len(self._found.seen)
        needed = self._found.tally.needed
        series = [
            Series(words("insight.workload"), [len(p.handed) / talks for p in curve.points], "var(--soft-bar)", shares=True),
            Series(words("insight.fired"), [p.fired / talks for p in curve.points], "var(--feel-anger)", "line", shares=True),
            Series(
                words("insight.caught"), [p.caught / needed if needed else None for p in curve.points],
                "var(--feel-gratitude)", "line", shares=True,
            ),
        ]  # fmt: skip
        made = options([_plain(p.value) for p in curve.points], series, mark=_plain(curve.now))
        draw(title, made, on_place=lambda place: self._show(curve.points[place]))

    def _draw_table(self, title: str) -> None:
        words, curve = self._words, self._curve
        needed, talks = self._found.tally.needed, len(self._found.seen)
        heads = tuple(words(f"insight.{name}") for name in ("value", "workload", "fired", "caught", "change"))
        with table(heads, caption=title):
            for point in curve.points:
                row = tag("tr", css="now" if point.value == curve.now else "")
                with row:
                    tag("th", _plain(point.value), scope="row", css="number")
                    tag("td", f"{len(point.handed)} · {words.share(len(point.handed) / talks)}", css="number")
                    tag("td", str(point.fired), css="number")
                    caught = f"{point.caught} · {words.share(point.caught / needed)}" if needed else str(point.caught)
                    tag("td", caught, css="number")
                    more, fewer = len(point.handed - curve.handed), len(curve.handed - point.handed)
                    with tag("td"):
                        if more or fewer:
                            label = f"{f'+{more}' if more else ''}{f' −{fewer}' if fewer else ''}".strip()
                            button(label, lambda point=point: self._show(point), css="small", testid="show-changes")
                        else:
                            tag("span", "0", css="number")

    def _show(self, point: Point) -> None:
        words, curve = self._words, self._curve
        groups = (("more", point.handed - curve.handed), ("fewer", curve.handed - point.handed))
        self._changes.clear()
        with self._changes:
            tag("h3", words("insight.at_value", value=_plain(point.value)))
            if point.handed == curve.handed:
                tag("p", words("insight.no_change"), css="quiet")
            for name, places in groups:
                conversations = self._found.conversations(places)
                if conversations:
                    self._list(words(f"insight.{name}", n=len(places)), conversations)

    def _list(self, title: str, conversations: list[str]) -> None:
        tag("p", title, css="quiet")
        with tag("ul", css="links"):
            for conversation in conversations[:_LISTED]:
                with tag("li"):
                    way_to_chat(self._user, conversation, conversation[:8], target="_blank", testid="changed-chat")
            if len(conversations) > _LISTED:
                tag("li", self._words("overdue.more", n=len(conversations) - _LISTED), css="quiet")


def _plain(value: float) -> str:
    return f"{value:g}"
