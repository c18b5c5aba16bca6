"""Read a shop's export of orders. Every line is checked before any is kept."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import phonenumbers
from pydantic import BeforeValidator, EmailStr, Field, field_validator

from bot.domain.order import Order, OrderStatus, number_key
from bot.store.csv_file import (
    Currency,
    Line,
    MaybeMoment,
    MaybeText,
    Moment,
    blank_is_none,
    read_file,
    read_lines,
    several,
)

COLUMNS = ("number", "customer_name", "phone", "email", "status", "placed_at", "promised_at", "carrier", "tracking",
           "total", "currency", "items")  # fmt: skip
OPTIONAL = ("status_since",)


class _Line(Line):
    number: str = Field(min_length=1, max_length=64)
    customer_name: str = Field(min_length=1, max_length=200)
    phone: MaybeText
    email: Annotated[EmailStr | None, BeforeValidator(blank_is_none)]
    status: OrderStatus
    status_since: MaybeMoment = None
    placed_at: Moment
    promised_at: MaybeMoment
    carrier: MaybeText
    tracking: MaybeText
    total: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    currency: Currency
    items: str

    @field_validator("number")
    @classmethod
    def _number(cls, value: str) -> str:
        if not number_key(value):
            raise ValueError("has no letter or digit")
        return value

    @field_validator("phone")
    @classmethod
    def _phone(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parsed = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException:
            raise ValueError("is not an international number such as +30 690 000 0001") from None
        if not phonenumbers.is_possible_number(parsed):
            raise ValueError("is too long or too short for its country")
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

    def order(self, *, demo: bool) -> Order:
        fields: dict[str, Any] = self.model_dump()
        fields["items"] = several(self.items)
        fields["email"] = self.email.lower() if self.email else None
        return Order(**fields, demo=demo)


def read_orders(lines: Iterable[str], *, name: str, demo: bool = False) -> list[Order]:
    """Read CSV lines with the columns COLUMNS (and, if wanted, `status_since`).

    Raises ImportRejected with one sentence for each fault, `name:line: column: what is wrong`; nothing is half read.
    """
    return read_lines(
        lines,
        _Line,
        name=name,
        columns=COLUMNS,
        optional=OPTIONAL,
        made=lambda line: line.order(demo=demo),
        key=lambda order: ("number", number_key(order.number)),
    )


def read_order_file(path: Path, *, demo: bool = False) -> list[Order]:
    """Read a CSV file in UTF-8; raises ImportRejected as `read_orders` does, and for a file that cannot be read."""
    return read_file(path, lambda lines: read_orders(lines, name=path.name, demo=demo))
