"""What actions need of the shop's data, kept alike by the ledger in memory and by the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from actions.ports import Ledger
from bot.domain.promise import Limits, NewPromise, OrderProblem, PromiseKind, PromiseState
from bot.store.unit_of_work import Store
from tests.doubles.counter import MemoryLedger, an_order

ORDERS = (
    an_order("WL-1001", placed_at=datetime(2026, 11, 1, tzinfo=UTC)),
    an_order("WL-1002", placed_at=datetime(2026, 11, 9, tzinfo=UTC)),
    an_order("A-2042", phone="+306900000001", email="eleni@example.com"),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=3000)


@pytest_asyncio.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Ledger, str]]:
    """A ledger with three orders, and the id of a conversation in it."""
    if request.param == "memory":
        yield MemoryLedger(*ORDERS), "c1"
        return
    store = Store(request.getfixturevalue("database_url"), pool_size=2)
    async with store.begin() as work:
        await work.orders.put(ORDERS)
        opened = await work.conversations.of_address("web", "a-shopper", name=None, language=None)
    yield store, opened.id
    await store.close()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("WL-1001", "WL-1001"),
        ("wl1001", "WL-1001"),
        ("#WL 1002", "WL-1002"),
        ("2042", "A-2042"),
        ("WL-9", None),
        ("100", None),
        ("", None),
    ],
)
async def test_an_order_is_found_in_any_spelling(kept: tuple[Ledger, str], typed: str, found: str | None) -> None:
    ledger, _ = kept

    async with ledger.begin() as work:
        order = await work.orders.find(typed)

    assert (order.number if order else None) == found


async def test_somebodys_orders_come_newest_first(kept: tuple[Ledger, str]) -> None:
    ledger, _ = kept

    async with ledger.begin() as work:
        mine = await work.orders.of_contacts(phones={"+447700900123"}, emails=set())
        nobodys = await work.orders.of_contacts(phones=set(), emails=set())

    assert [order.number for order in mine] == ["WL-1002", "WL-1001"]
    assert list(nobodys) == []


async def test_a_proof_is_kept_once(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    for _ in range(2):
        async with ledger.begin() as work:
            await work.proofs.add(conversation, "email", "a@example.com", "order")
    async with ledger.begin() as work:
        proofs = await work.proofs.of(conversation)

    assert [(proof.kind, proof.value, proof.source) for proof in proofs] == [("email", "a@example.com", "order")]


async def test_wrong_proofs_are_counted_since_a_moment(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    async with ledger.begin() as work:
        await work.proofs.failed(conversation, "WL-1001")
        await work.proofs.failed(conversation, "WL-1001")
    async with ledger.begin() as work:
        counts = [await work.proofs.failures_since(conversation, moment) for moment in (LONG_AGO, LATER)]

    assert counts == [2, 0]


async def test_a_complaint_counts_once_a_message(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    for key, problem in (("m1", "late"), ("m1", "late"), ("m2", "general")):
        async with ledger.begin() as work:
            await work.complaints.add(conversation, key, problem, None)
    async with ledger.begin() as work:
        complaints = await work.complaints.since(conversation, LONG_AGO)
        none = await work.complaints.since(conversation, LATER)

    assert [(c.message_key, c.problem) for c in complaints] == [("m1", "late"), ("m2", "general")]
    assert list(none) == []


async def test_a_history_begins_with_what_was_complained_about_here(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    async with ledger.begin() as work:
        await work.complaints.add(conversation, "m1", "late", "WL-1001")
    async with ledger.begin() as work:
        history, later = [await work.histories.of(conversation, moment) for moment in (LONG_AGO, LATER)]

    assert [(c.message_key, c.problem, c.order_number) for c in history.complaints] == [("m1", "late", "WL-1001")]
    assert (history.contacts, dict(history.totals), later.complaints) == ((), {}, ())


async def test_where_no_photo_came_there_is_none(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    async with ledger.begin() as work:
        assert await work.media.pictures_since(conversation, LONG_AGO) == frozenset()


def a_voucher(conversation: str, key: str, order: str = "WL-1001", **changes: object) -> NewPromise:
    new = NewPromise(
        conversation, key, "maria", order, PromiseKind.VOUCHER, OrderProblem.LATE, LATER, Decimal(5), "GBP"
    )
    return replace(new, **changes)  # type: ignore[arg-type]


async def test_a_promise_is_made_once_a_message_and_once_a_problem(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    made = []
    for key, order in (("m1", "WL-1001"), ("m1", "WL-1002"), ("m2", "WL-1001")):
        async with ledger.begin() as work:
            made.append(await work.promises.make(a_voucher(conversation, key, order), Limits(), LONG_AGO))
    async with ledger.begin() as work:
        of_message = await work.promises.made_for(conversation, "m1")
        of_order = await work.promises.of_order("WL-1001")

    assert made[0] is not None
    assert made == [made[0]] * 3
    assert of_message == made[0]
    assert list(of_order) == [made[0]]


async def test_details_told_later_are_kept_with_what_is_still_to_be_done(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept
    async with ledger.begin() as work:
        made = await work.promises.make(a_voucher(conversation, "m1", details="Acme"), Limits(), LONG_AGO)
    assert made is not None

    async with ledger.begin() as work:
        await work.promises.add_details(made.code, "Acme Ltd, GB123456789")
        await work.promises.add_details("XXXX-XX", "somebody else's")
    async with ledger.begin() as work:
        found = await work.promises.of_order("WL-1001")

    assert [promise.details for promise in found] == ["Acme Ltd, GB123456789"]


async def test_one_promise_stands_in_the_way_of_another_for_the_same(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept
    reship = a_voucher(conversation, "m1", kind=PromiseKind.RESHIP, problem=OrderProblem.LOST)

    async with ledger.begin() as work:
        await work.promises.make(reship, Limits(), LONG_AGO)
        refund = await work.promises.make(
            replace(reship, message_key="m2", kind=PromiseKind.REFUND), Limits(), LONG_AGO
        )

    assert refund is None


async def test_a_new_address_replaces_the_one_before(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept
    address = {"kind": PromiseKind.CHANGE_ADDRESS, "problem": OrderProblem.REQUEST, "amount": None, "currency": None}

    async with ledger.begin() as work:
        for key, details in (("m1", "12 Mil Lane"), ("m2", "12 Mill Lane")):
            await work.promises.make(a_voucher(conversation, key, details=details, **address), Limits(), LONG_AGO)
        left = await work.promises.of_order("WL-1001")

    assert [promise.details for promise in left] == ["12 Mill Lane"]


@pytest.mark.parametrize(
    "limits",
    [Limits(shopper_count=1), Limits(shopper_amount=Decimal("9.99")), Limits(shop_amount=Decimal("9.99"))],
)
async def test_a_budget_that_is_used_up_leaves_no_room_until_the_next_month(
    kept: tuple[Ledger, str], limits: Limits
) -> None:
    ledger, conversation = kept
    second = a_voucher(conversation, "m2", "WL-1002")

    async with ledger.begin() as work:
        first = await work.promises.make(a_voucher(conversation, "m1"), limits, LONG_AGO)
        room = [await work.promises.has_room(second, limits, at) for at in (LONG_AGO, LATER)]
        none = await work.promises.make(second, limits, LONG_AGO)
        later = await work.promises.make(second, limits, LATER)

    assert first
    assert (room, none) == ([False, True], None)
    assert later


async def test_a_promise_over_the_approval_sum_waits_for_a_person(kept: tuple[Ledger, str]) -> None:
    ledger, conversation = kept

    async with ledger.begin() as work:
        made = await work.promises.make(a_voucher(conversation, "m1"), Limits(approval_above=Decimal("4.99")), LONG_AGO)

    assert made
    assert made.state is PromiseState.NEEDS_APPROVAL
