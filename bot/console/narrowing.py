"""Filters beside whose a conversation is: language, channel, problem, tag, urgency; each value with how many it leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.console.elements import Tag, button, icon, tag
from bot.console.marks import language_name
from bot.console.texts import Words
from bot.domain.queue import UNKNOWN, QueueFilter, Whose

_PARTS = ("language", "channel", "problem", "tag", "severity")


class Narrowing:
    """A button, and the panel it opens."""

    def __init__(self, words: Words, choose: Callable[[QueueFilter], Awaitable[None]]) -> None:
        self._words, self._choose = words, choose
        self._filter = QueueFilter()
        self._shares: Mapping[str, Mapping[str, int]] = {}
        self.open = False
        self._drawn: object = None
        label = words("queue.narrow")
        self._opener = tag("button", css="tool", type="button", aria_label=label, title=label, testid="narrow",
                           aria_expanded="false", aria_controls="narrow")  # fmt: skip
        with self._opener:
            icon("tune")
        self._opener.on("click", self._toggle, js_handler="() => emit()")

    def draw_panel(self) -> Tag:
        """Draw the closed panel here; return it for what else belongs into it."""
        panel = tag("div", css="narrow-panel hidden", id="narrow", role="group", aria_label=self._words("queue.narrow"))
        with panel:
            self._choices = tag("div", css="narrow")
        self._panel = panel
        return panel

    def show(self, chosen: QueueFilter, shares: Mapping[str, Mapping[str, int]] | None) -> None:
        """Draw what is chosen and, where the panel is open, what could be."""
        self._filter = chosen
        self._opener.classes(add="narrowed" if chosen.narrow else "", remove="" if chosen.narrow else "narrowed")
        if shares is None or (drawn := (chosen, shares)) == self._drawn:
            return
        self._drawn, self._shares = drawn, shares
        self._choices.clear()
        with self._choices:
            for part in _PARTS:
                self._draw(part)
            with tag("label", css="check"):
                only = tag(
                    "input", type="checkbox", checked=True if chosen.followed else None, testid="narrow-followed"
                )
                tag("span", self._words("queue.by_followed"))
            only.on(
                "change", lambda e: self._pick_followed(on=bool(e.args)), js_handler="(e) => emit(e.target.checked)"
            )
            if chosen.narrow:
                button(self._words("queue.clear"), lambda: self._choose(self._filter.cleared()), testid="narrow-clear")

    def _draw(self, part: str) -> None:
        now = str(getattr(self._filter, part) or "")
        counted = self._counted(part)
        if now and now not in counted:
            counted[now] = 0
        with tag("label"):
            tag("span", self._words(f"queue.by_{part}"))
            choice = tag("select", css="set" if now else "", testid=f"narrow-{part}")
            with choice:
                self._option("", self._words("queue.any"), chosen=not now)
                for value, count in counted.items():
                    self._option(value, f"{self._name(part, value)} ({count})", chosen=value == now)
        choice.on("change", lambda e: self._pick(part, e.args), js_handler="(e) => emit(e.target.value)")

    @staticmethod
    def _option(value: str, text: str, *, chosen: bool) -> Tag:
        return tag("option", text, value=value, selected=True if chosen else None)

    def _counted(self, part: str) -> dict[str, int]:
        shares = self._shares.get(part, {})
        if part == "severity":  # the least: 3 shows 4 and 5, too
            return {
                str(level): sum(count for value, count in shares.items() if int(value) >= level)
                for level in range(5, 0, -1)
            }
        return dict(sorted(shares.items(), key=lambda pair: -pair[1]))

    def _name(self, part: str, value: str) -> str:
        words = self._words
        match part:
            case "language":
                return language_name(words, None if value == UNKNOWN else value)
            case "severity":
                return words("queue.at_least", n=value) if value != "5" else value
            case "channel":
                return words(f"channel.{value}") if words.has(f"channel.{value}") else value
            case _:
                return words(f"queue.about.{value}") if words.has(f"queue.about.{value}") else value

    async def _pick(self, part: str, value: Any) -> None:
        given = self._filter.written() | {part: str(value)}
        await self._choose(QueueFilter.read(given))

    async def _pick_followed(self, *, on: bool) -> None:
        """Show only what this operator follows, whoever holds it."""
        whose = Whose.ALL if on else self._filter.whose
        await self._choose(replace(self._filter, followed=on, whose=whose))

    async def _toggle(self) -> None:
        self.open = not self.open
        self._panel.classes(add="" if self.open else "hidden", remove="hidden" if self.open else "")
        self._opener.props["aria-expanded"] = "true" if self.open else "false"
        await self._choose(replace(self._filter))
