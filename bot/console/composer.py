"""Where an operator writes. What is typed belongs to the browser until it is sent: the page never overwrites it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from enum import StrEnum
from typing import Literal

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.console.aids import Aids, Below
from bot.console.case import Case
from bot.console.elements import Tag, icon, tag
from bot.console.texts import Words
from bot.console.writing import MAX_TEXT, Writing
from bot.domain.canned import unfilled
from bot.domain.conversation import Holder
from bot.domain.messages import Template
from bot.domain.people import Message, User

_SAVE_EVERY = 0.4
_NOTE = "note:"
_EDIT = "edit:"
# Who stops typing for so long may look at what could be better.
_PAUSE = 0.9
Say = Callable[[str, Literal["good", "bad"]], None]


class Mode(StrEnum):
    """Whom what is typed is for: the shopper, or colleagues only."""

    REPLY = "reply"
    NOTE = "note"


class Composer:
    """The reply box: for the conversation's holder only, or for anybody's note; with a draft of each for each conversation.

    A box is named by what its draft is kept under: a conversation's id, with `note:` before it for a note, and `edit:` and a
    message's id for other words of what was sent.
    """

    def __init__(
        self,
        words: Words,
        user: User,
        drafts: MutableMapping[str, str],
        writing: Writing,
        *,
        send: Callable[[str, str], Awaitable[bool]],
        note: Callable[[str, str], Awaitable[bool]],
        edit: Callable[[str, int, str], Awaitable[bool]],
        send_template: Callable[[Template, str], Awaitable[None]],
        say: Say,
    ) -> None:
        self._words, self._user, self._drafts, self._writing, self._say = words, user, drafts, writing, say
        self._edit = edit
        self._does = {Mode.REPLY: send, Mode.NOTE: note}
        self._client = ui.context.client
        self._case: Case | None = None
        self._editing: Message | None = None
        self._mode = Mode.REPLY
        self._shown: str | None = None
        self._sending = False
        self._typed = 0
        self._frame = tag("div", css="composer", testid="composer-frame")
        with self._frame:
            with tag("div", css="composer-modes", role="group", aria_label=words("composer.mode")):
                self._modes = {mode: self._draw_mode(mode) for mode in Mode}
            self._hint = tag("p", css="composer-hint quiet", testid="composer-hint")
            self._aids = Aids(words, writing, self._take, send_template)
            self._tray = tag("file-tray", css="file-tray", testid="file-tray", data_remove=words("attach.remove"),
                             data_big=words("attach.too_big"), data_failed=words("attach.failed"),
                             data_sending=words("attach.sending"), data_list=words("attach.list"))  # fmt: skip
            with tag("div", css="composer-row"):
                self._attach = tag("button", css="button attach", type="button", title=f"{words('attach.add')} (F)",
                                   aria_label=words("attach.add"), aria_keyshortcuts="F", testid="attach")  # fmt: skip
                with self._attach:
                    icon("attach_file")
                self._attach.on("click", js_handler="() => composer.pick()")
                self._box = tag("textarea", css="box", rows=1, maxlength=MAX_TEXT, dir="auto", testid="composer",
                                aria_label=words("composer.label"))  # fmt: skip
                self._button = tag("button", css="button primary send", type="button", testid="send")
                with self._button:
                    icon("send")
            self._below = Below(words, writing)
        self._box.props["data-none"] = words("canned.none")
        self._box.props["data-list"] = words("canned.list")
        box = f"document.getElementById('{self._box.html_id}')"
        self._box.on("keydown", self._on_send, js_handler="(e) => composer.key(e, emit)")
        self._button.on("click", self._on_send, js_handler=f"() => warmline.send({box}, emit)")
        self._box.on("beforeinput", js_handler="(e) => warmline.early(e.target)")
        self._box.on("leave", self._leave_edit, js_handler="() => emit()")
        self._box.on("editlast", self._edit_last, js_handler="() => emit()")
        self._box.on("went", self._on_went, js_handler="(e) => emit(e.detail)")
        self._box.on("canned", self._on_canned, js_handler="() => emit()")
        self._box.on(
            "input",
            self._on_input,
            throttle=_SAVE_EVERY,
            js_handler="(e) => { e.target.sent = null; if (warmline.awaits(e.target)) return; warmline.hold(e.target);"
            " warmline.grow(e.target); composer.typed(e.target); emit(e.target.dataset.conversation || '', e.target.value) }",
        )

    def show(self, case: Case) -> None:
        """Say who may write, and put the draft in where another conversation was chosen."""
        if self._case is None or self._case.conversation.id != case.conversation.id:
            self._mode, self._editing = Mode.REPLY, None
        self._case = case
        self._draw()

    def focus(self, mode: Mode = Mode.REPLY) -> None:
        """Put the cursor into the box, if it is enabled."""
        self.turn_to(mode)
        self._run("focus")

    def edit(self, message: Message) -> None:
        """Take what was sent into the box, to be given other words."""
        self._mode, self._editing = Mode.REPLY, message
        self._draw()
        self._run("focus")

    def pick_file(self) -> None:
        """Open the browser's choice of files, where one may be sent."""
        self.turn_to(Mode.REPLY)
        self._client.run_javascript("composer.pick()")

    def add(self, conversation_id: str, line: str) -> None:
        """Put a line below what is written to a shopper, to be looked over; nothing is sent."""
        self.turn_to(Mode.REPLY)
        self._run("add", conversation_id, line)

    def turn_to(self, mode: Mode) -> None:
        """Write for somebody else, or something new."""
        self._mode, self._editing = mode, None
        self._draw()

    def _draw(self) -> None:
        case, words, mode = self._case, self._words, self._mode
        if case is None:
            return
        conversation, editing = case.conversation, self._editing
        mine = conversation.holder is Holder.OPERATOR and conversation.operator_id == self._user.id
        replying = mode is Mode.REPLY and editing is None
        label = words("edit.label" if editing else "composer.label" if mode is Mode.REPLY else "notes.label")
        may_write = mine or mode is Mode.NOTE
        self._frame.classes(**({"add": "editing"} if editing else {"remove": "editing"}))
        self._frame.classes(**({"add": "noting"} if mode is Mode.NOTE else {"remove": "noting"}))
        for each, pressed in self._modes.items():
            pressed.props["aria-pressed"] = "true" if each is mode and not editing else "false"
        self._box.props["placeholder"] = label if may_write else ""
        self._box.props["aria-label"] = label
        self._button.props["title"] = self._button.props["aria-label"] = words(
            "edit.save" if editing else "composer.send" if mode is Mode.REPLY else "notes.add"
        )
        for part in (self._box, self._button):
            part.props["disabled"] = not may_write
        largest = self._writing.largest(conversation, "") if mine and replying else 0
        self._attach.set_visibility(largest > 0)
        self._tray.props["data-max"] = str(largest)
        self._tray.props["data-max-picture"] = str(self._writing.largest(conversation, "image/") if largest else 0)
        hint = self._what_to_know(case, mine=mine)
        self._hint.set_text(hint)
        self._hint.set_visibility(bool(hint))
        key = conversation.id if mode is Mode.REPLY else f"{_NOTE}{conversation.id}"
        if editing:
            key = f"{_EDIT}{editing.id}:{conversation.id}"
        if self._shown != key:
            self._shown = self._box.props["data-for"] = key
            draft = self._drafts.get(key, editing.text if editing else "")
            self._run("fill", key, draft)
            self._below.show(case, draft if replying else "")
        self._below.show_keys(on=may_write)
        self._below.show_window(case, on=mine and replying)
        self._aids.show(case if mine and replying else None)

    def _draw_mode(self, mode: Mode) -> Tag:
        text = self._words(f"composer.mode_{mode.value}")
        pressed = tag("button", text, css="composer-mode", type="button", testid=f"mode-{mode.value}")
        pressed.on("click", lambda: self.focus(mode), js_handler="(e) => { warmline.lock(e.target); emit() }")
        return pressed

    def _what_to_know(self, case: Case, *, mine: bool) -> str:
        if self._editing:
            return self._words("edit.hint")
        if self._mode is Mode.NOTE:
            return self._words("notes.hint")
        return "" if mine else self._who_answers(case)

    def _who_answers(self, case: Case) -> str:
        words, conversation = self._words, case.conversation
        if conversation.holder is not Holder.OPERATOR:
            return words("composer.claim_first" if conversation.holder is Holder.QUEUE else "composer.bot_first")
        name = case.operators.get(conversation.operator_id or 0, words("chat.operator"))
        return words("composer.other", name=name)

    async def _on_send(self, event: GenericEventArguments) -> None:
        key, text = (str(part) for part in event.args)
        if self._sending or not text.strip():
            return
        mode = Mode.NOTE if key.startswith(_NOTE) else Mode.REPLY
        if mode is Mode.REPLY and (missing := unfilled(text)):
            self._say(self._words("canned.fill", names=", ".join(missing)), "bad")
            self._run("settle", key, False)
            self._run("select", missing[0], api="composer")
            return
        self._sending = True
        sent = False
        try:
            if key.startswith(_EDIT):
                message_id, _, conversation_id = key.removeprefix(_EDIT).partition(":")
                sent = await self._edit(conversation_id, int(message_id), text)
            else:
                sent = await self._does[mode](key.removeprefix(_NOTE), text)
            if sent and key.startswith(_EDIT) and self._shown == key:
                self._leave_edit()
            if sent:
                self._drafts.pop(key, None)
                self._below.clear()
        finally:
            self._sending = False
            self._run("settle", key, sent)

    async def _on_input(self, event: GenericEventArguments) -> None:
        key, text = (str(part) for part in event.args)
        if text.strip():
            self._drafts[key] = text[:MAX_TEXT]
        else:
            self._drafts.pop(key, None)
        case = self._case
        if case is None or key != case.conversation.id:
            return
        self._below.show(case, text)
        self._typed += 1
        typed = self._typed
        if text.strip():
            await self._writing.typing(case)
        await asyncio.sleep(_PAUSE)
        if typed == self._typed and case is self._case and self._mode is Mode.REPLY:
            self._below.show_hints(self._writing.hints(case, text, self._words) if text.strip() else [])

    def _leave_edit(self) -> None:
        """Leave what was sent as it is now, and go on with the reply."""
        self._drafts.pop(self._shown or "", None)
        self.focus()

    def _edit_last(self) -> None:
        """Take what this operator sent last into the box, if it can be changed."""
        if (case := self._case) is None:
            return
        possible = (each for each in reversed(case.messages) if self._writing.may_edit(case, each, self._user))
        if (message := next(possible, None)) is not None:
            self.edit(message)

    def _on_went(self, event: GenericEventArguments) -> None:
        """What was written to a file went out with it."""
        self._drafts.pop(str(event.args), None)
        self._below.clear()

    async def _on_canned(self) -> None:
        if self._case is not None:
            found = await self._writing.canned(self._case, self._user)
            self._run("offer", found, api="composer")

    def _take(self, text: str) -> None:
        """Put a text into the box, after what is there."""
        self._run("insert", text, api="composer")

    def _run(self, function: str, *arguments: object, api: str = "warmline") -> None:
        values = ", ".join(json.dumps(value) for value in (self._box.html_id, *arguments))
        self._client.run_javascript(f"{api}.{function}({values})")
