"""The small menu in which an operator says how a message should have been read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.console.elements import button, icon, tag
from bot.console.marks import tell_reading, wish_name
from bot.console.texts import Words
from bot.console.theme import LOOKS
from bot.domain.correction import Correction, CorrectionKind
from bot.domain.emotion import Emotion
from bot.domain.intents import GROUPS, INTENTS
from bot.domain.people import Message

type Corrected = Mapping[CorrectionKind, Correction]


class Corrects(Protocol):
    """What the menu asks of the page."""

    async def correct(self, message_id: int, kind: CorrectionKind, became: str) -> None:
        """Keep a correction."""
        ...

    async def uncorrect(self, message_id: int, kind: CorrectionKind) -> None:
        """Take a correction back."""
        ...


class CorrectionMenu:
    """One menu for all messages of a page; a feeling or a wish that is chosen is kept at once."""

    def __init__(self, words: Words, page: Corrects) -> None:
        self._words = words
        self._page = page
        self._client = ui.context.client
        self._dialog = ui.dialog().classes("correct-dialog")
        with self._dialog:
            self._sheet = tag(
                "div", css="sheet correct", role="dialog", aria_label=words("correct.title"), testid="correct"
            )
        self._sheet.on("keydown", js_handler="(e) => warmline.choose(e)")

    def open(self, message: Message, corrected: Corrected) -> None:
        """Ask about a message."""
        words = self._words
        self._sheet.clear()
        with self._sheet:
            tag("h2", words("correct.title"))
            tag("blockquote", message.text, dir="auto", css="correct-words")
            tag("p", "\n".join(tell_reading(words, message.reading)), css="quiet correct-reading")
            self._draw_emotions(message, corrected.get(CorrectionKind.EMOTION))
            self._draw_intents(message, corrected.get(CorrectionKind.INTENT))
            with tag("div", css="correct-ends"):
                for kind in corrected:
                    button(
                        words(f"correct.undo_{kind.value}"),
                        lambda kind=kind: self._undo(message, kind),
                        sign="undo",
                        testid=f"correct-undo-{kind.value}",
                    )
                button(words("correct.close"), self._dialog.close, testid="correct-close")
        self._dialog.open()

    def _draw_emotions(self, message: Message, correction: Correction | None) -> None:
        words = self._words
        read = message.reading.emotion.value if message.reading else None
        now = correction.became if correction else read
        tag("span", words("correct.emotion"), css="label", id=f"{self._sheet.html_id}-emotion")
        with tag("div", css="feelings", role="radiogroup", aria_labelledby=f"{self._sheet.html_id}-emotion"):
            for emotion in Emotion:
                on = emotion.value == (now or Emotion.NEUTRAL.value)
                choice = tag("button", css=f"chip feeling emotion-{emotion.value}", type="button", role="radio",
                             aria_checked=str(emotion.value == now).lower(), tabindex=0 if on else -1,
                             testid=f"correct-{emotion.value}")  # fmt: skip
                if on:
                    choice.props["data-autofocus"] = True
                with choice:
                    icon(LOOKS[emotion].icon)
                    tag("span", words(f"emotion.{emotion.value}"))
                    if emotion.value == read:
                        tag("span", f"({words('correct.as_read')})", css="number")
                choice.on(
                    "click",
                    lambda emotion=emotion: self._choose(message, CorrectionKind.EMOTION, emotion.value),
                    js_handler="() => emit()",
                )

    def _draw_intents(self, message: Message, correction: Correction | None) -> None:
        words = self._words
        now = correction.became if correction else message.reading.intent if message.reading else ""
        with tag("label", css="field"):
            tag("span", words("correct.intent"), css="label")
            choice = tag("select", css="correct-select", testid="correct-intent")
            with choice:
                if now not in INTENTS:
                    tag("option", wish_name(words, now), value="", selected=True)
                for group, intents in GROUPS.items():
                    with tag("optgroup", label=words(f"correct.group.{group}")):
                        for intent in intents:
                            tag(
                                "option",
                                wish_name(words, intent),
                                value=intent,
                                selected=True if intent == now else None,
                            )
        choice.on("change", lambda e: self._on_intent(message, e), js_handler="(e) => emit(e.target.value)")

    async def _on_intent(self, message: Message, event: GenericEventArguments) -> None:
        if event.args in INTENTS:
            await self._choose(message, CorrectionKind.INTENT, str(event.args))

    async def _choose(self, message: Message, kind: CorrectionKind, became: str) -> None:
        self._dialog.close()
        await self._page.correct(message.id, kind, became)
        self._back_to(message)

    async def _undo(self, message: Message, kind: CorrectionKind) -> None:
        self._dialog.close()
        await self._page.uncorrect(message.id, kind)
        self._back_to(message)

    def _back_to(self, message: Message) -> None:
        """Put the focus back on the mark, which was drawn anew."""
        self._client.run_javascript(f"warmline.toMark({json.dumps(message.id)})")
