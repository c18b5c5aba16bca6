"""What Rasa remembers of a conversation: its own table, in a schema beside ours."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Text, column, table, text
from sqlalchemy.ext.asyncio import AsyncSession

EVENTS = table(
    "events",
    column("id", BigInteger),
    column("sender_id", Text),
    column("timestamp", Float),
    column("data", Text),
    schema="rasa",
)


async def has_events(session: AsyncSession) -> bool:
    """True where Rasa keeps its events in this database; it makes the table when it first starts."""
    return bool(await session.scalar(text("SELECT to_regclass('rasa.events') IS NOT NULL")))
