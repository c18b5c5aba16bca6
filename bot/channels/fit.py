"""Replies cut to what a channel takes, and a shopper's answer to buttons the channel could only number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.channels.places import place_said
from bot.channels.ports import Capabilities
from bot.domain.messages import Button, Reply

# Best border first. A border is cut after; whitespace around the cut is dropped.
_BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…;]+[\"'»”’)\]]*\s|[。！？…；]+[”’」』）]*"),
    re.compile(r"\s|[，、：]"),
)
_THING = "/inform{"
_NUMBER = re.compile(r"[#№(]?\s*(\d{1,2})\ufe0f?\u20e3?\s*[.):]?")


def fit(reply: Reply, capabilities: Capabilities) -> list[Reply]:
    """Return the reply as messages the channel takes: text split at borders, buttons on the last one.

    Buttons the channel cannot show become a numbered list in the text; they stay on the reply, so that it is known
    what the numbers stand for, and senders leave them out (`shown`). Call it once a reply. A template is as it was approved.
    """
    if reply.template is not None:
        return [reply]
    text, buttons = reply.text, reply.buttons
    if _fits(buttons, capabilities):
        buttons = tuple(
            replace(button, title=_shorten(button.title, capabilities.max_button_title)) for button in buttons
        )
    else:
        text = numbered(reply)
    *before, last = split(text, capabilities.max_text)
    if shown(reply, capabilities) and capabilities.max_text_with_buttons is not None:
        *more, last = split(last, capabilities.max_text_with_buttons)
        before += more
    share_contact = reply.share_contact if capabilities.shares_contact else None
    return [*(Reply(piece) for piece in before), Reply(last, buttons, share_contact, reply.attachment)]


def numbered(reply: Reply) -> str:
    """Return the reply's words with its buttons as a numbered list under them.

    Buttons whose titles are numbers (0 to 10) are asked for in the words and not listed.
    """
    listed = "\n".join(
        f"{number}. {button.title}" for number, button in enumerate(reply.buttons, 1) if not button.title.isdecimal()
    )
    return "\n\n".join(part for part in (reply.text, listed) if part)


def shown(reply: Reply, capabilities: Capabilities) -> tuple[Button, ...]:
    """Return the buttons a sender shows: all of them, or none where `fit` wrote them into the text."""
    return reply.buttons if _fits(reply.buttons, capabilities) else ()


def choose(text: str, buttons: Sequence[Button]) -> Button | None:
    """Return the button that a typed answer means: its number in the list (`2`, `2.`, `２`) or its title, else None.

    A title that is a number itself goes before a place in the list. Of things to choose from, such as orders, also what
    "the second one" means.
    """
    said = text.strip()
    number = _NUMBER.fullmatch(said)
    if number is not None:
        numbered_titles = {int(button.title): button for button in buttons if button.title.isdecimal()}
        if chosen := numbered_titles.get(int(number[1])):
            return chosen
        if 1 <= int(number[1]) <= len(buttons):
            return buttons[int(number[1]) - 1]
    titled = [button for button in buttons if button.title.strip().casefold() == said.casefold()]
    if len(titled) == 1:
        return titled[0]
    things = [button for button in buttons if button.payload.startswith(_THING)]
    place = place_said(said, len(things)) if things else None
    return things[place] if place is not None else None


def split(text: str, limit: int) -> list[str]:
    """Return the text in pieces of at most `limit` UTF-16 units, cut between paragraphs, sentences or words.

    UTF-16 units are never fewer than a provider's characters. A word is cut only when it is longer than a piece.
    """
    pieces = []
    rest = text.strip()
    while _units(rest) > limit:
        window = rest[: _reach(rest, limit)]
        cut = _border(window, rest)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest]


def _fits(buttons: Sequence[Button], capabilities: Capabilities) -> bool:
    return len(buttons) <= capabilities.max_buttons


def _shorten(title: str, limit: int) -> str:
    if _units(title) <= limit:
        return title
    return title[: _whole(title, _reach(title, limit - 1))].rstrip() + "…"


def _border(window: str, text: str) -> int:
    """Return where to cut `text` after `window` at the latest: a good border not too near the start, else any."""
    for earliest in (len(window) // 3, 1):
        for border in _BORDERS:
            ends = [found.end() for found in border.finditer(window) if found.end() >= earliest]
            if ends and window[: ends[-1]].strip():
                return ends[-1]
        if text[len(window)].isspace():
            return len(window)
    return _whole(text, len(window))


def _whole(text: str, cut: int) -> int:
    """Move a cut back so that it does not part an accent, an emoji sequence or a flag from what it belongs to."""
    at = cut
    while 0 < at < len(text) and _joined(text, at):
        at -= 1
    return at or cut


def _joined(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if after in "\u200d\ufe0f\u20e3" or before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if unicodedata.combining(after) or unicodedata.category(after) == "Me":
        return True
    flags = 0
    while flags < at and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _reach(text: str, limit: int) -> int:
    """Return how many characters of the text fit into `limit` UTF-16 units (at least one)."""
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return max(index, 1)
    return len(text)
