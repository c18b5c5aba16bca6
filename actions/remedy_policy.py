"""The part of deescalation.yml about what may be promised: its schema, and the budgets that follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final, Self

from babel.numbers import is_currency
from pydantic import AfterValidator, Field, model_validator

from actions.rules import Rules
from bot.domain.promise import Limits, OrderProblem, PromiseKind


def _known(code: str) -> str:
    if not is_currency(code):
        raise ValueError("is not an ISO 4217 code such as EUR")
    return code


def _went_wrong(problem: OrderProblem) -> OrderProblem:
    if problem is OrderProblem.REQUEST:
        raise ValueError("a remedy is for late, lost, damaged, wrong_item or missing")
    return problem


Currency = Annotated[str, AfterValidator(_known)]
Sum = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
Sums = Annotated[dict[Currency, Sum], Field(min_length=1)]
Problems = Annotated[frozenset[Annotated[OrderProblem, AfterValidator(_went_wrong)]], Field(min_length=1)]
Count = Annotated[int, Field(ge=0, le=1000)]

_MOST_HOURS: Final = 24 * 60


class OnRequest(Rules):
    """What the shopper asks for and the shop does: a cancellation, another address, an invoice, an answer."""

    on: bool
    due_in_hours: int = Field(ge=1, le=_MOST_HOURS)

    @property
    def due_in(self) -> timedelta:
        """The time the shop gives itself."""
        return timedelta(hours=self.due_in_hours)

    def limits(self, _currency: str) -> Limits:
        """Return its budgets: none, it costs nothing."""
        return Limits()


class Often(Rules):
    """How often one shopper may get something in a month."""

    count: Count


class Free(OnRequest):
    """A remedy without a sum: free delivery, a call back."""

    for_: Problems = Field(alias="for")
    days_late: int = Field(0, ge=0, le=3650)
    order_total: Sums | None = None
    a_shopper_a_month: Often

    def limits(self, _currency: str) -> Limits:
        """Return its budgets."""
        return Limits(shopper_count=self.a_shopper_a_month.count)

    def accepts(self, problem: OrderProblem, days_late: int, total: Decimal, currency: str) -> bool:
        """True when the switch is on and every condition is met; a currency without a line meets none."""
        enough = self.order_total is None or total >= self.order_total.get(currency, total + 1)
        return self.on and problem in self.for_ and days_late >= self.days_late and enough


class Budget(Often):
    """How often and for how much one shopper may get something in a month."""

    amount: Sums


class Costly(Free):
    """A remedy that costs a sum: budgets and the approval sum are per currency, and each has the same currencies."""

    a_shopper_a_month: Budget
    shop_a_month: Sums
    approval_above: Sums

    def limits(self, currency: str) -> Limits:
        """Return its budgets in a currency; none is left in one that has no line."""
        nothing = Decimal(0)
        return Limits(
            shopper_count=self.a_shopper_a_month.count,
            shopper_amount=self.a_shopper_a_month.amount.get(currency, nothing),
            shop_amount=self.shop_a_month.get(currency, nothing),
            approval_above=self.approval_above.get(currency, nothing),
        )

    def accepts(self, problem: OrderProblem, days_late: int, total: Decimal, currency: str) -> bool:
        """True when the conditions are met and there are budgets in this currency."""
        return currency in self.shop_a_month and super().accepts(problem, days_late, total, currency)

    def _sums(self) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
        yield "shop_a_month", self.shop_a_month
        yield "a_shopper_a_month.amount", self.a_shopper_a_month.amount
        yield "approval_above", self.approval_above

    @model_validator(mode="after")
    def _same_currencies(self) -> Self:
        known = set(self.shop_a_month)
        for name, sums in self._sums():
            if unlike := sorted(known ^ set(sums)):
                raise ValueError(f"{name} and shop_a_month must name the same currencies; only one has {unlike[0]}")
        return self


class Step(Rules):
    """What a voucher comes to from so many days of lateness on."""

    days_late: int = Field(ge=0, le=3650)
    percent: Annotated[Decimal, Field(gt=0, le=100)]
    at_most: Sums


class Voucher(Costly):
    """Money off the next order, by lateness."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    def step_for(self, days_late: int) -> Step | None:
        """Return the step of the most days that the order has reached."""
        reached = [step for step in self.steps if days_late >= step.days_late]
        return max(reached, key=lambda step: step.days_late, default=None)

    def _sums(self) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
        yield from super()._sums()
        for number, step in enumerate(self.steps, 1):
            yield f"at_most of step {number}", step.at_most

    @model_validator(mode="after")
    def _one_step_a_day(self) -> Self:
        days = [step.days_late for step in self.steps]
        if len(set(days)) < len(days):
            raise ValueError("two steps begin at the same days_late")
        return self


class Remedies(Rules):
    """What the bot may promise."""

    voucher: Voucher
    free_delivery: Free
    reship: Costly
    refund: Costly
    callback: Free
    cancel: OnRequest
    change_address: OnRequest
    invoice: OnRequest
    answer: OnRequest

    def rule(self, kind: PromiseKind) -> OnRequest:
        """Return the rule of a kind of promise."""
        return {
            PromiseKind.VOUCHER: self.voucher,
            PromiseKind.FREE_DELIVERY: self.free_delivery,
            PromiseKind.RESHIP: self.reship,
            PromiseKind.REFUND: self.refund,
            PromiseKind.CALLBACK: self.callback,
            PromiseKind.CANCEL: self.cancel,
            PromiseKind.CHANGE_ADDRESS: self.change_address,
            PromiseKind.INVOICE: self.invoice,
            PromiseKind.ANSWER: self.answer,
        }[kind]
