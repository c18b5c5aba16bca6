"""Promises on a real PostgreSQL: within their budgets however many come at once, and never twice."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.promise import Limits, NewPromise, OrderProblem, Promise, PromiseKind, PromiseMove, PromiseState
from bot.errors import WrongTurn
from bot.store.unit_of_work import Store

K, P = PromiseKind, OrderProblem
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MARIA = "a" * 64
_keys = itertools.count()


async def a_conversation(store: Store, address: str = "anna") -> str:
    async with store.begin() as work:
        return (await work.conversations.of_address("web", address, name=None, language=None)).id


def a_voucher(conversation: str, order: str = "WL-1", **changes: Any) -> NewPromise:
    new = NewPromise(
        conversation_id=conversation,
        message_key=f"m{next(_keys)}",
        shopper_key=MARIA,
        order_number=order,
        kind=K.VOUCHER,
        problem=P.LATE,
        due_at=NOW + timedelta(hours=24),
        amount=Decimal("5.00"),
        currency="EUR",
    )
    return replace(new, **changes)


async def make(store: Store, new: NewPromise, limits: Limits | None = None, now: datetime = NOW) -> Promise | None:
    async with store.begin() as work:
        return await work.promises.make(new, limits or Limits(), now)


async def test_a_promise_is_kept_as_it_was_made(store: Store) -> None:
    conversation = await a_conversation(store)

    made = await make(store, a_voucher(conversation, details="12 High Street"))

    async with store.begin() as work:
        kept = await work.promises.of_order("WL-1")
    assert made
    assert kept == [made]
    assert (made.amount, made.currency, made.details, made.made_at) == (Decimal("5.00"), "EUR", "12 High Street", NOW)
    assert (made.state, made.due_at) == (PromiseState.OPEN, NOW + timedelta(hours=24))


async def test_the_table_holds_no_contact_of_the_shopper(store: Store, database_url: str) -> None:
    await make(store, a_voucher(await a_conversation(store)))

    with psycopg.connect(database_url) as looking:
        assert looking.execute("SELECT shopper_key FROM promises").fetchall() == [(MARIA,)]


async def test_a_turn_that_is_tried_again_promises_nothing_new(store: Store) -> None:
    new = a_voucher(await a_conversation(store))

    first = await make(store, new)
    again = await make(store, replace(new, order_number="WL-2"), Limits(shopper_count=1))

    async with store.begin() as work:
        found = await work.promises.made_for(new.conversation_id, new.message_key)
    assert first
    assert first == again == found


async def test_the_same_remedy_is_promised_once_even_from_another_conversation(store: Store) -> None:
    here, there = await a_conversation(store), await a_conversation(store, "anna's other phone")

    first = await make(store, a_voucher(here))
    again = await make(store, a_voucher(there, amount=Decimal(9)), Limits(shopper_count=1))

    assert first == again


async def test_something_else_for_the_same_problem_is_not_promised(store: Store) -> None:
    conversation = await a_conversation(store)
    await make(store, a_voucher(conversation, kind=K.RESHIP, problem=P.LOST))

    assert await make(store, a_voucher(conversation, kind=K.REFUND, problem=P.LOST)) is None
    assert await make(store, a_voucher(conversation, kind=K.REFUND, problem=P.DAMAGED)) is None
    assert await make(store, a_voucher(conversation))


async def test_a_withdrawn_promise_leaves_room_for_another(store: Store, database_url: str) -> None:
    conversation = await a_conversation(store)
    first = await make(store, a_voucher(conversation), Limits(shopper_count=1))
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute("UPDATE promises SET state = 'withdrawn'")

    second = await make(store, a_voucher(conversation), Limits(shopper_count=1))

    assert first
    assert second
    assert first.code != second.code


async def test_a_new_address_takes_the_place_of_the_one_before(store: Store) -> None:
    conversation = await a_conversation(store)
    address = {"kind": K.CHANGE_ADDRESS, "problem": P.REQUEST, "amount": None, "currency": None}

    await make(store, a_voucher(conversation, details="12 High Stret", **address))
    await make(store, a_voucher(conversation, details="12 High Street", **address))

    async with store.begin() as work:
        assert [promise.details for promise in await work.promises.of_order("WL-1")] == ["12 High Street"]


async def test_what_was_done_already_does_not_stop_another_address(store: Store, database_url: str) -> None:
    conversation = await a_conversation(store)
    address = {"kind": K.CHANGE_ADDRESS, "problem": P.REQUEST, "amount": None, "currency": None}
    await make(store, a_voucher(conversation, **address))
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute("UPDATE promises SET state = 'kept'")

    assert await make(store, a_voucher(conversation, **address))

    async with store.begin() as work:
        states = [promise.state for promise in await work.promises.of_order("WL-1")]
    assert states == [PromiseState.OPEN, PromiseState.KEPT]


@pytest.mark.parametrize(
    ("limits", "made"),
    [
        pytest.param(Limits(shopper_count=2), True, id="once more"),
        pytest.param(Limits(shopper_count=1), False, id="as often as allowed"),
        pytest.param(Limits(shopper_amount=Decimal(10)), True, id="all of the shopper's budget"),
        pytest.param(Limits(shopper_amount=Decimal("9.99")), False, id="more than the shopper's budget"),
        pytest.param(Limits(shop_amount=Decimal(10)), True, id="all of the shop's budget"),
        pytest.param(Limits(shop_amount=Decimal("9.99")), False, id="more than the shop's budget"),
    ],
)
async def test_budgets_hold_on_both_sides_of_their_edge(store: Store, limits: Limits, made: bool) -> None:
    conversation = await a_conversation(store)
    await make(store, a_voucher(conversation))
    second = a_voucher(conversation, "WL-2")

    async with store.begin() as work:
        room = await work.promises.has_room(second, limits, NOW)
    promise = await make(store, second, limits)

    assert room is made
    assert (promise is not None) is made


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"shopper_key": "b" * 64}, id="another shopper"),
        pytest.param({"kind": K.FREE_DELIVERY}, id="another kind"),
    ],
)
async def test_what_others_got_does_not_count(store: Store, other: dict[str, Any]) -> None:
    conversation = await a_conversation(store)
    await make(store, a_voucher(conversation, **other))

    assert await make(store, a_voucher(conversation, "WL-2"), Limits(shopper_count=1, shopper_amount=Decimal(5)))


async def test_sums_are_counted_in_their_own_currency(store: Store) -> None:
    conversation = await a_conversation(store)
    await make(store, a_voucher(conversation, amount=Decimal(900), currency="RUB"))

    assert await make(store, a_voucher(conversation, "WL-2"), Limits(shopper_amount=Decimal(5)))


async def test_a_new_month_begins_with_full_budgets(store: Store) -> None:
    conversation = await a_conversation(store)
    await make(store, a_voucher(conversation), now=datetime(2026, 10, 31, 23, 59, tzinfo=UTC))

    assert await make(
        store, a_voucher(conversation, "WL-2"), Limits(shopper_count=1), datetime(2026, 11, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("most", "state"), [(Decimal(5), PromiseState.OPEN), (Decimal("4.99"), PromiseState.NEEDS_APPROVAL)]
)
async def test_over_the_approval_sum_it_waits_for_a_person(store: Store, most: Decimal, state: PromiseState) -> None:
    made = await make(store, a_voucher(await a_conversation(store)), Limits(approval_above=most))

    assert made
    assert made.state is state


async def test_an_operator_sees_what_is_open_for_the_conversation_and_for_its_orders(
    store: Store, database_url: str
) -> None:
    here, there = await a_conversation(store), await a_conversation(store, "ben")
    for order, conversation in (("WL-1", here), ("WL-2", there), ("WL-3", there), ("WL-4", here)):
        await make(store, a_voucher(conversation, order, shopper_key=order))
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute("UPDATE promises SET state = 'kept' WHERE order_number = 'WL-4'")

    async with store.begin() as work:
        seen = await work.promises.open_of(here, ["WL-2"])

    assert [promise.order_number for promise in seen] == ["WL-2", "WL-1"]


async def test_a_code_that_is_taken_is_drawn_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["K7QM-4F", "K7QM-4F", "R9TX-3C"])
    monkeypatch.setattr("bot.store.promises.new_code", lambda: next(drawn))
    conversation = await a_conversation(store)

    codes = [made.code for order in ("WL-1", "WL-2") if (made := await make(store, a_voucher(conversation, order)))]

    assert codes == ["K7QM-4F", "R9TX-3C"]


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        pytest.param(Limits(shopper_count=3), 3, id="count"),
        pytest.param(Limits(shopper_count=99, shopper_amount=Decimal(24)), 4, id="sum"),
        pytest.param(Limits(shop_amount=Decimal(36)), 7, id="the shop's sum"),
    ],
)
async def test_twenty_conversations_at_once_never_exceed_a_budget(database_url: str, limits: Limits, most: int) -> None:
    store = Store(database_url, pool_size=20)
    conversations = [await a_conversation(store, f"anna {number}") for number in range(20)]

    made = await asyncio.gather(
        *(make(store, a_voucher(who, f"WL-{number}"), limits) for number, who in enumerate(conversations))
    )
    await store.close()

    assert sum(promise is not None for promise in made) == most


async def test_twenty_conversations_at_once_get_one_promise_for_one_order(database_url: str) -> None:
    store = Store(database_url, pool_size=20)
    conversations = [await a_conversation(store, f"anna {number}") for number in range(20)]

    made = await asyncio.gather(*(make(store, a_voucher(who)) for who in conversations))
    await store.close()

    assert len({promise.code for promise in made if promise}) == 1


@contextmanager
def an_empty_table(database_url: str) -> Iterator[None]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM promises")
    yield


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wishes=st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.decimals("0.01", 30, places=2), st.sampled_from(["EUR", "RUB"])),
        max_size=8,
    ),
    count=st.integers(0, 3),
    shopper=st.decimals(0, 60, places=2),
    shop=st.decimals(0, 90, places=2),
)
def test_whatever_is_asked_for_budgets_are_never_exceeded(
    database_url: str, wishes: list[tuple[str, Decimal, str]], count: int, shopper: Decimal, shop: Decimal
) -> None:
    limits = Limits(shopper_count=count, shopper_amount=shopper, shop_amount=shop)

    async def all_at_once() -> list[tuple[str, Promise | None]]:
        store = Store(database_url, pool_size=8)
        conversation = await a_conversation(store)
        news = [
            a_voucher(conversation, f"WL-{n}", shopper_key=who, amount=amount, currency=currency)
            for n, (who, amount, currency) in enumerate(wishes)
        ]
        promises = await asyncio.gather(*(make(store, new, limits) for new in news))
        await store.close()
        return [(new.shopper_key, promise) for new, promise in zip(news, promises, strict=True)]

    with an_empty_table(database_url):
        made = [(who, promise) for who, promise in asyncio.run(all_at_once()) if promise]

    for currency in ("EUR", "RUB"):
        sums = [(who, promise.amount or Decimal(0)) for who, promise in made if promise.currency == currency]
        assert sum(amount for _, amount in sums) <= shop
        assert all(sum(amount for owner, amount in sums if owner == who) <= shopper for who in "ab")
    assert all(sum(owner == who for owner, _ in made) <= count for who in "ab")


async def test_a_promise_is_moved_and_read_again(store: Store) -> None:
    made = await make(store, a_voucher(await a_conversation(store), needs_approval=True))
    assert made

    async with store.begin() as work:
        approved = await work.promises.move(made.code, PromiseMove.APPROVE)

    async with store.begin() as work:
        assert approved == await work.promises.get(made.code) == replace(made, state=PromiseState.OPEN)


async def test_a_move_from_the_wrong_state_changes_nothing(store: Store) -> None:
    made = await make(store, a_voucher(await a_conversation(store)))
    assert made

    with pytest.raises(WrongTurn):
        async with store.begin() as work:
            await work.promises.move(made.code, PromiseMove.APPROVE)

    async with store.begin() as work:
        assert await work.promises.get(made.code) == made


async def test_a_code_that_nobody_has_is_not_found(store: Store) -> None:
    async with store.begin() as work:
        with pytest.raises(LookupError, match="no promise K7QM-4F"):
            await work.promises.move("K7QM-4F", PromiseMove.KEEP)


async def test_of_two_who_move_a_promise_at_once_one_succeeds(store: Store) -> None:
    made = await make(store, a_voucher(await a_conversation(store)))
    assert made

    async def moves(move: PromiseMove) -> None:
        async with store.begin() as work:
            await work.promises.get(made.code)  # what was read before the lock must not decide
            await work.promises.move(made.code, move)

    ended = await asyncio.gather(moves(PromiseMove.KEEP), moves(PromiseMove.WITHDRAW), return_exceptions=True)

    assert sorted(type(end) for end in ended if end) == [WrongTurn]


async def test_what_is_withdrawn_leaves_its_budget_and_its_place(store: Store) -> None:
    conversation, once = await a_conversation(store), Limits(shopper_count=1)
    made = await make(store, a_voucher(conversation), once)
    assert made
    assert await make(store, a_voucher(conversation, order="WL-2"), once) is None

    async with store.begin() as work:
        await work.promises.move(made.code, PromiseMove.WITHDRAW)

    assert await make(store, a_voucher(conversation), once)


async def test_the_overdue_are_those_still_to_be_done_the_oldest_first(store: Store) -> None:
    conversation = await a_conversation(store)
    dues = {"WL-1": -2, "WL-2": -5, "WL-3": 1, "WL-4": -9, "WL-5": -1}
    made = {
        order: await make(store, a_voucher(conversation, order=order, due_at=NOW + timedelta(hours=hours)))
        for order, hours in dues.items()
    }
    async with store.begin() as work:
        kept = made["WL-4"]
        assert kept
        await work.promises.move(kept.code, PromiseMove.KEEP)

    async with store.begin() as work:
        late, count = await work.promises.overdue(NOW)
        first = await work.promises.overdue(NOW, limit=1)

    assert late == [made["WL-2"], made["WL-1"], made["WL-5"]]
    assert first == (late[:1], 3)
    assert count == 3


async def test_promises_about_no_order_do_not_keep_each_other_away(store: Store) -> None:
    anna, boris = await a_conversation(store), await a_conversation(store, "boris")
    about_nobody = {"order": "", "kind": K.ANSWER, "problem": P.REQUEST, "amount": None, "currency": None}

    made = [await make(store, a_voucher(conversation, **about_nobody)) for conversation in (anna, boris, anna)]

    assert [promise.order_number for promise in made if promise] == ["", "", ""]
    assert len({promise.code for promise in made if promise}) == 3
