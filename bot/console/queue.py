"""The left column: who waits, the hottest first; filters, and what a search finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from bot.console.bell import Bell
from bot.console.board import Above, Board
from bot.console.elements import Tag, button, icon, tag
from bot.console.faces import Faces
from bot.console.finding import Finding
from bot.console.lines import Lines
from bot.console.narrowing import Narrowing
from bot.console.overdue import OverdueList
from bot.console.shortcuts import KEPT_AS as SHORTCUTS_OFF
from bot.console.texts import Words
from bot.domain.messages import ChannelStop
from bot.domain.people import Followed, QueueRow, User
from bot.domain.queue import QueueFilter, Whose
from bot.store.unit_of_work import Store

_KEPT_AS: Final = "queue"
_PAGE: Final = 50


class QueueColumn:
    """Search, filters with counters, and one line a conversation, page by page."""

    def __init__(
        self,
        store: Store,
        board: Board,
        faces: Faces,
        user: User,
        words: Words,
        kept: MutableMapping[str, Any],
        asked: Mapping[str, str],
        *,
        choose: Callable[[str], Awaitable[None]],
        reach: Callable[[str], Awaitable[None]],
        moved: Callable[[], None],
        away: Callable[[], bool],
    ) -> None:
        self._board, self._user, self._words, self._kept, self._moved = board, user, words, kept, moved
        shared = QueueFilter.read(asked)
        self._filter = shared if shared.written().keys() & asked.keys() else QueueFilter.read(kept.get(_KEPT_AS) or {})
        self._limit = _PAGE
        self._away = away
        self._heard_of: int | None = None
        self._heard_last: Mapping[str, int] = {}
        self._released: set[str] = set()
        self._chosen: str | None = None
        self._rows: list[QueueRow] = []
        self.waiting = 0
        self._finding = Finding(store, words, choose, reach, self._turn_to_search, asked.get("q", ""))
        with self._finding.beside:
            self._narrowing = Narrowing(words, self._narrow)
        self._whose: dict[Whose, tuple[Tag, Tag]] = {}
        with tag("div", css="filters", role="group", aria_label=words("queue.filter")):
            for whose in Whose:
                self._whose[whose] = self._draw_whose(whose)
        with self._narrowing.draw_panel():
            self._bell = Bell(words, choose)
        self._lost = tag("p", css="lost hidden", role="status", testid="lost")
        with self._lost:
            icon("cloud_off")
            tag("span", words("queue.lost"))
        self._stopped = tag("p", css="lost hidden", role="status", testid="stopped")
        with self._stopped:
            icon("pause_circle")
            self._stopped_text = tag("span")
        self._overdue = OverdueList(words, choose)
        self._found = self._finding.draw_found()
        self._list = tag("div", css="rows", tabindex="-1")
        with self._list:
            lines = tag("div", role="list", testid="queue")
            lines.on("click", lambda e: choose(e.args[0]), js_handler="(e) => warmlineQueue.chosen(e, emit)")
            self._empty = tag("div", css="queue-empty", role="status", testid="queue-empty")
            self._more = tag("more-lines")
            with self._more:
                button(words("queue.more"), self.more, testid="queue-more")
        self._more.set_visibility(False)
        self._lines = Lines(words, user, faces, lines)
        self._drawn_empty: object = None
        self._is_current = True

    @property
    def address(self) -> str:
        """What stands in the page's address, so that somebody else sees the same."""
        return urlencode(self._filter.written() | ({"q": self._finding.query} if self._finding.query else {}))

    async def refresh(self, chosen: str | None) -> None:
        """Bring the column up to date; the search's results stay as they were found."""
        self._chosen = chosen
        above = await self._board.above(self._user)
        self._rows = await self._board.lines(self._filter, self._user, self._limit)
        seen = await self._board.seen(self._user)
        shares = await self._board.shares(self._filter, self._user) if self._narrowing.open else None
        self._finding.let_slash(focus=not self._kept.get(SHORTCUTS_OFF))
        self._show_above(above)
        followed = await self._board.followed(self._user)
        await self._ring(followed)
        self._narrowing.show(self._filter, shares)
        self._lines.show(self._rows, seen, chosen, followed)
        self._more.set_visibility(len(self._rows) == self._limit)
        self._show_empty()

    def show_current(self, current: bool) -> None:  # noqa: FBT001 - a callback's only argument
        """Say that the page is not up to date, or no longer so."""
        if current is not self._is_current:
            self._is_current = current
            self._lost.classes(add="hidden" if current else "", remove="" if current else "hidden")

    async def start(self) -> None:
        """Find what the address asks for."""
        await self._finding.start()

    async def more(self) -> None:
        """Show the next page below those shown."""
        if len(self._rows) == self._limit:
            self._limit += _PAGE
            await self.refresh(self._chosen)

    async def beside(self, by: int) -> str | None:
        """Return the conversation `by` lines below the chosen one, of the next page where this one ends."""
        if self._finding.query:
            return self._finding.beside_hit(by)
        order = [row.conversation.id for row in self._rows]
        if not order:
            return None
        if self._chosen not in order:
            return order[0 if by > 0 else -1]
        place = order.index(self._chosen) + by
        if place >= len(order):
            await self.more()
            order = [row.conversation.id for row in self._rows]
        return order[min(max(place, 0), len(order) - 1)]

    async def choose_whose(self, whose: Whose) -> None:
        """Show what is waiting, one's own, the bot's or all; what else is chosen stays."""
        await self._finding.leave()
        await self._narrow(replace(self._filter, whose=whose))

    async def _narrow(self, chosen: QueueFilter) -> None:
        self._filter, self._limit = chosen, _PAGE
        self._kept[_KEPT_AS] = chosen.written()
        self._moved()
        await self.refresh(self._chosen)

    async def _ring(self, followed: Mapping[str, Followed]) -> None:
        self._heard_of, arrived = await self._board.arrivals(self._heard_of, self._user)
        wrote = [
            each.conversation
            for key, each in followed.items()
            if each.newest > self._heard_last.get(key, each.newest) and key != self._chosen
        ]
        self._heard_last = {key: each.newest for key, each in followed.items()}
        if not self._away():
            new = [each for each in arrived if self._filter.admits(each) and each.id not in self._released]
            self._bell.ring(new, wrote)
        self._released -= {each.id for each in arrived}

    def release(self, conversation_id: str) -> None:
        """Do not ring for a conversation that this operator has put back into the queue."""
        self._released.add(conversation_id)

    def _turn_to_search(self, *, searching: bool) -> None:
        self._list.set_visibility(not searching)
        self._overdue.allow(not searching)
        self._moved()

    def _draw_whose(self, whose: Whose) -> tuple[Tag, Tag]:
        pressed = tag("button", css="filter", type="button", testid=f"filter-{whose.value}")
        with pressed:
            tag("span", self._words(f"queue.{whose.value}"))
            count = tag("span", css="count", testid=f"count-{whose.value}")
        pressed.on("click", lambda: self.choose_whose(whose), js_handler="() => emit()")
        return pressed, count

    def _show_above(self, above: Above) -> None:
        self.waiting = above.counts[Whose.WAITING]
        for whose, (pressed, count) in self._whose.items():
            says = "true" if whose is self._filter.whose else "false"
            if pressed.props.get("aria-pressed") != says:
                pressed.props["aria-pressed"] = says
            if count.text != (number := str(above.counts[whose])):
                count.set_text(number)
        self._show_stopped(above.stopped)
        self._overdue.show(above.overdue, above.overdue_count, self._words.local_day(datetime.now(UTC)))

    def _show_stopped(self, stopped: Sequence[ChannelStop]) -> None:
        words = self._words
        said = " ".join(
            words("queue.stopped", channel=words(f"channel.{stop.channel}"), clock=words.clock(stop.until))
            for stop in stopped
        )
        if said != self._stopped_text.text:
            self._stopped_text.set_text(said)
            self._stopped.classes(add="" if said else "hidden", remove="hidden" if said else "")

    def _show_empty(self) -> None:
        drawn = (bool(self._rows), self._filter.whose, self._filter.narrow)
        if drawn == self._drawn_empty:
            return
        self._drawn_empty = drawn
        self._empty.clear()
        self._empty.set_visibility(not self._rows)
        if self._rows:
            return
        with self._empty:
            if self._filter.narrow:
                tag("p", self._words("queue.empty_narrow"))
                button(self._words("queue.clear"), lambda: self._narrow(self._filter.cleared()), testid="clear-filters")
            else:
                tag("p", self._words(f"queue.empty_{self._filter.whose.value}"))
