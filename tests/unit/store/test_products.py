from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from bot import demo
from bot.__main__ import app
from bot.domain.likeness import grams_of, words_of
from bot.errors import ImportRejected
from bot.store.csv_products import COLUMNS, OPTIONAL, read_product_file, read_products
from bot.store.unit_of_work import Store
from tests.doubles.products import a_product
from tests.unit.store.test_orders import an_order

HEADER = ",".join((*COLUMNS, *OPTIONAL))
GOOD = (
    "A-1,Mug,en,8.90,eur,12,2026-12-01,A heavy mug.,colour: moss; capacity: 0.4 l,cup; beaker,https://shop.example/mug"
)


def test_a_good_line_becomes_a_product() -> None:
    (product,) = read_products([HEADER, GOOD], name="products.csv")

    assert product == a_product(
        "Mug",
        "A-1",
        price=Decimal("8.90"),
        currency="EUR",
        stock=12,
        restock_at=datetime(2026, 12, 1, tzinfo=UTC),
        about="A heavy mug.",
        attributes={"colour": "moss", "capacity": "0.4 l"},
        words=("cup", "beaker"),
        url="https://shop.example/mug",
    )


def test_what_a_shop_does_not_know_may_be_left_out() -> None:
    (short,) = read_products([",".join(COLUMNS), "A-1,Mug,en,8.90,EUR"], name="products.csv")
    (empty,) = read_products([HEADER, "A-1,Mug,en,8.90,EUR,,,,,,"], name="products.csv")

    assert short == empty
    assert (empty.stock, empty.restock_at, empty.about, empty.url) == (None, None, None, None)
    assert (dict(empty.attributes), empty.words) == ({}, ())


