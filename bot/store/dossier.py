"""Everything that is kept of one shopper, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.dossier import Dossier
from bot.domain.people import phones_and_emails
from bot.store.erasure import naming
from bot.store.events import EVENTS, has_events
from bot.store.holdings import AUDIT, CONVERSATIONS, about_shoppers, of, table_of
from bot.store.orders import Proofs
from bot.store.tables import DeadLetterRow, OrderRow, Table, UserRow

_EVENTS = "What the assistant (Rasa) remembers of the chat, event by event."


class Dossiers:
    """Reads everything about a conversation, whichever tables it is in."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, conversation_id: str) -> Dossier:
        """Return every row about a conversation, by table; people of the shop by the name that shoppers see."""
        names = {row.id: row.display_name for row in await self._session.scalars(select(UserRow))}
        sections: dict[str, list[dict[str, Any]]] = {}

        async def read(table: SqlTable, which: ColumnElement[bool]) -> list[dict[str, Any]]:
            found = await self._session.execute(select(table).where(which).order_by(*table.primary_key.columns))
            return [_readable(table, dict(row), names) for row in found.mappings()]

        (conversation,) = await read(CONVERSATIONS, CONVERSATIONS.c.id == conversation_id)
        sections[CONVERSATIONS.name] = [conversation]
        for table in reversed(about_shoppers()):
            sections[table.name] = await read(table, of(table, [conversation_id]))
        sections[AUDIT.name] = await read(AUDIT, AUDIT.c.conversation_id == conversation_id)
        phones, emails = phones_and_emails(await Proofs(self._session).of(conversation_id))
        theirs = or_(OrderRow.phone.in_(phones), OrderRow.email.in_(emails))
        sections["orders"] = await read(table_of(OrderRow), theirs)
        sections["dead_letters"] = await read(table_of(DeadLetterRow), naming(conversation["address"]))
        sections["assistant_events"] = await self._events(conversation_id)
        return Dossier(sections, _meanings(sections))

    async def _events(self, conversation_id: str) -> list[dict[str, Any]]:
        if not await has_events(self._session):
            return []
        asked = select(EVENTS.c.data).where(EVENTS.c.sender_id == conversation_id).order_by(EVENTS.c.id)
        return [json.loads(data) for data in await self._session.scalars(asked)]


def _meanings(sections: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence on each section: what its rows say of themselves."""
    said = {row.__tablename__: (row.__doc__ or "").partition("\n")[0] for row in _row_classes()}
    return {name: said.get(name, _EVENTS) for name in sections}


def _row_classes() -> list[type[Table]]:
    return [mapper.class_ for mapper in Table.registry.mappers]


def _readable(table: SqlTable, row: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    readable = {}
    for column in table.c:
        value = row[column.name]
        if any(key.column.table.name == UserRow.__tablename__ for key in column.foreign_keys):
            readable[column.name.removesuffix("_id")] = names.get(value)
        else:
            readable[column.name] = _plain(value)
    return readable


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value
