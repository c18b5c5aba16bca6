from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.demo import seed
from bot.domain.order import Order, OrderStatus, number_key
from bot.errors import ImportRejected
from bot.store.csv_orders import COLUMNS, read_order_file, read_orders
from bot.store.unit_of_work import Store

HEADER = ",".join(COLUMNS)
GOOD = "A-1042,Maria P,+30 690 000 0001,Maria@Example.com,shipped,2026-11-01,2026-11-05,ACS,GR1,24.90,EUR,mug; plate"


def an_order(number: str = "WL-2001", **other: object) -> Order:
    values: dict[str, object] = {
        "number": number,
        "customer_name": "Maria",
        "phone": "+306900000001",
        "email": "maria@example.com",
        "status": OrderStatus.SHIPPED,
        "status_since": None,
        "placed_at": datetime(2026, 11, 1, tzinfo=UTC),
        "promised_at": datetime(2026, 11, 5, tzinfo=UTC),
        "carrier": "ACS",
        "tracking": None,
        "total": Decimal("24.90"),
        "currency": "EUR",
        "items": ("mug",),
    }
    return Order(**(values | other))  # type: ignore[arg-type]


def test_a_good_line_becomes_an_order() -> None:
    (order,) = read_orders([HEADER, GOOD], name="orders.csv")
    assert order.phone == "+306900000001"
    assert order.email == "maria@example.com"
    assert order.items == ("mug", "plate")
    assert order.total == Decimal("24.90")
    assert order.placed_at == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(GOOD.replace("shipped", "sent"), "orders.csv:2: status:", id="status"),
        pytest.param(
            GOOD.replace("+30 690 000 0001", "690"), "orders.csv:2: phone: is not an international", id="phone"
        ),
        pytest.param(GOOD.replace("Maria@Example.com", "maria"), "orders.csv:2: email:", id="email"),
        pytest.param(GOOD.replace("24.90", "a lot"), "orders.csv:2: total:", id="total"),
        pytest.param(GOOD.replace("24.90", "-1"), "orders.csv:2: total:", id="negative total"),
        pytest.param(GOOD.replace("EUR", "EURO"), "orders.csv:2: currency: is not an ISO 4217", id="currency"),
        pytest.param(GOOD.replace("2026-11-01", "yesterday"), "orders.csv:2: placed_at:", id="date"),
        pytest.param(GOOD.replace("A-1042", "--"), "orders.csv:2: number: has no letter", id="number"),
        pytest.param("A-1,Maria", "orders.csv:2: has fewer fields", id="short line"),
        pytest.param(GOOD + ",more", "orders.csv:2: has more fields", id="long line"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_column(line: str, problem: str) -> None:
    with pytest.raises(ImportRejected) as refused:
        read_orders([HEADER, line], name="orders.csv")
    assert refused.value.problems[0].startswith(problem)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    with pytest.raises(ImportRejected) as refused:
        read_orders([HEADER, GOOD, GOOD, GOOD.replace("A-1042", "A-2").replace("EUR", "?"), "x"], name="orders.csv")
    assert [problem.split(":")[1] for problem in refused.value.problems] == ["3", "4", "5"]


def test_a_missing_and_an_unknown_column_are_named() -> None:
    with pytest.raises(ImportRejected) as refused:
        read_orders([HEADER.replace("carrier", "courier")], name="orders.csv")
    assert refused.value.problems == [
        "orders.csv:1: the column carrier is missing",
        "orders.csv:1: the column courier is unknown",
    ]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes((HEADER + "\n" + GOOD.replace("Maria P", "Мария")).encode("cp1251"))
    with pytest.raises(ImportRejected, match="is not UTF-8"):
        read_order_file(file)


async def test_the_demo_shop_has_thirty_orders_over_every_status(store: Store) -> None:
    async with store.begin() as work:
        shop = await seed(work)
        assert await work.orders.count(demo=True) == shop.orders >= 30
        found = {(await work.orders.find(f"WL-{group}00{n}")) for group in (1, 2, 3, 4) for n in range(1, 9)}
    assert {order.status for order in found if order} == set(OrderStatus)


@pytest.mark.parametrize("spelling", ["WL-2001", "wl2001", "#WL 2001", "ＷＬ-2001", "2001", "№ 2001"])
async def test_an_order_is_found_in_any_spelling(store: Store, spelling: str) -> None:
    async with store.begin() as work:
        await work.orders.put([an_order("WL-2001"), an_order("WL-2002")])
        found = await work.orders.find(spelling)
    assert found is not None
    assert found.number == "WL-2001"


async def test_digits_that_two_orders_share_find_neither(store: Store) -> None:
    async with store.begin() as work:
        await work.orders.put([an_order("A-2001"), an_order("B-2001")])
        assert await work.orders.find("2001") is None


async def test_importing_again_updates_and_notes_when_the_status_changed(store: Store) -> None:
    before = datetime.now(UTC)
    async with store.begin() as work:
        await work.orders.put([an_order()])
        await work.orders.put([an_order(total=Decimal(30))])
        same = await work.orders.find("WL-2001")
        await work.orders.put([an_order(status=OrderStatus.DELIVERED)])
        changed = await work.orders.find("WL-2001")
    assert same is not None
    assert changed is not None
    assert (same.total, same.status_since) == (Decimal(30), None)
    assert changed.status_since is not None
    assert changed.status_since >= before


@pytest.mark.parametrize(
    ("status", "now", "late"),
    [
        pytest.param(OrderStatus.SHIPPED, datetime(2026, 11, 5, 23, tzinfo=UTC), 0, id="on its day"),
        pytest.param(OrderStatus.SHIPPED, datetime(2026, 11, 6, 1, tzinfo=UTC), 1, id="the day after"),
        pytest.param(OrderStatus.DELAYED, datetime(2026, 11, 8, tzinfo=UTC), 3, id="delayed"),
        pytest.param(OrderStatus.DELIVERED, datetime(2026, 12, 8, tzinfo=UTC), 0, id="delivered"),
    ],
)
def test_days_late_count_only_while_under_way(status: OrderStatus, now: datetime, late: int) -> None:
    assert an_order(status=status).days_late(now) == late


def test_number_key_ignores_everything_but_letters_and_digits() -> None:
    assert number_key(" #wl - 20 417 ") == "WL20417"
