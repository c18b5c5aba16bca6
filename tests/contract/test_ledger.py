"""What actions need of the shop's data, kept alike by the ledger in memory and by the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from actions.ports import Ledger
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
