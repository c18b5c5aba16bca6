"""What a provider said of replies before its own answer told us what it calls them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.messages import Delivery, Report
from bot.store.tables import EarlyReportRow


class EarlyReports:
    """Reports about messages that nobody knows yet, by the provider's id."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, report: Report) -> None:
        """Keep a report."""
        await self._session.execute(
            insert(EarlyReportRow).values(
                channel=report.channel,
                provider_id=report.provider_id,
                state=report.state.value,
                code=report.code,
                again_in=report.again_in,
            )
        )

    async def take(self, channel: str, provider_id: str) -> list[Report]:
        """Return what was said of a message, in the order in which it came, and keep it no longer."""
        found = await self._session.scalars(
            delete(EarlyReportRow).filter_by(channel=channel, provider_id=provider_id).returning(EarlyReportRow)
        )
        return [
            Report(row.channel, row.provider_id, Delivery(row.state), row.code, row.again_in)
            for row in sorted(found, key=lambda row: row.id)
        ]

    async def drop_before(self, moment: datetime) -> int:
        """Delete reports that came before a moment, about messages that are not replies of ours; return how many."""
        gone = await self._session.scalars(
            delete(EarlyReportRow).where(EarlyReportRow.at < moment).returning(EarlyReportRow.id)
        )
        return len(list(gone))
