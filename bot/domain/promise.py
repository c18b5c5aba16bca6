"""What the shop owes a shopper because the bot said so, and how much of it may be said."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.order import Order
from bot.errors import WrongTurn

# No 0 and O, 1, I and L, 5 and S, 8 and B, and no vowels: a code is read out, and it must not spell a word.
_ALPHABET = "234679CDFGHJKMNPQRTVWXYZ"


class PromiseKind(StrEnum):
    """What the shop owes."""

    VOUCHER = "voucher"
    FREE_DELIVERY = "free_delivery"
    RESHIP = "reship"
    REFUND = "refund"
    CALLBACK = "callback"
    CANCEL = "cancel"
    CHANGE_ADDRESS = "change_address"
    INVOICE = "invoice"
    ANSWER = "answer"


class PromiseState(StrEnum):
    """Where a promise is. NEEDS_APPROVAL was told as something a colleague confirms; WITHDRAWN counts no more."""

    OPEN = "open"
    NEEDS_APPROVAL = "needs_approval"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class PromiseMove(StrEnum):
    """What an operator does with a promise. DECLINE is the no to one that waits for approval."""

    KEEP = "keep"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    DECLINE = "decline"


class WithdrawReason(StrEnum):
    """Why a promise is taken back: the shopper's wish, another solution, it cannot be done, or it was a mistake."""

    NOT_WANTED = "not_wanted"
    SOLVED_OTHERWISE = "solved_otherwise"
    NOT_POSSIBLE = "not_possible"
    MISTAKE = "mistake"


# Where each move leads from where it is allowed.
_MOVES = {
    (PromiseState.OPEN, PromiseMove.KEEP): PromiseState.KEPT,
    (PromiseState.OPEN, PromiseMove.WITHDRAW): PromiseState.WITHDRAWN,
    (PromiseState.NEEDS_APPROVAL, PromiseMove.APPROVE): PromiseState.OPEN,
    (PromiseState.NEEDS_APPROVAL, PromiseMove.DECLINE): PromiseState.WITHDRAWN,
}


def moved(state: PromiseState, move: PromiseMove) -> PromiseState:
    """Return where a move leads.

    Raises WrongTurn with both names where it is not allowed.
    """
    if (state, move) not in _MOVES:
        raise WrongTurn(f"a promise that is {state.value} has no move {move.value}")
    return _MOVES[state, move]


def moves_from(state: PromiseState) -> tuple[PromiseMove, ...]:
    """Return the moves that are allowed from a state, the hoped-for first."""
    return tuple(move for before, move in _MOVES if before is state)


def takes_back(move: PromiseMove) -> bool:
    """True for a move that leaves the shopper without what was promised; it needs a reason."""
    return move in {PromiseMove.WITHDRAW, PromiseMove.DECLINE}


class OrderProblem(StrEnum):
    """What a promise makes good; REQUEST when nothing went wrong and the shopper asked for it."""

    LATE = "late"
    LOST = "lost"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING = "missing"
    REQUEST = "request"


# Each of these makes up for the whole order: one an order, whatever went wrong with it.
MAKES_WHOLE = frozenset({PromiseKind.RESHIP, PromiseKind.REFUND})


@dataclass(frozen=True)
class Promise:
    """One promise. `amount` is the most it may come to; `code` is what the shopper quotes; times are aware.

    `order_number` is empty where it is about no order.
    """

    id: int
    code: str
    conversation_id: str
    order_number: str
    kind: PromiseKind
    problem: OrderProblem
    amount: Decimal | None
    currency: str | None
    details: str
    state: PromiseState
    made_at: datetime
    due_at: datetime

    @property
    def is_open(self) -> bool:
        """True while somebody has to do something about it."""
        return self.state in {PromiseState.OPEN, PromiseState.NEEDS_APPROVAL}

    def is_overdue(self, now: datetime) -> bool:
        """True when its day has passed and it is still to be done."""
        return self.is_open and self.due_at < now


@dataclass(frozen=True)
class NewPromise:
    """A promise to be made for a message of a shopper; `needs_approval` where somebody has to look at it at any sum."""

    conversation_id: str
    message_key: str
    shopper_key: str
    order_number: str
    kind: PromiseKind
    problem: OrderProblem
    due_at: datetime
    amount: Decimal | None = None
    currency: str | None = None
    details: str = ""
    needs_approval: bool = False


@dataclass(frozen=True)
class Spent:
    """What was promised before in the same month: how often, and for how much in one currency."""

    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Limits:
    """The budgets of one kind in the currency of a promise; None is no limit."""

    shopper_count: int | None = None
    shopper_amount: Decimal | None = None
    shop_amount: Decimal | None = None
    approval_above: Decimal | None = None

    def allow(self, amount: Decimal | None, *, shopper: Spent, shop: Spent) -> bool:
        """True when one more promise stays within the budgets of the shopper and of the shop."""
        more = amount or Decimal(0)
        return (
            (self.shopper_count is None or shopper.count < self.shopper_count)
            and (self.shopper_amount is None or shopper.amount + more <= self.shopper_amount)
            and (self.shop_amount is None or shop.amount + more <= self.shop_amount)
        )

    def state_of(self, new: NewPromise) -> PromiseState:
        """Return how a promise begins: over the approval sum a person has to confirm it."""
        over = self.approval_above is not None and (new.amount or Decimal(0)) > self.approval_above
        return PromiseState.NEEDS_APPROVAL if over or new.needs_approval else PromiseState.OPEN


def stands_in_the_way(made: Iterable[Promise], kind: PromiseKind, problem: OrderProblem) -> bool:
    """True when what an order was promised leaves no room for this: one remedy a problem, and one new start an order.

    `made` are the order's promises that are not withdrawn. A new address replaces the one before.
    """
    if kind is PromiseKind.CHANGE_ADDRESS:
        return False
    if problem is OrderProblem.REQUEST:
        return any(promise.kind is kind for promise in made)
    return any(promise.problem is problem or (kind in MAKES_WHOLE and promise.kind in MAKES_WHOLE) for promise in made)


def shopper_key(order: Order) -> str:
    """Return the person behind an order, over all their conversations: a hash, so that no contact is kept twice."""
    return hashlib.sha256((order.email or order.phone or order.number).encode()).hexdigest()


def key_without_order(conversation_id: str) -> str:
    """Return what stands for the person where no order of theirs is known."""
    return hashlib.sha256(conversation_id.encode()).hexdigest()


def new_code() -> str:
    """Return a code that can be read out, such as `K7QM-4F`."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"{drawn[:4]}-{drawn[4:]}"


def month_of(moment: datetime) -> datetime:
    """Return when the month began in which budgets are counted."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
