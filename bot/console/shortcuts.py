"""Keyboard shortcuts: by the key's place, so that they work on Russian and Greek keyboards too; they can be switched off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from nicegui import ui
from nicegui.events import KeyEventArguments

from bot.console.elements import button, icon, tag
from bot.console.texts import Words

KEPT_AS = "shortcuts_off"

# What the list shows: (keys, text).
_LIST = (
    (("J", "K"), "keys.move"),
    (("C",), "keys.claim"),
    (("T",), "keys.take_over"),
    (("R",), "keys.reply"),
    (("N",), "keys.note"),
    (("F",), "attach.add"),
    (("G",), "keys.tag"),
    (("E",), "keys.resolve"),
    (("B",), "keys.return"),
    (("L",), "keys.release"),
    (("A",), "duty.pass_on"),
    (("/",), "queue.keys_search"),
    (("P",), "keys.pause"),
    (("O",), "keys.reopen"),
    (("W",), "keys.follow"),
    (("X",), "keys.block"),
    (("1", "2", "3", "4"), "keys.filters"),
    (("Esc",), "keys.leave"),
    (("?",), "keys.help"),
)


class Shortcuts:
    """Listens for keys outside text fields; `?` opens the list, where they can be switched off for this browser."""

    def __init__(
        self,
        words: Words,
        kept: MutableMapping[str, Any],
        does: Mapping[str, Callable[[], Awaitable[None] | None]],
        *,
        busy: Callable[[], bool],
    ) -> None:
        self._kept = kept
        self._does = does
        self._busy = busy
        self._dialog = ui.dialog().classes("keys-dialog")
        with self._dialog, tag("div", css="sheet", role="dialog", aria_label=words("keys.title"), testid="keys"):
            tag("h2", words("keys.title"))
            with tag("dl", css="keys"):
                for keys, text in _LIST:
                    with tag("dt"):
                        for key in keys:
                            tag("kbd", key)
                    tag("dd", words(text))
            with tag("label", css="check"):
                box = tag("input", type="checkbox", checked=None if self._kept.get(KEPT_AS) else True)
                tag("span", words("keys.enabled"))
            box.on("change", lambda e: self._switch(on=bool(e.args)), js_handler="(e) => emit(e.target.checked)")
            button(words("keys.close"), self._dialog.close, css="primary")
        ui.keyboard(on_key=self._on_key, repeating=False, ignore=["input", "select", "textarea"])
        opener = tag("button", css="tool only-wide", type="button", aria_label=words("keys.open"), title=words("keys.open"),
                     testid="keys-open")  # fmt: skip
        with opener:
            icon("keyboard")
        opener.on("click", self._dialog.open, js_handler="() => emit()")

    def _switch(self, *, on: bool) -> None:
        if on:
            self._kept.pop(KEPT_AS, None)
        else:
            self._kept[KEPT_AS] = True

    async def _on_key(self, event: KeyEventArguments) -> None:
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        if self._busy():
            return
        if str(event.key.name) == "?":
            self._dialog.toggle()
            return
        if self._kept.get(KEPT_AS) or self._dialog.value:
            return
        act = self._does.get(event.key.code)
        if act is not None and (waiting := act()) is not None:
            await waiting
