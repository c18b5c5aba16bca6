"""The frame around every page of figures: bar, pages, filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from nicegui import ui

from bot.console import theme
from bot.console.elements import tag
from bot.console.marks import language_name
from bot.console.navigation import draw_person, draw_places
from bot.console.texts import Words
from bot.domain.people import User
from bot.insight.filters import CHANNELS, LANGUAGES, PRESETS, Filters

FIGURES: Final = "/insight"
POLICY: Final = "/insight/policy"
CHATS: Final = "/insight/chats"
EXPORT: Final = "/insight/chats.csv"

_SUBMIT: Final = "(e) => e.target.form.requestSubmit()"
_FORGET_PRESET: Final = "(e) => e.target.form.elements.days?.remove()"
# With a number of days the dates would stand in the address for nothing, and be wrong tomorrow.
_LEAVE_OUT_DATES: Final = """(e) => {
    const { days, from, to } = e.target.elements;
    if (!days) return;
    from.disabled = to.disabled = true;
    setTimeout(() => { from.disabled = to.disabled = false; });
}"""


@contextmanager
def page(
    words: Words, languages: tuple[str, ...], user: User, filters: Filters, here: str, title: str
) -> Iterator[None]:
    """Draw a page's frame; what is drawn inside goes below the filters."""
    theme.dress(words, f"{title} · {words('app.name')}")
    # Not by ui.add_css: its script would have no nonce.
    ui.add_head_html(f"<style>{_feelings()}</style>")
    with tag("div", css="insight", testid="insight"):
        _bar(words, languages, user, filters, here)
        with tag("main", css="insight-main", id="figures"):
            yield


def filter_bar(words: Words, filters: Filters, here: str, hidden: dict[str, str] | None = None) -> None:
    """Draw what can be chosen. All of it is a plain form: the choice is in the address, to be kept and sent."""
    more = hidden or {}
    with tag("div", css="filters-bar", role="group", aria_label=words("insight.filter.title")):
        with tag("div", css="presets"):
            for days in PRESETS:
                tag(
                    "a", words("insight.filter.days", n=days), css="preset", testid=f"days-{days}",
                    href=replace(filters, preset=days).address(here, **more),
                    aria_current="true" if filters.preset == days else None,
                )  # fmt: skip
        form = tag("form", css="filter-form", method="get", action=here, testid="filters")
        form.on("submit", js_handler=_LEAVE_OUT_DATES)
        with form:
            if filters.preset:
                tag("input", type="hidden", name="days", value=filters.preset)
            for name, day in (("from", filters.first), ("to", filters.last)):
                with tag("label", css="filter"):
                    tag("span", words(f"insight.filter.{name}"))
                    chosen = tag(
                        "input", type="date", name=name, value=f"{day}", required=True, testid=f"filter-{name}"
                    )
                    chosen.on("change", js_handler=_FORGET_PRESET)
            _choice(words, "language", filters.language, [(name, language_name(words, name)) for name in LANGUAGES])
            _choice(words, "channel", filters.channel, [(name, words(f"channel.{name}")) for name in CHANNELS])
            for name, value in more.items():
                tag("input", type="hidden", name=name, value=value)
            tag("button", words("insight.filter.show"), css="button", type="submit", testid="show")


def _choice(words: Words, name: str, chosen: str | None, choices: Sequence[tuple[str, str]]) -> None:
    with tag("label", css="filter"):
        tag("span", words(f"insight.filter.{name}"))
        made = tag("select", name=name, testid=f"filter-{name}")
        made.on("change", js_handler=_SUBMIT)
        with made:
            for value, text in (("", words("insight.filter.all")), *choices):
                tag("option", text, value=value).props["selected"] = value == (chosen or "")


def _bar(words: Words, languages: tuple[str, ...], user: User, filters: Filters, here: str) -> None:
    with tag("header", css="bar"):
        tag("a", words("insight.skip"), css="skip", href="#figures")
        with tag("div", css="brand"):
            tag("span", css="brand-mark", aria_hidden="true")
            tag("h1", words("app.name"), css="only-wide")
        with tag("nav", css="pages", aria_label=words("insight.pages")):
            for path, name in ((FIGURES, "figures"), (POLICY, "policy")):
                current = "page" if path == here else None
                tag(
                    "a", words(f"insight.{name}"), href=filters.address(path), aria_current=current, testid=f"to-{name}"
                )
        tag("span", css="space")
        draw_places(words, user, FIGURES)
        theme.bar(words, languages)
        draw_person(words, user)


def _feelings() -> str:
    """Return the colour of each feeling in charts: between its ink and its paper, in both themes."""
    mixed = (
        f"--feel-{emotion.value}: light-dark({_between(*look.day)}, {_between(*look.night)});"
        for emotion, look in theme.LOOKS.items()
    )
    return f":root {{ {' '.join(mixed)} }}"


def _between(ink: str, paper: str) -> str:
    return f"color-mix(in oklab, {ink} 62%, {paper})"
