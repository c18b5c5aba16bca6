"""The left column: who waits, the hottest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.console.elements import KeyedList, Tag, icon, tag
from bot.console.marks import channel_mark, emotion_chip, heat, language_name, shopper_name
from bot.console.overdue import OverdueList
from bot.console.texts import Words
from bot.domain.conversation import Holder
from bot.domain.messages import Author
from bot.domain.people import QueueRow, User
from bot.domain.promise import Promise
from bot.store.unit_of_work import Store


class Filter(StrEnum):
    """Which conversations the queue shows."""

    WAITING = "waiting"
    MINE = "mine"
    BOT = "bot"
    ALL = "all"


@dataclass(frozen=True)
class QueueView:
    """What the queue shows now."""

    rows: Sequence[QueueRow]
    counts: Mapping[Filter, int]
    overdue: Sequence[Promise]
    overdue_count: int


@dataclass(frozen=True)
class _Line:
    row: QueueRow
    chosen: bool


async def load_queue(store: Store, user: User, chosen: Filter) -> QueueView:
    """Read the rows of one filter, the counters of all, and the promises that are overdue."""
    now = datetime.now(UTC)
    async with store.begin() as work:
        overdue = await work.promises.overdue(now)
        overdue_count = await work.promises.count_overdue(now)
        held = await work.conversations.counts()
        mine = await work.conversations.queue(Holder.OPERATOR, operator_id=user.id)
        match chosen:
            case Filter.MINE:
                rows = mine
            case Filter.WAITING:
                rows = await work.conversations.queue(Holder.QUEUE)
            case Filter.BOT:
                rows = await work.conversations.queue(Holder.BOT)
            case Filter.ALL:
                rows = await work.conversations.queue()
    counts = {
        Filter.WAITING: held[Holder.QUEUE],
        Filter.MINE: len(mine),
        Filter.BOT: held[Holder.BOT],
        Filter.ALL: sum(held.values()),
    }
    return QueueView(rows, counts, overdue, overdue_count)


class QueueColumn:
    """Filters with counters, and one row a conversation."""

    def __init__(
        self,
        words: Words,
        user: User,
        *,
        choose: Callable[[str], Awaitable[None]],
        choose_filter: Callable[[Filter], Awaitable[None]],
    ) -> None:
        self._words = words
        self._user = user
        self._choose = choose
        self._filters: dict[Filter, tuple[Tag, Tag]] = {}
        with tag("div", css="filters", role="group", aria_label=words("queue.filter")):
            for name in Filter:
                pressed = tag("button", css="filter", type="button", testid=f"filter-{name.value}")
                with pressed:
                    tag("span", words(f"queue.{name.value}"))
                    count = tag("span", css="count", testid=f"count-{name.value}")
                pressed.on("click", lambda name=name: choose_filter(name), js_handler="() => emit()")
                self._filters[name] = (pressed, count)
        self._overdue = OverdueList(words, choose)
        self._empty = tag("p", css="empty", testid="queue-empty", role="status")
        self._rows = KeyedList(tag("ul", css="rows", testid="queue"), self._shell, self._draw)
        self.order: list[str] = []

    def show(self, view: QueueView, chosen_filter: Filter, chosen: str | None) -> None:
        """Draw the queue."""
        for name, (pressed, count) in self._filters.items():
            pressed.props["aria-pressed"] = "true" if name is chosen_filter else "false"
            if count.text != (number := str(view.counts[name])):
                count.set_text(number)
        self._overdue.show(view.overdue, view.overdue_count, self._words.local_day(datetime.now(UTC)))
        self.order = [row.conversation.id for row in view.rows]
        self._rows.show([(row.conversation.id, _Line(row, row.conversation.id == chosen)) for row in view.rows])
        self._empty.set_text("" if view.rows else self._words(f"queue.empty_{chosen_filter.value}"))
        self._empty.set_visibility(not view.rows)

    def _shell(self, line: _Line) -> Tag:
        item = tag("li")
        item.props["data-conversation"] = line.row.conversation.id
        return item

    def _draw(self, line: _Line) -> None:
        words, row, conversation = self._words, line.row, line.row.conversation
        pressed = tag("button", css="entry", type="button", testid="queue-row")
        pressed.props["aria-current"] = "true" if line.chosen else "false"
        pressed.on("click", lambda: self._choose(conversation.id), js_handler="() => emit()")
        with pressed:
            with tag("span", css="row-top"):
                tag("bdi", shopper_name(words, conversation), css="row-name", dir="auto")
                if conversation.waiting_since and conversation.holder is Holder.QUEUE:
                    clock = tag("wait-clock", css="wait", title=words("queue.waits"), testid="wait")
                    clock.props["since"] = conversation.waiting_since.isoformat()
                    if row.handoff and row.handoff.due_at:
                        clock.props["due"] = row.handoff.due_at.isoformat()
                        clock.props["late"] = words("queue.overdue")
                elif row.last_at:
                    tag("span", words.clock(row.last_at), css="wait quiet")
            with tag("span", css="row-marks"):
                if conversation.holder is not Holder.BOT and conversation.severity:
                    heat(words, conversation.severity)
                if row.last_emotion:
                    emotion_chip(words, row.last_emotion)
                channel_mark(words, conversation.channel, named=False)
                tag("span", language_name(words, conversation.language), css="fact-mark")
            if row.last_text:
                with tag("span", css="row-last"):
                    if row.last_author and row.last_author is not Author.SHOPPER:
                        icon("reply", css="quiet")
                    tag("span", row.last_text[:200], dir="auto", css="clip")
            self._draw_why(row)

    def _draw_why(self, row: QueueRow) -> None:
        words, conversation = self._words, row.conversation
        if row.handoff and conversation.holder is Holder.QUEUE:
            with tag("span", css="row-why", testid="queue-why"):
                tag("b", words(f"reason.{row.handoff.reason.value}"))
                if row.handoff.words:
                    tag("q", row.handoff.words[:120], dir="auto", css="clip")
        elif conversation.holder is Holder.OPERATOR:
            mine = conversation.operator_id == self._user.id
            text = words("queue.with_me") if mine else words("queue.with", name=row.operator_name or "")
            with tag("span", css="row-why held", testid="queue-held"):
                tag("span", text, css="clip")
                if mine and row.last_author is Author.SHOPPER:
                    tag("span", words("queue.unanswered"), css="unanswered")
        elif conversation.holder is Holder.BOT:
            tag("span", words("queue.with_bot"), css="row-why held")
