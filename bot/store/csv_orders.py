"""Read a shop's export of orders. Every line is checked before any is kept."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import phonenumbers
from babel.numbers import is_currency
from pydantic import BaseModel, BeforeValidator, EmailStr, Field, ValidationError, field_validator

from bot.domain.order import Order, OrderStatus, number_key
from bot.errors import ImportRejected

COLUMNS = ("number", "customer_name", "phone", "email", "status", "placed_at", "promised_at", "carrier", "tracking",
           "total", "currency", "items")  # fmt: skip
OPTIONAL = ("status_since",)
_RELATIVE = re.compile(r"([+-]?\d{1,4})d")


def _moment(value: object) -> object:
    """`2026-11-20`, `2026-11-20T10:00+02:00`, or, in demo data, `-3d`. A time without a zone is UTC."""
    if not isinstance(value, str):
        return value
    if relative := _RELATIVE.fullmatch(value):
        return datetime.combine(datetime.now(UTC).date(), time(9), UTC) + timedelta(days=int(relative[1]))
    try:
        moment = datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
MaybeMoment = Annotated[Moment | None, BeforeValidator(_blank_is_none)]
MaybeText = Annotated[str | None, BeforeValidator(_blank_is_none)]


class _Line(BaseModel):
    model_config = {"str_strip_whitespace": True}

    number: str = Field(min_length=1, max_length=64)
    customer_name: str = Field(min_length=1, max_length=200)
    phone: MaybeText
    email: Annotated[EmailStr | None, BeforeValidator(_blank_is_none)]
    status: OrderStatus
    status_since: MaybeMoment = None
    placed_at: Moment
    promised_at: MaybeMoment
    carrier: MaybeText
    tracking: MaybeText
    total: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    currency: str
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

    @field_validator("currency")
    @classmethod
    def _currency(cls, value: str) -> str:
        if not is_currency(value.upper()):
            raise ValueError("is not an ISO 4217 code such as EUR")
        return value.upper()

    def order(self, *, demo: bool) -> Order:
        fields: dict[str, Any] = self.model_dump()
        fields["items"] = tuple(item.strip() for item in self.items.split(";") if item.strip())
        fields["email"] = self.email.lower() if self.email else None
        return Order(**fields, demo=demo)


def read_orders(lines: Iterable[str], *, name: str, demo: bool = False) -> list[Order]:
    """Read CSV lines with the columns COLUMNS (and, if wanted, `status_since`).

    Raises ImportRejected with one sentence for each fault, `name:line: column: what is wrong`; nothing is half read.
    """
    reader = csv.DictReader(lines)
    header = [column.strip().lstrip("\ufeff") for column in reader.fieldnames or ()]
    problems = [f"{name}:1: the column {column} is missing" for column in COLUMNS if column not in header]
    problems += [f"{name}:1: the column {c} is unknown" for c in header if c not in (*COLUMNS, *OPTIONAL)]
    if problems:
        raise ImportRejected(problems)
    reader.fieldnames = header
    orders: list[Order] = []
    seen: dict[str, int] = {}
    for line, row in _rows(reader, name, problems):
        if None in row or None in row.values():
            problems.append(f"{name}:{line}: has {'more' if None in row else 'fewer'} fields than the header")
            continue
        try:
            order = _Line.model_validate(row).order(demo=demo)
        except ValidationError as exc:
            for error in exc.errors(include_input=False, include_url=False):
                problems.append(f"{name}:{line}: {error['loc'][0]}: {error['msg'].removeprefix('Value error, ')}")
            continue
        key = number_key(order.number)
        if key in seen:
            problems.append(f"{name}:{line}: number: {order.number} stands on line {seen[key]} already")
        seen[key] = line
        orders.append(order)
    if problems:
        raise ImportRejected(problems)
    return orders


def _rows(reader: csv.DictReader[str], name: str, problems: list[str]) -> Iterator[tuple[int, dict[str | None, Any]]]:
    try:
        for row in reader:
            yield reader.line_num, dict(row)
    except csv.Error as exc:
        problems.append(f"{name}:{reader.line_num}: {exc}")


def read_order_file(path: Path, *, demo: bool = False) -> list[Order]:
    """Read a CSV file in UTF-8; raises ImportRejected as `read_orders` does, and for a file that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return read_orders(file, name=path.name, demo=demo)
    except OSError as exc:
        raise ImportRejected([f"{path}: {exc.strerror}"]) from None
    except UnicodeDecodeError as exc:
        raise ImportRejected([f"{path.name}: is not UTF-8 (byte {exc.start})"]) from None
