"""A catalogue in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from bot.domain.product import Product


def a_product(name: str = "Oat wool scarf", sku: str = "W-103", **changes: Any) -> Product:
    """A scarf that is there, unless said otherwise."""
    known: dict[str, Any] = {
        "language": "en",
        "price": Decimal("19.50"),
        "currency": "GBP",
        "stock": 31,
        "about": "A soft woven scarf in undyed wool.",
        "attributes": {"material": "lambswool", "colour": "oat", "size": "180 × 30 cm"},
        "words": ("scarf", "shawl"),
    }
    return Product(sku=sku, name=name, **known | changes)


class MemoryProducts:
    """What `actions.ports.Products` promises."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Product] = {}

    async def put(self, products: Iterable[Product]) -> None:
        self.rows |= {(product.sku, product.language): product for product in products}

    async def find(self, sku: str, language: str) -> Product | None:
        ours = sorted((row for row in self.rows.values() if row.sku == sku), key=lambda row: row.language)
        return next((row for row in ours if row.language == language), ours[0] if ours else None)

    async def resembling(self, grams: Collection[str], limit: int = 40) -> list[Product]:
        shared = {key: row.grams & set(grams) for key, row in self.rows.items()}
        often = {gram: sum(gram in found for found in shared.values()) for gram in grams}
        worth = {key: sum(1 / often[gram] for gram in found) for key, found in shared.items() if found}
        return [self.rows[key] for key in sorted(worth, key=lambda key: (-worth[key], key))][:limit]

    async def count(self) -> int:
        return len(self.rows)
