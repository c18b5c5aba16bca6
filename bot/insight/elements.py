"""What pages of figures are drawn with: numbers that open their conversations, bars, tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from babel.units import format_unit

from bot.console.elements import Tag, icon, tag
from bot.console.texts import Words
from bot.domain.people import User
from bot.domain.permissions import Permission, may


@dataclass(frozen=True)
class Bar:
    """One line of a list of bars: its name, how many, where these are, and the CSS class of its colour."""

    name: str
    count: int
    address: str
    css: str = ""


@contextmanager
def card(title: str, *, note: str = "", css: str = "", testid: str = "") -> Iterator[Tag]:
    """Draw a card with a heading; what is drawn inside goes into it."""
    made = tag("section", css=f"card figure-card {css}".strip(), testid=testid)
    with made:
        tag("h2", title)
        if note:
            tag("p", note, css="quiet note")
        yield made


def tile(label: str, value: str, address: str | None, *, detail: str = "", testid: str = "") -> None:
    """Draw one figure; it opens its conversations where it has an address."""
    made = tag("a" if address else "div", css="tile", testid=testid, href=address)
    with made:
        tag("span", label, css="label")
        tag("b", value, css="number", testid=f"{testid}-value" if testid else "")
        if detail:
            tag("span", detail, css="quiet detail")


def bars(words: Words, lines: Sequence[Bar], testid: str) -> None:
    """Draw a list of bars, each a link; says so where there is nothing."""
    total, most = sum(line.count for line in lines), max((line.count for line in lines), default=0)
    if not most:
        nothing(words)
        return
    with tag("ul", css="bars", testid=testid):
        for line in lines:
            with tag("li"):
                share = words.share(line.count / total) if total else ""
                linked = line.address if line.count else None
                row = tag("a" if linked else "span", css="bar-row", href=linked, testid=f"{testid}-row")
                with row:
                    tag("span", line.name, css="bar-name")
                    tag("span", css="bar-track", aria_hidden="true").style(f"--share: {line.count / most:.4f}").classes(
                        line.css
                    )
                    tag("span", str(line.count), css="number")
                    tag("span", share, css="number quiet")


def linked(text: str, address: str | None, testid: str = "") -> None:
    """Draw a number in a table, as a link where there is something to open."""
    tag("a" if address else "span", text, href=address, css="number", testid=testid)


def way_to_chat(user: User, conversation_id: str, text: str = "", **attributes: Any) -> Tag:
    """Draw what stands for a conversation: a way to it for those who may read chats, without one for others."""
    if may(user, Permission.CHATS):
        return tag("a", text, href=f"/console?c={conversation_id}", **attributes)
    return tag("div", text, **{name: value for name, value in attributes.items() if name != "target"})


@contextmanager
def table(heads: Sequence[str], *, css: str = "", caption: str = "", testid: str = "") -> Iterator[None]:
    """Draw a table; the rows drawn inside go into its body."""
    frame = tag("div", css="table-frame", tabindex="0", role="region", aria_label=caption or heads[0])
    with frame, tag("table", css=css, testid=testid):
        with tag("thead"), tag("tr"):
            for head in heads:
                tag("th", head, scope="col")
        with tag("tbody"):
            yield


def nothing(words: Words) -> None:
    """Say that there is nothing to show."""
    tag("p", words("insight.nothing"), css="quiet", testid="nothing")


def hint(text: str) -> None:
    """Draw a sentence that says how a figure is to be read."""
    with tag("p", css="quiet note with-sign"):
        icon("info")
        tag("span", text)


def duration(words: Words, seconds: float | None) -> str:
    """Return a time in words: seconds under a minute, minutes under two hours, else hours or days."""
    if seconds is None:
        return "–"
    for unit, size, limit in (("second", 1, 60), ("minute", 60, 7200), ("hour", 3600, 172_800)):
        if seconds < limit:
            return _unit(words, seconds / size, unit)
    return _unit(words, seconds / 86_400, "day")


def _unit(words: Words, number: float, name: str) -> str:
    told: str = format_unit(round(number), f"duration-{name}", length="short", locale=words.locale)
    return told
