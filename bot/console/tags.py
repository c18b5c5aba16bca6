"""The tags of the open chat: chips that can be taken off, and a field that suggests those there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.remarks import MAX_TAG, Tag


class TagBar:
    """Drawn again only when the tags changed, so that nobody loses what they are typing."""

    def __init__(
        self,
        words: Words,
        *,
        add: Callable[[str], Awaitable[None]],
        remove: Callable[[Tag], Awaitable[None]],
        known: Callable[[], Awaitable[Sequence[Tag]]],
    ) -> None:
        self._words, self._add, self._remove, self._known = words, add, remove, known
        self._client = ui.context.client
        self._shown: tuple[str, tuple[Tag, ...]] | None = None
        with tag("div", css="tag-bar", testid="tags"):
            self._list = tag("ul", css="tag-list", aria_label=words("tags.label"))
            self._options = tag("datalist")
            self._field = tag(
                "input", css="tag-field", type="text", maxlength=MAX_TAG, autocomplete="off", dir="auto",
                placeholder=words("tags.add"), aria_label=words("tags.add"), list=self._options.html_id,
                testid="tag-field",
            )  # fmt: skip
        self._field.on("focus", self._suggest, js_handler="() => emit()")
        self._field.on("keydown", self._on_name, js_handler="(e) => composer.named(e, emit)")
        self._field.on("input", self._on_name, js_handler="(e) => composer.chosen(e, emit)")

    def show(self, conversation_id: str, tags: Sequence[Tag]) -> None:
        """Draw the tags of a conversation."""
        shown = (conversation_id, tuple(tags))
        if shown == self._shown:
            return
        self._shown = shown
        self._list.clear()
        with self._list:
            for each in tags:
                self._draw(each)

    def focus(self) -> None:
        """Put the cursor where a tag is typed."""
        self._client.run_javascript(f"document.getElementById('{self._field.html_id}')?.focus()")

    def _draw(self, each: Tag) -> None:
        label = self._words("tags.remove", name=each.name)
        with tag("li", css="tag-chip", testid="tag"):
            tag("bdi", each.name, dir="auto")
            off = tag("button", css="tag-off", type="button", aria_label=label, title=label, testid="tag-off")
            with off:
                icon("close")
            off.on("click", lambda: self._remove(each), js_handler="() => emit()")

    async def _on_name(self, event: GenericEventArguments) -> None:
        await self._add(str(event.args))

    async def _suggest(self) -> None:
        here = {each.id for each in self._shown[1]} if self._shown else set()
        found = [each for each in await self._known() if each.id not in here]
        self._options.clear()
        with self._options:
            for each in found:
                tag("option", value=each.name)
