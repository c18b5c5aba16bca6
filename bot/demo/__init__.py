"""The demo shop: invented orders and products in four languages, marked as demo, with dates around today."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.store.csv_orders import read_order_file
from bot.store.csv_products import read_product_file
from bot.store.unit_of_work import Work

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class DemoShop:
    """How much of it there is."""

    orders: int
    products: int

    def __bool__(self) -> bool:
        return bool(self.orders or self.products)

    def __str__(self) -> str:
        return f"{self.orders} orders, {self.products} products"


async def seed(work: Work) -> DemoShop:
    """Add the demo shop; return what it has."""
    orders = [order for file in sorted(FOLDER.glob("orders.*.csv")) for order in read_order_file(file, demo=True)]
    products = [item for file in sorted(FOLDER.glob("products.*.csv")) for item in read_product_file(file, demo=True)]
    await work.orders.put(orders)
    await work.products.put(products)
    return DemoShop(len(orders), len(products))


async def remove(work: Work) -> DemoShop:
    """Remove the demo shop, orders and products; return what there was of it."""
    return DemoShop(await work.orders.remove_demo(), await work.products.remove_demo())
