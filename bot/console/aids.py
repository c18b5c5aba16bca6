"""Around the reply box: suggestions and templates above it, length, window and the style check below it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from bot.console.case import Case
from bot.console.elements import button, icon, tag
from bot.console.texts import Words
from bot.console.writing import Writing
from bot.domain.messages import Author, Template


class Aids:
    """What can be taken instead of being typed; drawn again only when there is something new to answer."""

    def __init__(
        self,
        words: Words,
        writing: Writing,
        take: Callable[[str], None],
        send_template: Callable[[Template, str], Awaitable[None]],
    ) -> None:
        self._words, self._writing, self._take, self._send_template = words, writing, take, send_template
        self._body = tag("div", css="aids")
        self._drawn: tuple[object, ...] | None = None

    def show(self, case: Case | None) -> None:
        """Draw what helps with a chat; nothing for None."""
        closes = self._writing.closes_at(case) if case else None
        closed = closes is not None and closes <= datetime.now(UTC)
        read = (
            [message.id for message in case.messages if message.author is Author.SHOPPER and message.reading]
            if case
            else []
        )
        drawn = (case.conversation.id, read[-1:], closed) if case else None
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._body.clear()
        if case is not None:
            with self._body:
                if closed:
                    self._draw_templates(case)
                else:
                    self._draw_suggested(self._writing.suggested(case))

    def _draw_suggested(self, texts: Sequence[str]) -> None:
        if not texts:
            return
        with tag("div", css="suggested", role="group", aria_label=self._words("canned.suggested"), testid="suggested"):
            for place, text in enumerate(texts, 1):
                made = tag("button", css="suggestion", type="button", dir="auto", title=text, testid="suggestion")
                made.props["aria-keyshortcuts"] = f"Alt+{place}"
                made.props["data-place"] = str(place)
                with made:
                    tag("kbd", f"Alt {place}", css="only-wide")
                    tag("span", text, css="clip")
                made.on("click", lambda text=text: self._take(text), js_handler="() => emit()")

    def _draw_templates(self, case: Case) -> None:
        words = self._words
        with tag("div", css="closed", role="status", testid="closed"):
            icon("lock_clock")
            tag("span", words("composer.closed"))
        templates = self._writing.templates(case)
        if not templates:
            tag("p", words("composer.no_templates"), css="quiet", testid="no-templates")
        for template, says in templates:
            with tag("div", css="template", testid="template"):
                tag("q", says, dir="auto")
                button(
                    words("composer.send_template"),
                    lambda template=template, says=says: self._send_template(template, says),
                    sign="forward_to_inbox",
                    testid="send-template",
                )


class Below:
    """What is said quietly about a draft."""

    def __init__(self, words: Words, writing: Writing) -> None:
        self._words, self._writing = words, writing
        with tag("div", css="composer-below"):
            self._keys = tag("p", words("composer.keys"), css="composer-keys quiet only-wide")
            tag("span", css="space")
            self._length = tag("p", css="composer-length", role="status", testid="length")
            self._window = tag("closes-in", css="composer-window", testid="window")
            self._window.props["label"] = words("composer.window")
        self._hints = tag("ul", css="hints", aria_label=words("composer.hints"), aria_live="polite", testid="hints")
        self._hinted: list[str] = []
        self.clear()

    def clear(self) -> None:
        """Say nothing: there is no draft."""
        self._length.set_text("")
        self.show_hints([])

    def show(self, case: Case, text: str) -> None:
        """Say how long a text is, once it is long."""
        found = self._writing.length(case, text)
        if found is None:
            self._length.set_text("")
            return
        said = self._words("composer.length", used=found.used, limit=found.limit)
        parts = self._words("composer.parts", n=found.parts) if found.parts > 1 else ""
        self._length.set_text(" · ".join(part for part in (said, parts) if part))
        self._length.classes(**({"add": "over"} if found.parts > 1 else {"remove": "over"}))

    def show_keys(self, *, on: bool) -> None:
        """Say which keys send, where anything can be sent."""
        self._keys.set_visibility(on)

    def show_window(self, case: Case, *, on: bool) -> None:
        """Count down to when the channel closes, where it does."""
        closes = self._writing.closes_at(case) if on else None
        shown = closes is not None and closes > datetime.now(UTC)
        self._window.set_visibility(shown)
        if shown and closes is not None:
            self._window.props["at"] = closes.isoformat()

    def show_hints(self, hints: Sequence[str]) -> None:
        """Say what the style check found."""
        if list(hints) == self._hinted:
            return
        self._hinted = list(hints)
        self._hints.clear()
        with self._hints:
            for hint in hints:
                tag("li", hint, dir="auto", testid="hint")
