"""Files, places, quotes and earlier words of a message, as operators see them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.messages import Kind
from bot.domain.people import MediaState, Message, StoredMedia
from bot.media.doors import CONSOLE_PATH
from bot.media.kinds import SHOWN

_PLACE: Final = re.compile(r"(-?\d{1,2}\.\d{1,5}), (-?\d{1,3}\.\d{1,5})$")
_KILO: Final = 1024


def draw_files(words: Words, files: Sequence[StoredMedia], *, ours: bool) -> None:
    """Draw a message's files: pictures small, recordings to be played, the rest to be saved."""
    if not files:
        return
    with tag("div", css="files", testid="files"):
        for file in files:
            if file.state is MediaState.STORED:
                _draw_stored(words, file, words("media.alt_ours" if ours else "media.alt"))
            else:
                with tag("span", css="file-missing quiet", testid="file-missing"):
                    icon("hourglass_empty" if file.state is MediaState.WAITING else "block")
                    tag("span", f"{_named(words, file)}: {words(_why(file))}", dir="auto")


def draw_place(words: Words, message: Message) -> None:
    """Draw a link to the map where a message is a place."""
    place = _PLACE.search(message.text) if message.kind is Kind.LOCATION else None
    if place:
        address = f"https://www.openstreetmap.org/?mlat={place[1]}&mlon={place[2]}#map=16/{place[1]}/{place[2]}"
        tag("a", words("media.map"), css="place", href=address, target="_blank", rel="noopener noreferrer")


def draw_quoted(words: Words, message: Message, quoted: Message | None) -> None:
    """Draw what a message answers, where we have it or the provider repeated it; pressing it goes there."""
    text = message.quoted_text or (quoted.text if quoted else "")
    if not text:
        return
    with tag("blockquote", css="quoted", testid="quoted", aria_label=words("media.quoted")):
        if message.quotes_id is None:
            tag("span", text, dir="auto")
            return
        jump = tag("button", text, type="button", dir="auto", title=words("chat.to_quoted"), testid="to-quoted")
        jump.props["data-act"] = "jump"
        jump.props["data-on"] = str(message.quotes_id)


def draw_earlier(words: Words, message: Message, today: date) -> None:
    """Draw that a message was edited; what it said before, and until when, unfolds."""
    if message.earlier:
        with tag("details", css="edited", testid="edited"):
            tag("summary", words("media.edited"))
            for earlier in message.earlier:
                tag("span", words("chat.until", moment=words.moment(earlier.until, today=today)))
                tag("p", earlier.text, dir="auto")


def _draw_stored(words: Words, file: StoredMedia, alt: str) -> None:
    address, kind, name = f"{CONSOLE_PATH}/{file.id}", file.content_type or "", _named(words, file)
    family = kind.partition("/")[0] if kind in SHOWN else ""
    if family == "image":
        with tag("a", css="file-image", href=address, target="_blank", rel="noopener"):
            tag("img", src=address, alt=alt, loading="lazy", testid="file-image")
    elif family in {"audio", "video"}:
        tag(family, css=f"file-{family}", src=address, controls=True, preload="none", aria_label=name)
    else:
        with tag("a", css="file-other", href=address, download=True, testid="file-other"):
            icon("attach_file")
            tag("bdi", name, dir="auto")
            tag("span", _size(file), css="quiet")


def _named(words: Words, file: StoredMedia) -> str:
    return file.file_name or words("media.file")


def _why(file: StoredMedia) -> str:
    return f"media.{file.reason}" if file.state is MediaState.REFUSED and file.reason else f"media.{file.state.value}"


def _size(file: StoredMedia) -> str:
    size = file.size or 0
    return f"{size / _KILO / _KILO:.1f} MB" if size >= _KILO * _KILO else f"{max(1, size // _KILO)} kB"
