"""What may be offered for what went wrong with an order, and what it comes to. This module decides and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Final

from babel.numbers import get_currency_precision

from actions.remedy_policy import Free, Remedies, Voucher
from actions.slots import WHERE_IS_IT
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import Limits, OrderProblem, Promise, PromiseKind, stands_in_the_way

# The strongest first. A call back is for those whom nothing else is meant for.
STRENGTH: Final = (PromiseKind.RESHIP, PromiseKind.REFUND, PromiseKind.VOUCHER, PromiseKind.FREE_DELIVERY)
_PROBLEMS: Final = {
    "report_damaged": OrderProblem.DAMAGED,
    "report_wrong_item": OrderProblem.WRONG_ITEM,
    "missing_item": OrderProblem.MISSING,
}
_NOT_SENT: Final = frozenset({OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED})
_WHERE_IS_IT: Final = frozenset({WHERE_IS_IT, "report_late"})


@dataclass(frozen=True)
class Remedy:
    """What can be offered now. `amount` is the most it may come to, in the order's currency."""

    kind: PromiseKind
    problem: OrderProblem
    limits: Limits
    due_in: timedelta
    amount: Decimal | None = None
    exact: bool = True

    @property
    def needs_approval(self) -> bool:
        """True for money back whose sum nobody knows yet."""
        return self.kind is PromiseKind.REFUND and not self.exact


@dataclass(frozen=True)
class Already:
    """What was said about an order before: kinds offered for the problem, and promises made and not withdrawn."""

    offered: frozenset[PromiseKind] = frozenset()
    made: tuple[Promise, ...] = ()


def problem_of(order: Order, topic: str, now: datetime) -> OrderProblem | None:
    """Return what went wrong with an order: what its facts show, or for goods that arrived what the shopper reports."""
    if topic in _WHERE_IS_IT:
        if order.status is OrderStatus.LOST:
            return OrderProblem.LOST
        return OrderProblem.LATE if order.days_late(now) > 0 else None
    return _PROBLEMS.get(topic) if order.status is OrderStatus.DELIVERED else None


def remedy_for(
    order: Order, problem: OrderProblem, days_late: int, already: Already, policy: Remedies
) -> Remedy | None:
    """Return the strongest remedy that the policy allows and that was not yet offered or given for this, or None."""
    allowed = list(_allowed(order, problem, days_late, policy))
    if not allowed and order.phone and policy.callback.accepts(problem, days_late, order.total, order.currency):
        allowed = [_remedy(PromiseKind.CALLBACK, order, problem, None, policy)]
    return next(
        (
            remedy
            for remedy in allowed
            if remedy.kind not in already.offered and not stands_in_the_way(already.made, remedy.kind, problem)
        ),
        None,
    )


def remedy_of(
    kind: PromiseKind, order: Order, problem: OrderProblem, days_late: int, already: Already, policy: Remedies
) -> Remedy | None:
    """Return the remedy of one kind where the policy still allows it and nothing given stands in its way."""
    others = frozenset(PromiseKind) - {kind}
    return remedy_for(order, problem, days_late, Already(offered=others, made=already.made), policy)


def request_for(kind: PromiseKind, order: Order, policy: Remedies) -> Remedy | None:
    """Return what the shopper asks for where the policy allows it, or None.

    A cancellation and a new address: while the order has not left. An invoice: where the order has an e-mail to send it to.
    """
    rule = policy.rule(kind)
    possible = order.email is not None if kind is PromiseKind.INVOICE else order.status in _NOT_SENT
    if not possible or not rule.on:
        return None
    return _remedy(kind, order, OrderProblem.REQUEST, None, policy)


def voucher_sum(total: Decimal, currency: str, days_late: int, rule: Voucher) -> Decimal:
    """Return a voucher's sum, rounded as the currency is counted and never above `at_most`; 0 where no step is reached."""
    step = rule.step_for(days_late)
    if step is None or currency not in step.at_most:
        return Decimal(0)
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    share = (total * step.percent / 100).quantize(unit, ROUND_HALF_UP)
    return min(share, step.at_most[currency].quantize(unit, ROUND_DOWN))


def _allowed(order: Order, problem: OrderProblem, days_late: int, policy: Remedies) -> Iterator[Remedy]:
    """Yield what the policy allows, the strongest first."""
    for kind in STRENGTH:
        rule = policy.rule(kind)
        assert isinstance(rule, Free), f"{kind} is a remedy"
        if not rule.accepts(problem, days_late, order.total, order.currency):
            continue
        if kind is PromiseKind.FREE_DELIVERY:
            yield _remedy(kind, order, problem, None, policy)
            continue
        amount = order.total
        if isinstance(rule, Voucher):
            amount = voucher_sum(order.total, order.currency, days_late, rule)
        if amount > 0:
            yield _remedy(kind, order, problem, amount, policy)


def _remedy(kind: PromiseKind, order: Order, problem: OrderProblem, amount: Decimal | None, policy: Remedies) -> Remedy:
    rule = policy.rule(kind)
    return Remedy(
        kind=kind,
        problem=problem,
        limits=rule.limits(order.currency),
        due_in=rule.due_in,
        amount=amount,
        exact=kind is PromiseKind.VOUCHER or problem is OrderProblem.LOST,
    )
