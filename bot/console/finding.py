"""The search box, and what it finds in place of the queue, page by page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from bot.console import faces
from bot.console.elements import Tag, button, icon, tag
from bot.console.notes import NOTE
from bot.console.texts import Words
from bot.domain.search import LONGEST, Found
from bot.errors import SearchTooBroad
from bot.store.unit_of_work import Store

log = structlog.get_logger()


class Turn(Protocol):
    """Shows the queue or what was found."""

    def __call__(self, *, searching: bool) -> None:
        """Turn to what was found, or back."""
        ...


class Finding:
    """Finds while somebody types; only the last thing asked for is shown."""

    def __init__(
        self,
        store: Store,
        words: Words,
        choose: Callable[[str], Awaitable[None]],
        reach: Callable[[str], Awaitable[None]],
        turn: Turn,
        query: str,
    ) -> None:
        self._store, self._words, self._choose, self._reach, self._turn = store, words, choose, reach, turn
        self.query = query.strip()[:LONGEST]
        self._order: list[str] = []
        self._chosen: str | None = None
        self._older: int | None = None
        self.beside = tag("div", css="queue-head", role="search")
        with self.beside, tag("label", css="search"):
            icon("search")
            box = tag("input", type="search", id="search", maxlength=LONGEST, autocomplete="off", spellcheck="false",
                      enterkeyhint="search", aria_label=words("search.label"), placeholder=words("search.hint"),
                      aria_controls="found", testid="search")  # fmt: skip
            tag("kbd", "/", aria_hidden="true", css="only-wide")
            box.on("input", self._typed, js_handler="(e) => warmlineQueue.typed(e, emit)")
            box.on("keydown", self._typed, js_handler="(e) => warmlineQueue.pressed(e, emit)")
        self._box = box

    def draw_found(self) -> Tag:
        """Draw where the results go."""
        self._found = tag("div", css="rows hidden", id="found", testid="found", tabindex="-1")
        self._found.on("click", self._pressed, js_handler="(e) => warmlineQueue.chosen(e, emit)")
        return self._found

    async def start(self) -> None:
        """Find what the page was opened with."""
        if self.query:
            self._fill(self.query)
            await self._find(self.query)

    def let_slash(self, *, focus: bool) -> None:
        """Let `/` put the cursor into the box, or not; the browser does it, so that no letter typed after it is lost."""
        says = "on" if focus else "off"
        if self._box.props.get("data-slash") != says:
            self._box.props["data-slash"] = says

    async def leave(self) -> None:
        """Empty the box and go back to the queue."""
        if self.query:
            self._fill("")
            await self._find("")

    def beside_hit(self, by: int) -> str | None:
        """Return the conversation of the hit `by` lines below the one chosen last."""
        if not self._order:
            return None
        now = self._order.index(self._chosen) if self._chosen in self._order else (-1 if by > 0 else len(self._order))
        self._chosen = self._order[min(max(now + by, 0), len(self._order) - 1)]
        return self._chosen

    def _fill(self, text: str) -> None:
        self._box.client.run_javascript(f"warmlineQueue.fill({json.dumps(text)})")

    async def _typed(self, event: Any) -> None:
        query = str(event.args or "").strip()[:LONGEST]
        if query != self.query:
            await self._find(query)

    async def _pressed(self, event: Any) -> None:
        conversation_id, message = event.args
        self._chosen = conversation_id
        await self._choose(conversation_id)
        if message:
            await self._reach(message)

    async def _find(self, query: str) -> None:
        self.query = query
        self._found.classes(add="" if query else "hidden", remove="hidden" if query else "")
        self._turn(searching=bool(query))
        if not query:
            self._found.clear()
            self._order = []
            return
        found = await self._ask(query, None)
        if query != self.query:
            return  # something else is asked for by now
        self._found.clear()
        self._order = []
        with self._found:
            if found is None:
                tag("p", self._words("search.broad"), css="empty", role="status")
                return
            self._draw_head(found)
            self._draw_hits(found)

    async def _ask(self, query: str, before: int | None) -> Found | None:
        try:
            async with self._store.begin() as work:
                return await work.search.find(query, before=before)
        except SearchTooBroad:
            log.info("console.search_too_broad")
            return None

    def _draw_head(self, found: Found) -> None:
        words = self._words
        if not found.named and not found.notes and not found.hits:
            tag(
                "p",
                words("search.common" if found.common else "search.none"),
                css="empty",
                role="status",
                testid="found-none",
            )
        if found.named:
            tag("h2", words("search.shoppers"), css="found-head")
            for one in found.named:
                self._line(one.conversation.id, faces.named(words, one))
        if found.notes:
            tag("h2", words("search.notes"), css="found-head")
            for note in found.notes:
                self._line(note.conversation.id, faces.note_hit(words, note), f"{NOTE}{note.note_id}")
        if found.hits:
            tag("h2", words("search.said"), css="found-head")

    def _draw_hits(self, found: Found) -> None:
        for one in found.hits:
            self._line(one.conversation.id, faces.hit(self._words, one), str(one.message_id))
        if found.older is not None:
            self._older = found.older
            more = tag("more-lines")
            with more:
                button(self._words("search.more"), lambda: self._more(more), testid="found-more")

    def _line(self, conversation_id: str, face: str, message: str | None = None) -> None:
        tag("search-hit", face=face, data_conversation=conversation_id, data_message=message)
        self._order.append(conversation_id)

    async def _more(self, more: Tag) -> None:
        query, before = self.query, self._older
        if before is None:
            return
        self._older = None  # pressed again before the answer: once is enough
        found = await self._ask(query, before)
        if query != self.query or more.is_deleted:
            return
        more.delete()
        with self._found:
            if found is None:
                tag("p", self._words("search.broad"), css="empty", role="status")
            else:
                self._draw_hits(found)
