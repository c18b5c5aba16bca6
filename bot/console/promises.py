"""What the shop still owes a shopper, in the facts column, and what an operator may do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.console.case import Case
from bot.console.elements import button, icon, tag
from bot.console.texts import Words
from bot.domain.conversation import Holder
from bot.domain.people import User
from bot.domain.promise import (
    OrderProblem,
    Promise,
    PromiseKind,
    PromiseMove,
    PromiseState,
    WithdrawReason,
    moves_from,
    takes_back,
)

Settle = Callable[[Promise, PromiseMove, WithdrawReason | None], Awaitable[None]]

_SIGNS = {
    PromiseMove.KEEP: "check",
    PromiseMove.WITHDRAW: "undo",
    PromiseMove.APPROVE: "thumb_up",
    PromiseMove.DECLINE: "thumb_down",
}


def moves_for(case: Case, promise: Promise, user: User) -> tuple[PromiseMove, ...]:
    """Return what this operator may do with a promise now: nothing unless they hold the chat and it is this shopper's."""
    conversation = case.conversation
    if conversation.holder is not Holder.OPERATOR or conversation.operator_id != user.id:
        return ()
    proven = any(known.proven and known.order.number == promise.order_number for known in case.orders)
    return moves_from(promise.state) if proven or promise.conversation_id == conversation.id else ()


def draw_promises(words: Words, case: Case, user: User, now: datetime, settle: Settle) -> None:
    """Draw the open promises, the newest first; nothing where there is none."""
    if not case.promises:
        return
    with tag("section", css="card promises", testid="promises"):
        tag("h3", words("promise.title"))
        for promise in case.promises:
            _draw(words, promise, moves_for(case, promise, user), now, settle)


def worth(words: Words, promise: Promise) -> str:
    """Return what a promise comes to, "up to" where the sum is not known; empty where it costs nothing."""
    if promise.amount is None or promise.currency is None:
        return ""
    money = words.money(promise.amount, promise.currency)
    exact = promise.kind is PromiseKind.VOUCHER or promise.problem is OrderProblem.LOST
    return money if exact else words("promise.up_to", money=money)


def _draw(words: Words, promise: Promise, moves: tuple[PromiseMove, ...], now: datetime, settle: Settle) -> None:
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
            if promise.is_overdue(now):
                with tag("span", css="late-by", testid="promise-overdue"):
                    icon("schedule")
                    tag("span", words("promise.overdue", moment=due))
            else:
                tag("span", words("promise.due", moment=due), css="quiet", testid="promise-due")
        if promise.details:
            tag("p", promise.details, css="order-items", dir="auto", testid="promise-details")
        with tag("dl"):
            pairs = {"promise.order": promise.order_number, "promise.amount": worth(words, promise)}
            for name, value in pairs.items():
                if value:
                    tag("dt", words(name))
                    tag("dd", value)
        if moves:
            with tag("div", css="promise-moves"):
                for move in moves:
                    _draw_move(words, promise, move, settle)


def _draw_move(words: Words, promise: Promise, move: PromiseMove, settle: Settle) -> None:
    text = words(f"promise.move.{move.value}")
    # There may be several promises: a screen reader has to say which one a button is about.
    label = f"{text}: {words(f'promise.{promise.kind.value}')} {promise.code}"
    sign, testid = _SIGNS[move], f"promise-{move.value}"
    if not takes_back(move):
        button(text, lambda: settle(promise, move, None), sign=sign, css="primary", testid=testid, aria_label=label)
        return
    with tag("details", css="promise-back", testid=testid):
        with tag("summary", css="button", aria_label=label):
            icon(sign)
            tag("span", text, css="button-text")
        tag("p", words("promise.why"), css="quiet")
        for reason in WithdrawReason:
            button(
                words(f"promise.reason.{reason.value}"),
                lambda reason=reason: settle(promise, move, reason),
                testid=f"promise-reason-{reason.value.replace('_', '-')}",
            )
