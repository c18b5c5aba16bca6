"""Read a shop's CSV export: the whole file or nothing, with one sentence for each fault."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from babel.numbers import is_currency
from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError

from bot.errors import ImportRejected

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


def _currency(value: str) -> str:
    if not is_currency(value.upper()):
        raise ValueError("is not an ISO 4217 code such as EUR")
    return value.upper()


def blank_is_none(value: object) -> object:
    """Return None for an empty field."""
    return None if isinstance(value, str) and not value.strip() else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
MaybeMoment = Annotated[Moment | None, BeforeValidator(blank_is_none)]
MaybeText = Annotated[str | None, BeforeValidator(blank_is_none)]
Currency = Annotated[str, AfterValidator(_currency)]


def several(value: str) -> tuple[str, ...]:
    """Return what a field holds between semicolons."""
    return tuple(part.strip() for part in value.split(";") if part.strip())


class Line(BaseModel):
    """One line of an export; a subclass has a field for each column."""

    model_config = {"str_strip_whitespace": True}


def read_lines[L: Line, R](
    lines: Iterable[str],
    kind: type[L],
    *,
    name: str,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    made: Callable[[L], R],
    key: Callable[[R], tuple[str, object]],
) -> list[R]:
    """Read CSV lines; `key` names what makes a line the only one of its kind: (column, value that may not come twice).

    Raises ImportRejected with one sentence for each fault, `name:line: column: what is wrong`; nothing is half read.
    """
    reader = csv.DictReader(lines)
    header = [column.strip().lstrip("\ufeff") for column in reader.fieldnames or ()]
    problems = [f"{name}:1: the column {column} is missing" for column in columns if column not in header]
    problems += [f"{name}:1: the column {c} is unknown" for c in header if c not in (*columns, *optional)]
    if problems:
        raise ImportRejected(problems)
    reader.fieldnames = header
    found: list[R] = []
    seen: dict[object, int] = {}
    for line, row in _rows(reader, name, problems):
        if None in row or None in row.values():
            problems.append(f"{name}:{line}: has {'more' if None in row else 'fewer'} fields than the header")
            continue
        try:
            read = made(kind.model_validate(row))
        except ValidationError as exc:
            for error in exc.errors(include_input=False, include_url=False):
                problems.append(f"{name}:{line}: {error['loc'][0]}: {error['msg'].removeprefix('Value error, ')}")
            continue
        column, value = key(read)
        if value in seen:
            problems.append(f"{name}:{line}: {column}: {row[column].strip()} stands on line {seen[value]} already")
        seen[value] = line
        found.append(read)
    if problems:
        raise ImportRejected(problems)
    return found


def read_file[R](path: Path, read: Callable[[Iterable[str]], list[R]]) -> list[R]:
    """Let `read` have the lines of a file in UTF-8; raises ImportRejected, also for a file that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return read(file)
    except OSError as exc:
        raise ImportRejected([f"{path}: {exc.strerror}"]) from None
    except UnicodeDecodeError as exc:
        raise ImportRejected([f"{path.name}: is not UTF-8 (byte {exc.start})"]) from None


def _rows(reader: csv.DictReader[str], name: str, problems: list[str]) -> Iterator[tuple[int, dict[str | None, Any]]]:
    try:
        for row in reader:
            yield reader.line_num, dict(row)
    except csv.Error as exc:
        problems.append(f"{name}:{reader.line_num}: {exc}")
