"""What actions need of the catalogue, kept alike in memory and by the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import pytest
import pytest_asyncio

from actions.ports import Ledger
from bot.domain.likeness import grams_of, words_of
from bot.store.unit_of_work import Store
from tests.doubles.counter import MemoryLedger
from tests.doubles.products import a_product

SCARF: Final = a_product()
GREEK_SCARF: Final = replace(
    SCARF, language="el", name="Μάλλινο κασκόλ", words=("κασκόλ",), attributes={"χρώμα": "μπεζ"}
)
PRODUCTS: Final = (
    SCARF,
    GREEK_SCARF,
    a_product("Wool hat", "W-1", words=("hat",), stock=None, about=None, attributes={}),
    a_product("Чайник электрический 1.7 л", "W-2", language="ru", words=("чайник",), attributes={"цвет": "белый"}),
    a_product("三升电饭煲", "W-3", language="zh", words=("电饭煲", "電鍋"), attributes={"颜色": "白色"}),
)


@pytest_asyncio.fixture(params=["memory", "postgres"])
async def ledger(request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    """A ledger with five products."""
    if request.param == "memory":
        memory = MemoryLedger()
        await memory.products.put(PRODUCTS)
        yield memory
        return
    store = Store(request.getfixturevalue("database_url"), pool_size=2)
    async with store.begin() as work:
        await work.products.put(PRODUCTS)
    yield store
    await store.close()


async def test_a_product_is_found_as_it_was_put(ledger: Ledger) -> None:
    async with ledger.begin() as work:
        found = [await work.products.find(product.sku, product.language) for product in PRODUCTS]

    assert found == list(PRODUCTS)


@pytest.mark.parametrize(("language", "name"), [("en", SCARF.name), ("el", GREEK_SCARF.name), ("zh", GREEK_SCARF.name)])
async def test_a_product_is_found_in_the_shoppers_language_if_there_is_one(
    ledger: Ledger, language: str, name: str
) -> None:
    async with ledger.begin() as work:
        found = await work.products.find("W-103", language)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("how much are your scarfs", SCARF.name),
        ("wool hats", "Wool hat"),
        ("а белого чайника нет?", "Чайник электрический 1.7 л"),
        ("你们的电饭煲有白色的吗", "三升电饭煲"),
        ("電鍋多少錢", "三升电饭煲"),
        ("πόσο κάνουν τα κασκολ", GREEK_SCARF.name),
    ],
)
async def test_what_a_message_resembles_comes_first(ledger: Ledger, said: str, first: str) -> None:
    async with ledger.begin() as work:
        found = await work.products.resembling(grams_of(words_of(said)))

    assert found[0].name == first


async def test_a_message_in_other_letters_resembles_nothing(ledger: Ledger) -> None:
    async with ledger.begin() as work:
        assert list(await work.products.resembling(grams_of(words_of("ჩაიდანი")))) == []
        assert list(await work.products.resembling(())) == []


async def test_products_are_counted(ledger: Ledger) -> None:
    async with ledger.begin() as work:
        assert await work.products.count() == len(PRODUCTS)
