"""Where an operator writes. What is typed belongs to the browser until it is sent: the page never overwrites it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.console.case import Case
from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.conversation import Holder
from bot.domain.people import User

MAX_TEXT = 4000
_SAVE_EVERY = 0.4


class Composer:
    """The reply box: enabled for the conversation's holder only, with a draft for each conversation."""

    def __init__(
        self,
        words: Words,
        user: User,
        drafts: MutableMapping[str, str],
        send: Callable[[str, str], Awaitable[bool]],
    ) -> None:
        self._words = words
        self._user = user
        self._drafts = drafts
        self._send = send
        self._client = ui.context.client
        self._of: str | None = None
        self._sending = False
        with tag("div", css="composer"):
            self._hint = tag("p", css="composer-hint quiet", testid="composer-hint")
            with tag("div", css="composer-row"):
                self._box = tag("textarea", css="box", rows=1, maxlength=MAX_TEXT, dir="auto", testid="composer",
                                aria_label=words("composer.label"))  # fmt: skip
                self._button = tag("button", css="button primary send", type="button", testid="send",
                                   aria_label=words("composer.send"), title=words("composer.send"))  # fmt: skip
                with self._button:
                    icon("send")
            self._keys = tag("p", words("composer.keys"), css="composer-keys quiet only-wide")
        box = f"document.getElementById('{self._box.html_id}')"
        self._box.on("keydown", self._on_send, js_handler="(e) => warmline.enter(e, emit)")
        self._button.on("click", self._on_send, js_handler=f"() => warmline.send({box}, emit)")
        self._box.on(
            "input",
            self._on_input,
            throttle=_SAVE_EVERY,
            js_handler="(e) => { e.target.sent = null; warmline.grow(e.target);"
            " emit(e.target.dataset.conversation || '', e.target.value) }",
        )

    def show(self, case: Case) -> None:
        """Say who may write, and put the draft in where another conversation was chosen."""
        conversation, words = case.conversation, self._words
        mine = conversation.holder is Holder.OPERATOR and conversation.operator_id == self._user.id
        self._box.props["placeholder"] = words("composer.label") if mine else ""
        for part in (self._box, self._button):
            part.props["disabled"] = not mine
        if mine:
            hint = ""
        elif conversation.holder is Holder.OPERATOR:
            hint = words(
                "composer.other", name=case.operators.get(conversation.operator_id or 0, words("chat.operator"))
            )
        else:
            hint = words("composer.claim_first" if conversation.holder is Holder.QUEUE else "composer.bot_first")
        self._hint.set_text(hint)
        self._hint.set_visibility(bool(hint))
        self._keys.set_visibility(mine)
        if self._of != conversation.id:
            self._of = conversation.id
            self._run("fill", conversation.id, self._drafts.get(conversation.id, ""))

    def focus(self) -> None:
        """Put the cursor into the box, if it is enabled."""
        self._run("focus")

    async def _on_send(self, event: GenericEventArguments) -> None:
        conversation_id, text = (str(part) for part in event.args)
        if self._sending or not text.strip():
            return
        self._sending = True
        sent = False
        try:
            sent = await self._send(conversation_id, text)
            if sent:
                self._drafts.pop(conversation_id, None)
        finally:
            self._sending = False
            self._run("settle", conversation_id, sent)

    def _on_input(self, event: GenericEventArguments) -> None:
        conversation_id, text = (str(part) for part in event.args)
        if text.strip():
            self._drafts[conversation_id] = text[:MAX_TEXT]
        else:
            self._drafts.pop(conversation_id, None)

    def _run(self, function: str, *arguments: object) -> None:
        values = ", ".join(json.dumps(value) for value in (self._box.html_id, *arguments))
        self._client.run_javascript(f"warmline.{function}({values})")
