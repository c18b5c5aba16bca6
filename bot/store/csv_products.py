"""Read a shop's export of products. Every line is checked before any is kept."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from bot.domain.likeness import words_of
from bot.domain.product import Product
from bot.store.csv_file import Currency, Line, MaybeMoment, blank_is_none, read_file, read_lines, several

COLUMNS = ("sku", "name", "language", "price", "currency")
OPTIONAL = ("stock", "restock_at", "about", "attributes", "words", "url")
# A button that picks a product carries its sku, and Telegram's buttons carry no more than 64 bytes.
_SKU_BYTES = 40
# These would end the sku inside the button.
_NOT_IN_A_SKU = frozenset('"\\{}')

_MaybeCount = Annotated[Annotated[int, Field(ge=0, le=10_000_000)] | None, BeforeValidator(blank_is_none)]
_MaybeLine = Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(blank_is_none)]


class _Line(Line):
    sku: str = Field(min_length=1)
    name: str = Field(min_length=1, max_length=200)
    language: Literal["en", "ru", "zh", "el"]
    price: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    currency: Currency
    stock: _MaybeCount = None
    restock_at: MaybeMoment = None
    about: _MaybeLine = None
    attributes: str = ""
    words: str = ""
    url: _MaybeLine = None

    @field_validator("sku")
    @classmethod
    def _sku(cls, value: str) -> str:
        if len(value.encode()) > _SKU_BYTES:
            raise ValueError(f"is longer than {_SKU_BYTES} bytes")
        if _NOT_IN_A_SKU & set(value) or not value.isprintable():
            raise ValueError('has a character that a sku cannot have: " \\ { } or one that does not show')
        return value

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not words_of(value):
            raise ValueError("has no letter or digit")
        return value

    @field_validator("url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("https://", "http://")) or " " in value):
            raise ValueError("is not an address that begins with https://")
        return value

    @field_validator("attributes")
    @classmethod
    def _attributes(cls, value: str) -> str:
        named = [part.partition(":") for part in several(_plain_marks(value))]
        if wrong := [name for name, _, told in named if not name.strip() or not told.strip()]:
            raise ValueError(f"{wrong[0].strip() or ':'} is not written as `name: value`")
        names = [name.strip() for name, *_ in named]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]} stands there twice")
        return value

    def product(self, *, demo: bool) -> Product:
        named = (part.partition(":") for part in several(_plain_marks(self.attributes)))
        return Product(
            sku=self.sku,
            name=self.name,
            language=self.language,
            price=self.price,
            currency=self.currency,
            stock=self.stock,
            restock_at=self.restock_at,
            about=self.about,
            attributes={name.strip(): told.strip() for name, _, told in named},
            words=tuple(word for word in several(_plain_marks(self.words)) if words_of(word)),
            url=self.url,
            demo=demo,
        )


def read_products(lines: Iterable[str], *, name: str, demo: bool = False) -> list[Product]:
    """Read CSV lines with the columns COLUMNS and any of OPTIONAL.

    Raises ImportRejected with one sentence for each fault, `name:line: column: what is wrong`; nothing is half read.
    """
    return read_lines(
        lines,
        _Line,
        name=name,
        columns=COLUMNS,
        optional=OPTIONAL,
        made=lambda line: line.product(demo=demo),
        key=lambda product: ("sku", (product.sku, product.language)),
    )


def read_product_file(path: Path, *, demo: bool = False) -> list[Product]:
    """Read a CSV file in UTF-8; raises ImportRejected as `read_products` does, and for a file that cannot be read."""
    return read_file(path, lambda lines: read_products(lines, name=path.name, demo=demo))


def _plain_marks(value: str) -> str:
    """Return a list with the marks of an English keyboard; a Chinese one types `；` and `：`."""
    return value.replace("；", ";").replace("：", ":")
