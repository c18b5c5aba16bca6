"""A colleague's note in the transcript: plainly no message."""

from __future__ import annotations

from typing import Final

from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.remarks import Note

# What stands before a note's id where a place in the transcript is named.
NOTE: Final = "note-"


def draw_note(words: Words, note: Note, author: str) -> None:
    """Draw who noted what, and that the shopper does not see it."""
    with tag("header", css="said-by"):
        with tag("span", css="note-mark"):
            icon("sticky_note_2")
            tag("span", words("notes.mark"))
        tag("bdi", author, css="speaker", dir="auto")
        tag("time", words.clock(note.at), datetime=note.at.isoformat())
    with tag("div", css="bubble"):
        tag("div", note.text, css="text", dir="auto", testid="note-text")
