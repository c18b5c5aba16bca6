"""What may be offered: every rule on both sides of its threshold."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.remedies import Already, problem_of, remedy_for, remedy_of, request_for, voucher_sum
from actions.remedy_policy import Remedies, Voucher
from bot.domain.order import Order, OrderStatus
from bot.domain.promise import (
    Limits,
    NewPromise,
    OrderProblem,
    Promise,
    PromiseKind,
    PromiseState,
    Spent,
    month_of,
    new_code,
    shopper_key,
    stands_in_the_way,
)
from tests.doubles.counter import NOW, an_order

K, P, S = PromiseKind, OrderProblem, OrderStatus
BUDGETS: dict[str, Any] = {
    "a_shopper_a_month": {"count": 2, "amount": {"GBP": 50}},
    "shop_a_month": {"GBP": 500},
    "approval_above": {"GBP": 30},
    "due_in_hours": 24,
}


def remedies(**changes: dict[str, Any]) -> Remedies:
    """A policy with everything switched on; `changes` replaces keys of one kind."""
    goods = ["lost", "damaged", "wrong_item", "missing"]
    step = {"days_late": 3, "percent": 10, "at_most": {"GBP": 5}}
    kinds: dict[str, dict[str, Any]] = {
        "voucher": {"on": True, "for": ["late"], "steps": [step], **BUDGETS},
        "free_delivery": {"on": True, "for": ["late"], "a_shopper_a_month": {"count": 1}, "due_in_hours": 24},
        "reship": {"on": True, "for": goods, **BUDGETS},
        "refund": {"on": True, "for": goods, **BUDGETS},
        "callback": {"on": True, "for": ["lost"], "a_shopper_a_month": {"count": 1}, "due_in_hours": 24},
        "cancel": {"on": True, "due_in_hours": 4},
        "change_address": {"on": True, "due_in_hours": 4},
        "invoice": {"on": True, "due_in_hours": 24},
        "answer": {"on": True, "due_in_hours": 48},
    }
    return Remedies.model_validate({name: rule | changes.get(name, {}) for name, rule in kinds.items()})


def a_promise(kind: PromiseKind, problem: OrderProblem) -> Promise:
    return Promise(1, "K7QM-4F", "c1", "WL-1001", kind, problem, None, None, "", PromiseState.OPEN, NOW, NOW)


def kind_for(
    problem: OrderProblem,
    days_late: int = 0,
    already: Already | None = None,
    order: Order | None = None,
    **changes: Any,
) -> PromiseKind | None:
    found = remedy_for(order or an_order(), problem, days_late, already or Already(), remedies(**changes))
    return found.kind if found else None


@pytest.mark.parametrize(("days", "kind"), [(2, K.FREE_DELIVERY), (3, K.VOUCHER)])
def test_a_voucher_begins_at_its_first_step(days: int, kind: PromiseKind) -> None:
    assert kind_for(P.LATE, days) is kind


@pytest.mark.parametrize(("days", "kind"), [(4, None), (5, K.VOUCHER)])
def test_days_late_is_the_least_that_counts(days: int, kind: PromiseKind | None) -> None:
    assert kind_for(P.LATE, days, voucher={"days_late": 5}, free_delivery={"on": False}) is kind


@pytest.mark.parametrize(("least", "kind"), [("24.90", K.VOUCHER), ("24.91", None)])
def test_order_total_is_the_least_that_counts(least: str, kind: PromiseKind | None) -> None:
    changes = {"voucher": {"order_total": {"GBP": least}}, "free_delivery": {"on": False}}

    assert kind_for(P.LATE, 3, **changes) is kind


def test_a_total_asked_for_in_other_currencies_only_is_not_reached() -> None:
    changes = {"voucher": {"order_total": {"EUR": 1}}, "free_delivery": {"on": False}}

    assert kind_for(P.LATE, 3, **changes) is None


@pytest.mark.parametrize("problem", [P.LOST, P.DAMAGED, P.WRONG_ITEM, P.MISSING])
def test_goods_are_sent_again_first_and_money_comes_after_that_was_offered(problem: OrderProblem) -> None:
    offered = [Already(frozenset(kinds)) for kinds in ([], [K.RESHIP], [K.RESHIP, K.REFUND])]

    assert [kind_for(problem, already=already) for already in offered] == [K.RESHIP, K.REFUND, None]


@pytest.mark.parametrize("kind", [K.VOUCHER, K.FREE_DELIVERY])
def test_a_switch_that_is_off_offers_nothing(kind: PromiseKind) -> None:
    assert kind_for(P.LATE, 3, **{kind.value: {"on": False}}) is not kind


def test_a_problem_the_remedy_is_not_for_gets_none() -> None:
    assert kind_for(P.MISSING, reship={"for": ["lost"]}, refund={"for": ["lost"]}) is None


def test_a_currency_without_budgets_gets_nothing_that_costs() -> None:
    assert kind_for(P.LATE, 3, order=an_order(currency="SEK")) is K.FREE_DELIVERY


def test_what_was_given_for_the_problem_leaves_no_room_for_more() -> None:
    made = (a_promise(K.VOUCHER, P.LATE),)

    assert kind_for(P.LATE, 9, Already(made=made)) is None
    assert kind_for(P.LOST, 0, Already(made=made)) is K.RESHIP


def test_an_order_is_made_whole_once_whatever_goes_wrong_with_it() -> None:
    made = (a_promise(K.RESHIP, P.DAMAGED),)

    assert kind_for(P.MISSING, 0, Already(made=made)) is None


@pytest.mark.parametrize(
    ("changes", "order", "kind"),
    [
        pytest.param({}, an_order(), K.RESHIP, id="something else is allowed"),
        pytest.param({"reship": {"on": False}}, an_order(), K.REFUND, id="money is allowed"),
        pytest.param({"reship": {"on": False}, "refund": {"on": False}}, an_order(), K.CALLBACK, id="nothing else"),
        pytest.param({"reship": {"on": False}, "refund": {"on": False}}, an_order(phone=None), None, id="no phone"),
        pytest.param(
            {"reship": {"on": False}, "refund": {"on": False}, "callback": {"on": False}}, an_order(), None, id="off"
        ),
    ],
)
def test_a_call_back_is_only_for_those_whom_nothing_else_is_meant_for(
    changes: dict[str, Any], order: Order, kind: PromiseKind | None
) -> None:
    assert kind_for(P.LOST, order=order, **changes) is kind


def test_a_call_back_does_not_follow_what_was_declined() -> None:
    assert kind_for(P.LOST, already=Already(frozenset({K.RESHIP, K.REFUND}))) is None


def test_one_kind_can_be_asked_for_even_after_it_was_offered() -> None:
    found = remedy_of(K.REFUND, an_order(), P.LOST, 0, Already(offered=frozenset({K.REFUND})), remedies())

    assert found
    assert (found.kind, found.amount, found.needs_approval) == (K.REFUND, Decimal("24.90"), False)


def test_money_for_goods_that_arrived_always_waits_for_a_person_who_knows_the_sum() -> None:
    found = remedy_of(K.REFUND, an_order(), P.DAMAGED, 0, Already(), remedies())

    assert found
    assert (found.needs_approval, found.exact) == (True, False)


@pytest.mark.parametrize(
    ("total", "currency", "percent", "at_most", "amount"),
    [
        pytest.param("24.90", "GBP", "10", "5", "2.49", id="a share"),
        pytest.param("24.90", "GBP", "15", "5", "3.74", id="rounded half up"),
        pytest.param("50.00", "GBP", "10", "5", "5.00", id="exactly the most"),
        pytest.param("50.10", "GBP", "10", "5", "5", id="above the most"),
        pytest.param("90", "GBP", "10", "5.019", "5.01", id="the most is never rounded up"),
        pytest.param("1490", "JPY", "15", "1000", "224", id="yen have no hundredths"),
        pytest.param("10.555", "KWD", "10", "9", "1.056", id="dinars have thousandths"),
    ],
)
def test_a_voucher_is_rounded_as_its_currency_is_counted(
    total: str, currency: str, percent: str, at_most: str, amount: str
) -> None:
    rule = a_voucher({"days_late": 0, "percent": percent, "at_most": {currency: at_most}})

    assert voucher_sum(Decimal(total), currency, 1, rule) == Decimal(amount)


@pytest.mark.parametrize(("days", "amount"), [(1, "0"), (2, "5"), (4, "5"), (5, "10")])
def test_the_step_with_the_most_days_reached_counts(days: int, amount: str) -> None:
    steps = [{"days_late": late, "percent": percent, "at_most": {"GBP": 99}} for late, percent in ((5, 10), (2, 5))]

    assert voucher_sum(Decimal(100), "GBP", days, a_voucher(*steps)) == Decimal(amount)


def test_a_voucher_of_nothing_is_not_offered() -> None:
    assert kind_for(P.LATE, 3, order=an_order(total=Decimal("0.04"))) is K.FREE_DELIVERY


@given(
    total=st.decimals(0, 100_000, places=2),
    percent=st.decimals("0.01", 100, places=2),
    at_most=st.decimals(0, 1000, places=3),
    currency=st.sampled_from(["EUR", "JPY", "KWD", "CNY", "RUB"]),
)
def test_a_voucher_never_exceeds_the_most(total: Decimal, percent: Decimal, at_most: Decimal, currency: str) -> None:
    rule = a_voucher({"days_late": 0, "percent": percent, "at_most": {currency: at_most}})

    assert 0 <= voucher_sum(total, currency, 1, rule) <= at_most


def a_voucher(*steps: dict[str, Any]) -> Voucher:
    sums = dict.fromkeys(steps[0]["at_most"], 1000)
    budgets = {"a_shopper_a_month": {"count": 1, "amount": sums}, "shop_a_month": sums, "approval_above": sums}
    return Voucher.model_validate({"on": True, "for": ["late"], "steps": steps, "due_in_hours": 1, **budgets})


@pytest.mark.parametrize(
    ("topic", "order", "problem"),
    [
        ("ask_order_status", an_order(promised_at=NOW), None),
        ("ask_order_status", an_order(promised_at=NOW - timedelta(days=1)), P.LATE),
        ("report_late", an_order(status=S.LOST), P.LOST),
        ("report_damaged", an_order(status=S.DELIVERED), P.DAMAGED),
        ("report_wrong_item", an_order(status=S.DELIVERED), P.WRONG_ITEM),
        ("missing_item", an_order(status=S.DELIVERED), P.MISSING),
        ("missing_item", an_order(status=S.SHIPPED), None),
        ("report_damaged", an_order(status=S.RETURNED), None),
        ("ask_return", an_order(status=S.DELIVERED), None),
    ],
)
def test_lateness_and_loss_are_facts_and_the_rest_needs_goods_that_arrived(
    topic: str, order: Order, problem: OrderProblem | None
) -> None:
    assert problem_of(order, topic, NOW) is problem


@pytest.mark.parametrize("kind", [K.CANCEL, K.CHANGE_ADDRESS])
@pytest.mark.parametrize(
    ("status", "possible"), [(S.PLACED, True), (S.PAID, True), (S.PACKED, True), (S.SHIPPED, False), (S.DELAYED, False)]
)
def test_a_request_is_possible_while_the_order_has_not_left(
    kind: PromiseKind, status: OrderStatus, possible: bool
) -> None:
    order = an_order(status=status)

    assert (request_for(kind, order, remedies()) is not None) is possible
    assert request_for(kind, order, remedies(**{kind.value: {"on": False}})) is None


@pytest.mark.parametrize(
    ("shopper", "shop", "allowed"),
    [
        pytest.param(Spent(1, Decimal(40)), Spent(9, Decimal(90)), True, id="exactly all of it"),
        pytest.param(Spent(2, Decimal(0)), Spent(2, Decimal(0)), False, id="as often as allowed"),
        pytest.param(Spent(1, Decimal("40.01")), Spent(1, Decimal("40.01")), False, id="a penny too much"),
        pytest.param(Spent(0), Spent(9, Decimal("90.01")), False, id="the shop has no more"),
    ],
)
def test_budgets_may_be_used_up_and_not_exceeded(shopper: Spent, shop: Spent, allowed: bool) -> None:
    limits = Limits(shopper_count=2, shopper_amount=Decimal(50), shop_amount=Decimal(100))

    assert limits.allow(Decimal(10), shopper=shopper, shop=shop) is allowed


@pytest.mark.parametrize(
    ("amount", "asked", "state"),
    [
        (Decimal(30), False, PromiseState.OPEN),
        (Decimal("30.01"), False, PromiseState.NEEDS_APPROVAL),
        (Decimal(1), True, PromiseState.NEEDS_APPROVAL),
        (None, False, PromiseState.OPEN),
    ],
)
def test_over_the_approval_sum_a_person_confirms(amount: Decimal | None, asked: bool, state: PromiseState) -> None:
    new = NewPromise("c1", "m1", "key", "WL-1001", K.REFUND, P.LOST, NOW, amount, "GBP", needs_approval=asked)

    assert Limits(approval_above=Decimal(30)).state_of(new) is state


def test_a_new_address_may_follow_another_and_a_cancellation_may_not() -> None:
    made = [a_promise(kind, P.REQUEST) for kind in (K.CANCEL, K.CHANGE_ADDRESS)]

    assert not stands_in_the_way(made, K.CHANGE_ADDRESS, P.REQUEST)
    assert stands_in_the_way(made, K.CANCEL, P.REQUEST)


def test_a_person_is_known_by_the_email_else_the_phone_of_their_order_and_by_no_contact_in_clear() -> None:
    mine, also_mine = an_order(), an_order("WL-1002", phone=None)
    by_phone = [shopper_key(replace(order, email=None)) for order in (mine, an_order("A-7"))]

    assert shopper_key(mine) == shopper_key(also_mine)
    assert by_phone[0] == by_phone[1] != shopper_key(mine)
    assert "maria" not in shopper_key(mine)
    assert len(shopper_key(mine)) == 64


def test_a_code_can_be_read_out() -> None:
    codes = {new_code() for _ in range(500)}

    assert len(codes) == 500
    assert all(re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{2}", code) and not set(code) & set("0O1IL5S8BAEU") for code in codes)


def test_a_month_begins_on_its_first_day() -> None:
    assert month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == datetime(2026, 11, 1, tzinfo=UTC)
