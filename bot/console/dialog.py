"""The one dialog of a page: asks for what an act needs, or for a plain yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.console.elements import button, tag
from bot.console.texts import Words

Answer = Mapping[str, str]
"""What was filled in, by the names of the fields."""


class Dialog:
    """A form in front of the page. Enter confirms it, Escape leaves it, and what had the focus gets it back."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._dialog = ui.dialog().classes("ask-dialog")

    @property
    def is_open(self) -> bool:
        """True while something is asked."""
        return bool(self._dialog.value)

    async def ask(
        self, title: str, confirm: str, draw: Callable[[], object] | None = None, *, hint: str = "", grave: bool = False
    ) -> Answer | None:
        """Return what was filled in, or None where it was left. `grave` for what cannot simply be undone."""
        if self.is_open:
            return None
        self._dialog.clear()
        with self._dialog, tag("div", css="sheet", role="dialog", aria_modal="true", aria_label=title, testid="ask"):
            tag("h2", title)
            if hint:
                tag("p", hint, css="quiet")
            form = tag("form", css="ask-form")
            form.on("submit", self._on_submit, js_handler="(e) => composer.submit(e, emit)")
            with form:
                if draw is not None:
                    draw()
                with tag("div", css="ask-buttons"):
                    button(self._words("action.cancel"), self._leave, testid="ask-cancel")
                    yes = tag("button", confirm, css="button grave" if grave else "button primary", type="submit",
                              testid="ask-confirm")  # fmt: skip
                    if draw is None:
                        yes.props["data-autofocus"] = ""
        answer = await self._dialog
        return answer if isinstance(answer, dict) else None

    def _on_submit(self, event: GenericEventArguments) -> None:
        fields = event.args if isinstance(event.args, dict) else {}
        self._dialog.submit({str(name): str(value) for name, value in fields.items()})

    def _leave(self) -> None:
        self._dialog.submit(None)


def choice(name: str, options: Mapping[str, str], *, label: str, chosen: str, first: bool = True) -> None:
    """Draw one choice of several, by value; arrow keys move in it."""
    with tag("fieldset", css="ask-choice"):
        tag("legend", label)
        for value, text in options.items():
            with tag("label", css="check"):
                made = tag("input", type="radio", name=name, value=value, testid=f"choose-{value.replace('_', '-')}")
                if value == chosen:
                    made.props["checked"] = True
                    if first:
                        made.props["data-autofocus"] = True
                tag("span", text)


def words_field(name: str, label: str, *, limit: int, first: bool = False, value: str = "") -> None:
    """Draw a field for a few words; Enter confirms the form, Shift+Enter starts a new line."""
    with tag("label", css="field"):
        tag("span", label)
        made = tag(
            "textarea", css="box ask-words", name=name, rows=2, maxlength=limit, dir="auto", testid=f"ask-{name}"
        )
        made.on("keydown", js_handler="(e) => composer.enterSubmits(e)")
        if value:
            made.props["value"] = value
        if first:
            made.props["data-autofocus"] = True
