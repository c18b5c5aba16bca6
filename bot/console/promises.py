"""What the shop still owes a shopper, in the facts column."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.console.elements import tag
from bot.console.texts import Words
from bot.domain.promise import OrderProblem, Promise, PromiseKind, PromiseState


def draw_promises(words: Words, promises: Sequence[Promise]) -> None:
    """Draw the open promises, the newest first; nothing where there is none."""
    if not promises:
        return
    with tag("section", css="card promises", testid="promises"):
        tag("h3", words("promise.title"))
        for promise in promises:
            _draw(words, promise)


def worth(words: Words, promise: Promise) -> str:
    """Return what a promise comes to, "up to" where the sum is not known; empty where it costs nothing."""
    if promise.amount is None or promise.currency is None:
        return ""
    money = words.money(promise.amount, promise.currency)
    exact = promise.kind is PromiseKind.VOUCHER or promise.problem is OrderProblem.LOST
    return money if exact else words("promise.up_to", money=money)


def _draw(words: Words, promise: Promise) -> None:
    now = datetime.now(UTC)
    waits = promise.state is PromiseState.NEEDS_APPROVAL
    card = tag("article", css="order", testid="promise")
    card.props["data-code"] = promise.code
    with card:
        with tag("header"):
            tag("b", words(f"promise.{promise.kind.value}"), testid="promise-kind")
            tag("span", promise.code, css="order-number", testid="promise-code")
        with tag("p", css="order-state"):
            state = words(f"promise.state.{promise.state.value}")
            tag("b", state, css="trouble" if waits else "", testid="promise-state")
            due = words.moment(promise.due_at, today=words.local_day(now))
            late = "trouble" if promise.due_at < now else "quiet"
            tag("span", words("promise.due", moment=due), css=late, testid="promise-due")
        if promise.details:
            tag("p", promise.details, css="order-items", dir="auto", testid="promise-details")
        with tag("dl"):
            pairs = {"promise.order": promise.order_number, "promise.amount": worth(words, promise)}
            for name, value in pairs.items():
                if value:
                    tag("dt", words(name))
                    tag("dd", value)
