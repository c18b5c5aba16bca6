"""What was said, by whom, how it was felt and whether it arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.console.case import Case
from bot.console.elements import KeyedList, Tag, icon, tag
from bot.console.files import draw_earlier, draw_files, draw_place, draw_quoted
from bot.console.marks import reading_chip
from bot.console.notes import draw_note
from bot.console.texts import Words
from bot.domain.messages import Author, Delivery, Kind
from bot.domain.people import Message, StoredMedia, User
from bot.domain.remarks import Note

_DELIVERY_ICONS = {
    Delivery.QUEUED: "schedule",
    Delivery.SENDING: "schedule_send",
    Delivery.WAITING: "hourglass_empty",
    Delivery.SENT: "done",
    Delivery.DELIVERED: "done_all",
    Delivery.READ: "done_all",
    Delivery.FAILED: "error",
    Delivery.WITHDRAWN: "block",
}


@dataclass(frozen=True)
class _Line:
    message: Message
    speaker: str
    files: tuple[StoredMedia, ...] = ()
    quoted: Message | None = None


@dataclass(frozen=True)
class _Remark:
    note: Note
    author: str


def in_order(case: Case) -> list[Message | Note]:
    """Return the messages with the notes between them by time; without notes from before those that are shown."""
    since = case.messages[0].created_at if case.messages and not case.complete else None
    notes = deque(note for note in case.notes if since is None or note.at >= since)
    merged: list[Message | Note] = []
    for message in case.messages:
        while notes and notes[0].at < message.created_at:
            merged.append(notes.popleft())
        merged.append(message)
    return [*merged, *notes]


class Transcript:
    """The messages of one conversation with a line between days, always at its end unless somebody scrolls up."""

    def __init__(self, words: Words, user: User) -> None:
        self._words = words
        self._user = user
        with tag("div", css="tail-frame"):
            self._tail = tag("scroll-tail", css="tail", role="log", tabindex="0", aria_label=words("chat.transcript"),
                             testid="transcript")  # fmt: skip
            with self._tail:
                self.before = tag("div", css="tail-before")
                self._lines = KeyedList(tag("div", css="lines"), self._shell, self._draw)
            jump = tag("button", words("chat.new_below"), css="jump", type="button")
            jump.on("click", js_handler="(e) => e.target.parentElement.querySelector('scroll-tail').end()")
        self._of: str | None = None

    def show(self, case: Case) -> None:
        """Draw the transcript of a conversation."""
        if self._of != case.conversation.id:
            self._lines.clear()
            self._of = case.conversation.id
            self._tail.props["of"] = case.conversation.id
        items: list[tuple[Hashable, object]] = []
        day: date | None = None
        by_id = {message.id: message for message in case.messages}
        for message in in_order(case):
            moment = message.at if isinstance(message, Note) else message.created_at
            if (said_on := self._words.local_day(moment)) != day:
                day = said_on
                items.append((day, day))
            if isinstance(message, Note):
                author = case.operators.get(message.user_id, self._words("chat.operator"))
                items.append((f"note {message.id}", _Remark(message, author)))
                continue
            files = tuple(case.media.get(message.id, ()))
            quoted = by_id.get(message.quotes_id or 0)
            items.append((message.id, _Line(message, self._speaker(message, case), files, quoted)))
        self._lines.show(items)

    def _speaker(self, message: Message, case: Case) -> str:
        match message.author:
            case Author.OPERATOR if message.operator_id == self._user.id:
                return f"{self._words('chat.you')} ({self._user.display_name})"
            case Author.OPERATOR:
                return case.operators.get(message.operator_id or 0, self._words("chat.operator"))
            case Author.SHOPPER:
                return case.conversation.shopper_name or self._words("chat.shopper")
            case _:
                return self._words(f"chat.{message.author.value}")

    def _shell(self, value: date | _Line | _Remark) -> Tag:
        if isinstance(value, date):
            return tag("div", css="day", role="separator")
        if isinstance(value, _Remark):
            noted = tag("article", css="message by-note", testid="note")
            noted.props["data-author"] = "note"
            return noted
        message = value.message
        shell = tag("article", css=f"message by-{message.author.value}", testid="message")
        shell.props["data-author"] = message.author.value
        shell.props["data-message"] = str(message.id)
        return shell

    def _draw(self, value: date | _Line | _Remark) -> None:
        words = self._words
        if isinstance(value, date):
            tag("span", words.day(value, today=words.local_day(datetime.now(UTC))))
            return
        if isinstance(value, _Remark):
            draw_note(words, value.note, value.author)
            return
        message = value.message
        with tag("header", css="said-by"):
            tag("bdi", value.speaker, css="speaker", dir="auto")
            tag("time", words.clock(message.created_at), datetime=message.created_at.isoformat())
        with tag("div", css="bubble"):
            draw_quoted(words, message, value.quoted)
            if message.kind is not Kind.TEXT and message.author is Author.SHOPPER:
                tag("span", words(f"kind.{message.kind.value}"), css="kind")
            draw_files(words, value.files)
            tag("div", message.text, css="text", dir="auto", testid="message-text")
            draw_place(words, message)
            draw_earlier(words, message)
            if message.buttons:
                with tag("div", css="offered"):
                    for offered in message.buttons:
                        tag("span", offered.title, dir="auto")
        with tag("footer", css="below"):
            if message.reading:
                reading_chip(words, message.reading)
            if message.author is not Author.SHOPPER:
                self._draw_delivery(message)

    def _draw_delivery(self, message: Message) -> None:
        text = self._words(f"delivery.{message.delivery.value}")
        state = tag("span", css=f"delivery delivery-{message.delivery.value}", testid="delivery")
        state.props["data-delivery"] = message.delivery.value
        with state:
            icon(_DELIVERY_ICONS.get(message.delivery, "schedule"))
            tag("span", text + self._because(message))

    def _because(self, message: Message) -> str:
        """Say why a reply failed: in words where we know the code, with the code where we do not."""
        code = message.delivery_code
        if message.delivery is not Delivery.FAILED or not code:
            return ""
        return f" ({self._words(f'code.{code}') if self._words.has(f'code.{code}') else code})"
