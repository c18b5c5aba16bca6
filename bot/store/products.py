"""The shop's products, and which of them a shopper may mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.product import Product
from bot.store import rows
from bot.store.tables import ProductRow

_BATCH = 500


class Products:
    """The shop's products."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, sku: str, language: str) -> Product | None:
        """Return the product with this sku, in this language if the shop wrote it in this one."""
        first = case((ProductRow.language == language, 0), else_=1)
        row = await self._session.scalar(
            select(ProductRow).where(ProductRow.sku == sku).order_by(first, ProductRow.language).limit(1)
        )
        return rows.product(row) if row else None

    async def resembling(self, grams: Collection[str], limit: int = 40) -> list[Product]:
        """Return products that share stretches of letters with a message, the rarer the better, best first."""
        if not grams:
            return []
        shared = (
            select(ProductRow.sku, ProductRow.language, func.unnest(ProductRow.grams).label("gram"))
            .where(ProductRow.grams.overlap(list(grams)))
            .subquery()
        )
        rare = (
            select(shared.c.gram, (1.0 / func.count()).label("worth"))
            .where(shared.c.gram.in_(grams))
            .group_by(shared.c.gram)
            .subquery()
        )
        ranked = (
            select(shared.c.sku, shared.c.language, func.sum(rare.c.worth).label("worth"))
            .join(rare, rare.c.gram == shared.c.gram)
            .group_by(shared.c.sku, shared.c.language)
            .subquery()
        )
        found = await self._session.scalars(
            select(ProductRow)
            .join(ranked, (ranked.c.sku == ProductRow.sku) & (ranked.c.language == ProductRow.language))
            .order_by(ranked.c.worth.desc(), ProductRow.sku, ProductRow.language)
            .limit(limit)
        )
        return [rows.product(row) for row in found]

    async def put(self, products: Sequence[Product]) -> None:
        """Add products or bring them up to date."""
        columns = [column.name for column in ProductRow.__table__.columns if column.name not in {"sku", "language"}]
        for start in range(0, len(products), _BATCH):
            statement = insert(ProductRow).values([_values(product) for product in products[start : start + _BATCH]])
            changed = {name: statement.excluded[name] for name in columns}
            await self._session.execute(
                statement.on_conflict_do_update(index_elements=["sku", "language"], set_=changed)
            )

    async def count(self, *, demo: bool | None = None) -> int:
        """Return how many products there are, or how many demo (or real) ones."""
        statement = select(func.count()).select_from(ProductRow)
        if demo is not None:
            statement = statement.where(ProductRow.demo.is_(demo))
        return (await self._session.scalar(statement)) or 0

    async def remove_demo(self) -> int:
        """Remove the demo shop's products; return how many there were."""
        gone = await self._session.scalars(
            delete(ProductRow).where(ProductRow.demo.is_(True)).returning(ProductRow.sku)
        )
        return len(list(gone))


def _values(product: Product) -> dict[str, object]:
    return {
        "sku": product.sku,
        "language": product.language,
        "name": product.name,
        "price": product.price,
        "currency": product.currency,
        "stock": product.stock,
        "restock_at": product.restock_at,
        "about": product.about,
        "attributes": [[name, told] for name, told in product.attributes.items()],
        "words": list(product.words),
        "url": product.url,
        "demo": product.demo,
        "grams": sorted(product.grams),
    }
