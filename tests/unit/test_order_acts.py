"""What operators do about an order: within the policy, once, for its owner only, and never sent by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.console.order_menu import amount_in
from bot.domain.conversation import Holder
from bot.domain.order import Order, OrderStatus
from bot.domain.people import Complaint, Role, User
from bot.domain.promise import OrderProblem, PromiseKind, PromiseState
from bot.errors import NotAllowed, WrongTurn
from bot.handoff.notices import Notices
from bot.handoff.order_acts import OrderActs, Voucher, may_refund, problem_of, voucher_for
from bot.store.unit_of_work import Store
from tests.doubles.shipped import the_book, the_policy

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POLICY = the_policy()
RULES = POLICY.remedies
ORDER = Order(
    number="WL-7001", customer_name="Maria", phone="+306912345678", email=None, status=OrderStatus.SHIPPED,
    status_since=None, placed_at=NOW - timedelta(days=9), promised_at=NOW - timedelta(days=3), carrier=None, tracking=None,
    total=Decimal("40.00"), currency="EUR", items=("kettle", "cup"),
)  # fmt: skip


async def ready(store: Store) -> tuple[OrderActs, User, str]:
    """A chat of Ana's with the owner of the order."""
    async with store.begin() as work:
        ana = await work.users.add("ana", "a long password", Role.OPERATOR)
        chat = await work.conversations.of_address("web", "anna", name=None, language="en")
        await work.orders.put([ORDER])
        await work.proofs.add(chat.id, "phone", "+306912345678", source="typed")
        await work.conversations.pass_to(chat.id, Holder.OPERATOR, operator_id=ana.id)
    book = the_book()
    return OrderActs(store, lambda: POLICY, book, Notices(book, "en"), lambda: NOW), ana, chat.id


async def test_a_voucher_is_a_promise_with_a_line_that_nobody_has_sent(store: Store) -> None:
    acts, ana, chat = await ready(store)

    done = await acts.voucher(chat, ana, "wl7001", Decimal("5.00"))

    assert done is not None
    assert done.promise is not None
    assert (done.promise.kind, done.promise.problem, done.promise.state) == (
        PromiseKind.VOUCHER, OrderProblem.LATE, PromiseState.OPEN,
    )  # fmt: skip
    assert done.promise.code in done.line
    assert "€5" in done.line
    async with store.begin() as work:
        assert await work.messages.transcript(chat) == []


async def test_pressing_twice_promises_once(store: Store) -> None:
    acts, ana, chat = await ready(store)

    first, second = [await acts.refund(chat, ana, ORDER.number) for _ in range(2)]

    assert first is not None
    assert second is not None
    assert first.promise == second.promise
    assert first.promise is not None
    assert (first.promise.amount, first.promise.problem) == (Decimal(40), OrderProblem.LATE)


async def test_above_the_policys_sum_a_colleague_has_to_say_yes(store: Store) -> None:
    acts, ana, chat = await ready(store)

    done = await acts.voucher(chat, ana, ORDER.number, Decimal("18.00"))

    assert done is not None
    assert done.promise is not None
    assert done.promise.state is PromiseState.NEEDS_APPROVAL
    assert "colleague" in done.line


@pytest.mark.parametrize("amount", ["0", "-5", "20.01"])
async def test_a_sum_outside_the_policy_is_refused_by_name(store: Store, amount: str) -> None:
    acts, ana, chat = await ready(store)

    with pytest.raises(ValueError, match="20 EUR"):
        await acts.voucher(chat, ana, ORDER.number, Decimal(amount))


async def test_where_no_budget_is_left_nothing_is_promised(store: Store) -> None:
    acts, ana, chat = await ready(store)
    others = [replace(ORDER, number=f"WL-800{n}") for n in range(2)]
    async with store.begin() as work:
        await work.orders.put(others)

    made = [await acts.voucher(chat, ana, order.number, Decimal(5)) for order in (*others, ORDER)]

    assert [one is not None for one in made] == [True, True, False]


async def test_the_confirmation_is_what_is_on_record(store: Store) -> None:
    acts, ana, chat = await ready(store)

    done = await acts.confirm(chat, ana, ORDER.number)

    assert all(fact in done.line for fact in ("WL-7001", "kettle, cup", "€40", "13 November", "19 November"))


async def test_only_the_chats_operator_acts_and_only_on_the_shoppers_own_order(store: Store) -> None:
    acts, ana, chat = await ready(store)
    stranger = replace(ORDER, number="WL-9001", phone="+306999999999")
    async with store.begin() as work:
        await work.orders.put([stranger])
        kostas = await work.users.add("kostas", "a long password", Role.OPERATOR)

    with pytest.raises(WrongTurn):
        await acts.confirm(chat, kostas, ORDER.number)
    with pytest.raises(NotAllowed):
        await acts.confirm(chat, ana, stranger.number)
    with pytest.raises(NotAllowed):
        await acts.refund(chat, ana, stranger.number)


def test_what_the_policy_does_not_give_is_not_offered() -> None:
    roubles = replace(ORDER, currency="JPY")

    assert may_refund(ORDER, RULES)
    assert not may_refund(replace(ORDER, status=OrderStatus.REFUNDED), RULES)
    assert not may_refund(roubles, RULES)
    assert voucher_for(roubles, NOW, RULES) is None
    assert voucher_for(ORDER, NOW, RULES) == Voucher(Decimal("4.00"), Decimal(20), "EUR")


@pytest.mark.parametrize(
    ("order", "complaints", "problem"),
    [
        pytest.param(ORDER, (), OrderProblem.LATE, id="late by the facts"),
        pytest.param(ORDER, (Complaint("1", "damaged", "WL-7001", NOW),), OrderProblem.DAMAGED, id="complained of"),
        pytest.param(ORDER, (Complaint("1", "damaged", "WL-1", NOW),), OrderProblem.LATE, id="of another order"),
        pytest.param(ORDER, (Complaint("1", "general", "WL-7001", NOW),), OrderProblem.LATE, id="of nothing named"),
        pytest.param(replace(ORDER, status=OrderStatus.LOST), (), OrderProblem.LOST, id="lost"),
        pytest.param(replace(ORDER, promised_at=None), (), OrderProblem.REQUEST, id="nothing went wrong"),
    ],
)
def test_a_promise_makes_good_what_went_wrong(
    order: Order, complaints: tuple[Complaint, ...], problem: OrderProblem
) -> None:
    assert problem_of(order, complaints, NOW) is problem


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("5", Decimal(5)),
        ("5,50", Decimal("5.50")),
        (" 7.1 ", Decimal("7.10")),
        ("five", None),
        ("", None),
        ("NaN", None),
        ("1e99", None),
    ],
)
def test_a_sum_is_read_as_people_type_it(typed: str, amount: Decimal | None) -> None:
    assert amount_in(typed) == amount
