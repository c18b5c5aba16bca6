"""Plain HTML elements for NiceGUI pages. Texts are set as text, never as HTML."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """One HTML element with a text."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(tag=name, text=text)


def tag(kind: str, text: str = "", /, *, css: str = "", testid: str = "", **attributes: object) -> Tag:
    """Make an HTML element; attributes with `_` for `-` (`aria_label`), left out where None."""
    made = Tag(kind, text)
    if css:
        made.classes(css)
    if testid:
        made.props["data-testid"] = testid
    for attribute, value in attributes.items():
        if value is not None:
            made.props[attribute.rstrip("_").replace("_", "-")] = value
    return made


def icon(name: str, css: str = "") -> Tag:
    """Draw a sign that says nothing a text beside it does not say."""
    return tag("span", name, css=f"material-icons icon {css}".strip(), aria_hidden="true", translate="no")


def button(
    text: str,
    on_press: Callable[..., Any] | None = None,
    /,
    *,
    sign: str = "",
    css: str = "",
    testid: str = "",
    **more: object,
) -> Tag:
    """Make a button with a text, and a sign before it."""
    made = tag("button", css=f"button {css}".strip(), testid=testid, type="button", **more)
    with made:
        if sign:
            icon(sign)
        tag("span", text, css="button-text")
    if on_press is not None:
        made.on("click", on_press, js_handler="() => emit()")
    return made


def notify(text: str, kind: Literal["good", "bad"]) -> None:
    """Tell the person at the page something, for a few seconds; longer where it is bad news."""
    ui.notify(
        text,
        position="top",
        timeout=2500 if kind == "good" else 8000,
        classes=f"notice {kind}",
        color="notice",
        textColor="notice",
        attrs={"data-testid": "notice"},
        close_button="×",
    )


class KeyedList:
    """Keeps a container's children in step with keyed values; only what changed is drawn again, so focus and scrolling stay."""

    def __init__(self, container: Element, shell: Callable[[Any], Element], draw: Callable[[Any], None]) -> None:
        self._container = container
        self._shell = shell
        self._draw = draw
        self._shown: dict[Hashable, tuple[Element, object]] = {}

    def show(self, items: Sequence[tuple[Hashable, Any]]) -> None:
        """Draw these items in this order."""
        wanted = dict(items)
        for key in [key for key in self._shown if key not in wanted]:
            self._shown.pop(key)[0].delete()
        for key, value in wanted.items():
            shell, shown = self._shown.get(key, (None, None))
            if shell is None:
                with self._container:
                    shell = self._shell(value)
            elif shown == value:
                continue
            else:
                shell.clear()
            with shell:
                self._draw(value)
            self._shown[key] = (shell, value)
        for place, key in enumerate(wanted):
            shell = self._shown[key][0]
            if self._container.default_slot.children[place] is not shell:
                shell.move(self._container, place)

    def clear(self) -> None:
        """Remove everything."""
        self.show([])

    def shell(self, key: Hashable) -> Element | None:
        """Return the element around one item."""
        found = self._shown.get(key)
        return found[0] if found else None
