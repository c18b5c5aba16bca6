"""The demo shop: invented orders in four languages, marked as demo, with dates around today."""

from __future__ import annotations

from pathlib import Path

from bot.store.csv_orders import read_order_file
from bot.store.unit_of_work import Work


async def seed(work: Work) -> int:
    """Add the demo orders; return how many there are."""
    files = sorted(Path(__file__).parent.glob("orders.*.csv"))
    orders = [order for file in files for order in read_order_file(file, demo=True)]
    await work.orders.put(orders)
    return len(orders)
