"""What was said, by whom, how it was felt and whether it arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from nicegui.events import GenericEventArguments

from bot.console.case import Case
from bot.console.correcting import CorrectionMenu, Corrects
from bot.console.elements import KeyedList, Tag, icon, tag
from bot.console.files import draw_earlier, draw_files, draw_place, draw_quoted
from bot.console.marks import reading_mark, wish_name
from bot.console.mood_line import MoodLine
from bot.console.notes import NOTE, draw_note
from bot.console.texts import Words
from bot.console.writing import Writing
from bot.domain.conversation import Holder
from bot.domain.correction import Correction, CorrectionKind
from bot.domain.emotion import Emotion
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


class MessageActs(Corrects, Protocol):
    """What is done with one message, by the page."""

    async def resend(self, message_id: int) -> None:
        """Send a failed reply again."""
        ...

    def begin_edit(self, message: Message) -> None:
        """Put a message that went out into the reply box, to be given other words."""
        ...

    async def edit(self, conversation_id: str, message_id: int, text: str) -> bool:
        """Give a message other words; return whether it has them."""
        ...

    async def reach(self, place: str) -> None:
        """Show so much of the transcript that this message is in it, and go there."""
        ...


@dataclass(frozen=True)
class _Day:
    day: date
    name: str


@dataclass(frozen=True)
class _Line:
    message: Message
    speaker: str
    files: tuple[StoredMedia, ...] = ()
    quoted: Message | None = None
    corrections: tuple[tuple[Correction, str], ...] = ()
    may_resend: bool = False
    may_edit: bool = False


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

    def __init__(self, words: Words, user: User, page: MessageActs, writing: Writing) -> None:
        self._writing = writing
        self._words = words
        self._user = user
        self._page = page
        self._case: Case | None = None
        self._mood = MoodLine(words, self._on_act)
        with tag("div", css="tail-frame"):
            self._tail = tag("scroll-tail", css="tail", role="log", tabindex="0", aria_label=words("chat.transcript"),
                             testid="transcript")  # fmt: skip
            with self._tail:
                self.before = tag("div", css="tail-before")
                lines = tag("div", css="lines")
                lines.on("click", self._on_act, js_handler="(e) => warmline.act(e, emit)")
                self._lines = KeyedList(lines, self._shell, self._draw)
            jump = tag("button", words("chat.new_below"), css="jump", type="button")
            jump.on("click", js_handler="(e) => e.target.parentElement.querySelector('scroll-tail').end()")
        self._of: str | None = None
        self._menu = CorrectionMenu(words, page)

    def show(self, case: Case) -> None:
        """Draw the transcript of a conversation."""
        if self._of != case.conversation.id:
            self._lines.clear()
            self._of = case.conversation.id
            self._tail.props["of"] = case.conversation.id
        self._case = case
        self._mood.show(case)
        items: list[tuple[Hashable, object]] = []
        day: date | None = None
        today = self._words.local_day(datetime.now(UTC))
        by_id = {message.id: message for message in case.messages}
        for message in in_order(case):
            moment = message.at if isinstance(message, Note) else message.created_at
            if (said_on := self._words.local_day(moment)) != day:
                day = said_on
                items.append((day, _Day(day, self._words.day(day, today=today))))
            if isinstance(message, Note):
                author = case.operators.get(message.user_id, self._words("chat.operator"))
                items.append((f"note {message.id}", _Remark(message, author)))
                continue
            line = _Line(
                message=message,
                speaker=self._speaker(message, case),
                files=tuple(case.media.get(message.id, ())),
                quoted=by_id.get(message.quotes_id or 0),
                corrections=self._corrections(message, case),
                may_resend=may_resend(message, case, self._user),
                may_edit=self._writing.may_edit(case, message, self._user),
            )
            items.append((message.id, line))
        self._lines.show(items)

    async def _on_act(self, event: GenericEventArguments) -> None:
        act, on = (str(part) for part in event.args)
        case = self._case
        message = next((m for m in case.messages if str(m.id) == on), None) if case else None
        if act == "jump" and on.isdecimal():
            await self._page.reach(on)
        elif act == "resend" and message is not None:
            await self._page.resend(message.id)
        elif act == "edit" and message is not None:
            self._page.begin_edit(message)
        elif act == "correct" and message is not None and case is not None:
            self._menu.open(message, case.corrected(message.id))

    def _corrections(self, message: Message, case: Case) -> tuple[tuple[Correction, str], ...]:
        corrected = case.corrected(message.id).values()
        return tuple((one, case.operators.get(one.user_id, self._words("chat.operator"))) for one in corrected)

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

    def _shell(self, value: _Day | _Line | _Remark) -> Tag:
        if isinstance(value, _Day):
            return tag("div", css="day", role="separator")
        if isinstance(value, _Remark):
            noted = tag("article", css="message by-note", testid="note")
            noted.props["data-author"] = "note"
            noted.props["data-message"] = f"{NOTE}{value.note.id}"
            return noted
        message = value.message
        shell = tag("article", css=f"message by-{message.author.value}", testid="message")
        shell.props["data-author"] = message.author.value
        shell.props["data-message"] = str(message.id)
        return shell

    def _draw(self, value: _Day | _Line | _Remark) -> None:
        words = self._words
        if isinstance(value, _Day):
            tag("span", value.name)
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
            draw_files(words, value.files, ours=message.author is not Author.SHOPPER)
            tag("div", message.text, css="text", dir="auto", testid="message-text")
            draw_place(words, message)
            draw_earlier(words, message, words.local_day(datetime.now(UTC)))
            if message.buttons:
                with tag("div", css="offered"):
                    for offered in message.buttons:
                        tag("span", offered.title, dir="auto")
        with tag("footer", css="below"):
            if message.author is Author.SHOPPER:
                self._draw_reading(value)
            else:
                self._draw_delivery(message)
                if value.may_resend:
                    with tag("button", css="resend", type="button", testid="resend") as again:
                        icon("replay")
                        tag("span", words("chat.resend"))
                    again.props["data-act"] = "resend"
                if value.may_edit:
                    with tag("button", css="edit-sent", type="button", title=words("edit.begin"), testid="edit",
                             aria_label=words("edit.begin"), data_act="edit"):  # fmt: skip
                        icon("edit")

    def _draw_reading(self, line: _Line) -> None:
        words, message = self._words, line.message
        corrected = {correction.kind: (correction, name) for correction, name in line.corrections}
        felt = corrected.get(CorrectionKind.EMOTION)
        if message.reading or felt or is_unread(message):
            reading_mark(words, message.reading, Emotion(felt[0].became) if felt else None)
        if felt:
            correction, name = felt
            was = correction.was and words(f"emotion.{correction.was}")
            said = words("correct.by_was", name=name, was=was) if was else words("correct.by", name=name)
            tag("span", said, css="by-person", testid="corrected-by", dir="auto")
        if wanted := corrected.get(CorrectionKind.INTENT):
            correction, name = wanted
            said = words("correct.intent_by", intent=wish_name(words, correction.became), name=name)
            tag("span", said, css="by-person", testid="intent-corrected-by", dir="auto")

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


def may_resend(message: Message, case: Case, user: User) -> bool:
    """True for a failed reply in an own chat, as long as it could arrive; what the bot said is not repeated."""
    conversation = case.conversation
    mine = conversation.holder is Holder.OPERATOR and conversation.operator_id == user.id
    failed = message.delivery is Delivery.FAILED and message.author in {Author.OPERATOR, Author.SYSTEM}
    return mine and failed and conversation.unreachable_since is None


def is_unread(message: Message) -> bool:
    """True for words of a shopper that were seen to and not read, so that a person may say what they read in them.

    Not for those that were read together with others.
    """
    alone = message.turn_id in {None, message.id}
    typed = message.payload is None and bool(message.text.strip())
    return typed and alone and message.handled_at is not None and message.reading is None