def test_lists_may_have_the_marks_of_a_chinese_keyboard() -> None:
    line = "A-1,马克杯,zh,64,CNY,1,,,容量：330毫升；材质：陶瓷,杯子；馬克杯,"

    (product,) = read_products([HEADER, line], name="products.csv")

    assert dict(product.attributes) == {"容量": "330毫升", "材质": "陶瓷"}
    assert product.words == ("杯子", "馬克杯")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(GOOD.replace("A-1", ""), "products.csv:2: sku:", id="no sku"),
        pytest.param(GOOD.replace("A-1", "A" * 41), "products.csv:2: sku: is longer than 40 bytes", id="long sku"),
        pytest.param(GOOD.replace("A-1", "A}1"), "products.csv:2: sku: has a character", id="sku ends a button"),
        pytest.param(GOOD.replace("Mug", "--", 1), "products.csv:2: name: has no letter", id="name"),
        pytest.param(GOOD.replace(",en,", ",fr,"), "products.csv:2: language:", id="language"),
        pytest.param(GOOD.replace("8.90", "cheap"), "products.csv:2: price:", id="price"),
        pytest.param(GOOD.replace("8.90", "-8.90"), "products.csv:2: price:", id="negative price"),
        pytest.param(GOOD.replace("eur", "euro"), "products.csv:2: currency: is not an ISO 4217", id="currency"),
        pytest.param(GOOD.replace(",12,", ",many,"), "products.csv:2: stock:", id="stock"),
        pytest.param(GOOD.replace(",12,", ",-1,"), "products.csv:2: stock:", id="negative stock"),
        pytest.param(GOOD.replace("2026-12-01", "soon"), "products.csv:2: restock_at:", id="date"),
        pytest.param(GOOD.replace("colour: moss", "moss"), "products.csv:2: attributes: moss is not", id="no name"),
        pytest.param(GOOD.replace("capacity", "colour"), "products.csv:2: attributes: colour stands", id="twice"),
        pytest.param(GOOD.replace("https://", "javascript:"), "products.csv:2: url: is not an address", id="url"),
        pytest.param("A-1,Mug", "products.csv:2: has fewer fields", id="short line"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_column(line: str, problem: str) -> None:
    with pytest.raises(ImportRejected) as refused:
        read_products([HEADER, line], name="products.csv")
    assert refused.value.problems[0].startswith(problem)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    with pytest.raises(ImportRejected) as refused:
        read_products([HEADER, GOOD, GOOD, GOOD.replace("A-1", "A-2").replace("eur", "?")], name="products.csv")

    assert [problem.split(":")[1] for problem in refused.value.problems] == ["3", "4"]
    assert refused.value.problems[0] == "products.csv:3: sku: A-1 stands on line 2 already"


def test_a_product_may_come_in_several_languages() -> None:
    greek = GOOD.replace("Mug", "Κούπα", 1).replace(",en,", ",el,")

    assert len(read_products([HEADER, GOOD, greek], name="products.csv")) == 2


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_bytes((HEADER + "\n" + GOOD.replace("Mug", "Кружка")).encode("cp1251"))
    with pytest.raises(ImportRejected, match="is not UTF-8"):
        read_product_file(file)


async def test_importing_again_brings_a_product_up_to_date(store: Store) -> None:
    async with store.begin() as work:
        await work.products.put([a_product()])
        await work.products.put([a_product("Grey stole", words=("stole",), stock=0)])
        found = await work.products.find("W-103", "en")
        by_old_name = await work.products.resembling(["arf"])

    assert found == a_product("Grey stole", words=("stole",), stock=0)
    assert by_old_name == []


async def test_a_catalogue_of_thousands_is_put_whole(store: Store) -> None:
    async with store.begin() as work:
        await work.products.put([a_product(sku=f"S-{number}") for number in range(1200)])
        assert await work.products.count() == 1200


async def test_the_demo_shop_has_eight_products_a_language(store: Store) -> None:
    async with store.begin() as work:
        shop = await demo.seed(work)
        assert await work.products.count(demo=True) == shop.products == 32
        found = [await work.products.find(f"W-{group}0{n}", "en") for group in (1, 2, 3, 4) for n in range(1, 9)]
    assert Counter(product.language for product in found if product) == dict.fromkeys(("en", "ru", "zh", "el"), 8)
    assert {product.stock == 0 for product in found if product} == {True, False}


async def test_the_demo_shop_is_removed_and_real_products_stay(store: Store) -> None:
    async with store.begin() as work:
        await demo.seed(work)
        await work.products.put([a_product(sku="A-1")])
        removed = await demo.remove(work)
        left = await work.products.count()

    assert (removed.products, left) == (32, 1)
    assert removed


@pytest.mark.parametrize("command", ["orders", "products"])
def test_the_first_import_removes_the_demo_shop(
    command: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("WARMLINE_HOME", str(tmp_path))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO products (sku, language, name, price, currency, attributes, words, demo, grams)"
            " VALUES ('D-1', 'en', 'Demo', 1, 'EUR', '[]', '[]', true, '{}')"
        )
    file = tmp_path / "real.csv"
    if command == "products":
        file.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    else:
        order = an_order()
        columns = "number,customer_name,phone,email,status,placed_at,promised_at,carrier,tracking,total,currency,items"
        file.write_text(f"{columns}\n{order.number},Maria,,,paid,2026-11-01,,,,24.90,EUR,mug\n", encoding="utf-8")

    first = CliRunner().invoke(app, [command, "import", str(file)])
    again = CliRunner().invoke(app, [command, "import", str(file)])

    assert first.output == f"1 {command} imported, demo shop removed (0 orders, 1 products)\n"
    assert again.output == f"1 {command} imported\n"


def test_a_file_with_a_fault_changes_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    file = tmp_path / "products.csv"
    file.write_text(f"{HEADER}\n{GOOD}\n{GOOD}\n", encoding="utf-8")

    result = CliRunner().invoke(app, ["products", "import", str(file)])

    assert isinstance(result.exception, ImportRejected)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (0,)


def test_a_product_is_found_by_its_name_its_words_and_its_attributes() -> None:
    product = replace(a_product(), words=("shawl",), attributes={"material": "lambswool"})

    for word in ("scarf", "shawl", "lambswool"):
        assert product.grams & grams_of(words_of(word))
