"""What is kept of a shopper, found in the tables themselves: a new table is exported and deleted without being named here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, DateTime, ForeignKey, Select, Text, case, false, func, null, or_, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import JSONB

from bot.store.tables import (
    AuditRow,
    ComplaintRow,
    ConversationRow,
    HandoffRow,
    MediaRow,
    MessageRow,
    OutreachRow,
    PromiseRow,
    Table,
)


def table_of(row: type[Table]) -> SqlTable:
    """Return the table behind a class of rows."""
    return cast("SqlTable", row.__table__)


CONVERSATIONS: Final = table_of(ConversationRow)
MESSAGES: Final = table_of(MessageRow)
MEDIA: Final = table_of(MediaRow)
PROMISES: Final = table_of(PromiseRow)
AUDIT: Final = table_of(AuditRow)

COUNTED: Final = (MESSAGES, table_of(HandoffRow), table_of(ComplaintRow), table_of(OutreachRow), PROMISES)
"""What figures are counted from. These rows outlive their words and their shopper; all others go with them."""


@cache
def about_shoppers() -> tuple[SqlTable, ...]:
    """Return every table whose rows belong to a conversation, by themselves or through another table; the audit apart.

    Each comes before those it refers to, so that deleting in this order breaks no reference.
    """
    return tuple(t for t in reversed(Table.metadata.sorted_tables) if t not in {CONVERSATIONS, AUDIT} and _belongs(t))


def of(table: SqlTable, conversations: Any) -> ColumnElement[bool]:
    """True for the rows of a table that belong to these conversations: ids, or a query for them."""
    if "conversation_id" in table.c:
        return table.c.conversation_id.in_(conversations)
    through = []
    for key in _ways(table):
        theirs: Select[Any] = select(key.column).where(of(key.column.table, conversations)).correlate(None)
        through.append(key.parent.in_(theirs))
    return or_(false(), *through)


def begun(table: SqlTable) -> Column[Any]:
    """Return the column that says when a row came to be: the first moment that is always there."""
    return next(c for c in table.c if isinstance(c.type, DateTime) and not c.nullable)


def holding(table: SqlTable, *what: dict[str, Any]) -> list[Column[Any]]:
    """Return the columns of a table that hold WORDS, or WHO, or either."""
    return [column for column in table.c if any(column.info == mark for mark in what)]


def emptied(table: SqlTable, *what: dict[str, Any]) -> dict[str, Any]:
    """Return the values that empty those columns.

    A pressed button has no words and yet is one, so words that are gone differ from words that never were.
    """
    return {column.name: _nothing(table, column) for column in holding(table, *what)}


def _nothing(table: SqlTable, column: Column[Any]) -> Any:
    if isinstance(column.type, JSONB):
        return null() if column.nullable else []
    if column.info["holds"] == "who":
        # What tells one row from another must go on doing so.
        return null() if column.nullable else func.concat("gone:", *table.primary_key.columns)
    return case((column.is_not(None), "")) if isinstance(column.type, Text) else null()


@cache
def _belongs(table: SqlTable) -> bool:
    return "conversation_id" in table.c or any(True for _ in _ways(table))


def _ways(table: SqlTable) -> Iterator[ForeignKey]:
    """Yield the references of a table that lead to a conversation."""
    for key in table.foreign_keys:
        target = key.column.table
        if target is not table and target is not CONVERSATIONS and _belongs(target):
            yield key
