"""Above the queue: promises whose day has passed, each with the way to its chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from bot.console.elements import icon, tag
from bot.console.texts import Words
from bot.domain.promise import Promise, PromiseKind


def about(promise: Promise, words: Words) -> str:
    """Return what a promise is about: its order, or for an answer, which is about none, the complaint; else nothing."""
    answers = promise.kind is PromiseKind.ANSWER
    return promise.order_number or (words("facts.problem.person") if answers else "")


class OverdueList:
    """How many promises are overdue, and on opening which; nothing where there is none."""

    def __init__(self, words: Words, choose: Callable[[str], Awaitable[None]]) -> None:
        self._words = words
        self._choose = choose
        self._box = tag("details", css="overdue", testid="overdue")
        with self._box:
            with tag("summary"):
                icon("schedule")
                self._title = tag("span", testid="overdue-count")
            self._rows = tag("ul")
        self._drawn: tuple[object, ...] | None = None
        self._count = 0
        self._allowed = True

    def show(self, promises: Sequence[Promise], count: int, today: date) -> None:
        """Draw the list; `count` is of all, also of those that are not on it."""
        if (drawn := (tuple(promises), count, today)) == self._drawn:
            return
        self._drawn, self._count = drawn, count
        self._box.set_visibility(self._allowed and count > 0)
        self._title.set_text(self._words("overdue.count", n=count))
        self._rows.clear()
        with self._rows:
            for promise in promises:
                self._draw(promise, today)
            if count > len(promises):
                tag("li", self._words("overdue.more", n=count - len(promises)), css="quiet")

    def allow(self, allowed: bool) -> None:  # noqa: FBT001
        """Show the list, or keep its place free for something else."""
        self._allowed = allowed
        self._box.set_visibility(allowed and self._count > 0)

    def _draw(self, promise: Promise, today: date) -> None:
        words = self._words
        with tag("li"):
            link = tag("a", css="overdue-row", href=f"/console?c={promise.conversation_id}", testid="overdue-row")
            # With a key for a new tab or window held down it is a plain link.
            here = "(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); emit() }"
            link.on("click", lambda: self._choose(promise.conversation_id), js_handler=here)
            with link:
                tag("b", about(promise, words))
                tag("span", words(f"promise.{promise.kind.value}"))
                moment = words.moment(promise.due_at, today=today)
                tag("span", words("promise.due", moment=moment), css="trouble")
