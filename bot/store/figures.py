"""Figures over conversations: one query each, counted by PostgreSQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, and_, cast, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.figures import (
    ComplaintCounts,
    Day,
    DayOfFeelings,
    HandoffCounts,
    OutreachCount,
    Overview,
    PromiseCount,
    Scores,
    Selection,
    Spread,
    TargetCount,
    Waits,
    Yardstick,
)
from bot.domain.messages import Author
from bot.domain.outreach import DETRACTORS, PROMOTERS, SCORES, STOP, OutreachKind
from bot.domain.people import Decided
from bot.store.selected import (
    chosen,
    complained,
    felt,
    given,
    handed_over,
    not_understood,
    read_emotion,
    said,
    with_people_before,
    within,
    written_by,
)
from bot.store.tables import ConversationRow, DecisionRow, HandoffRow, MessageRow, OutreachRow, PromiseRow, TargetRow


class Figures:
    """What a shop wants to know about a time, of all conversations or those of one language or channel."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def overview(self, sel: Selection, yard: Yardstick) -> Overview:
        """Return conversations by who answered them, their messages, and how feelings went."""
        c = said(sel, yard).c
        opened, before = handed_over(c.id, sel), with_people_before(c.id, sel)
        wrote = select(*c, opened.label("handed"), and_(not_(opened), before).label("carried")).where(c.by_shopper > 0)
        w = wrote.subquery().c
        compared = w.read > 1

        def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
            return func.count().filter(and_(*conditions))

        found = await self._session.execute(
            select(
                func.count().label("chats"),
                count(not_(w.handed), not_(w.carried)).label("alone"),
                count(w.handed).label("handed"),
                count(w.carried).label("carried"),
                _sum(w.by_shopper).label("by_shoppers"),
                _sum(w.by_bot).label("by_bot"),
                _sum(w.by_operator).label("by_operators"),
                count(w.misunderstood > 0).label("misunderstood"),
                count(compared, not_(w.first_upset), not_(w.last_upset)).label("calm_calm"),
                count(compared, not_(w.first_upset), w.last_upset).label("calm_upset"),
                count(compared, w.first_upset, not_(w.last_upset)).label("upset_calm"),
                count(compared, w.first_upset, w.last_upset).label("upset_upset"),
                count(w.ever_upset).label("ever_upset"),
                count(w.ever_upset, not_(w.last_upset)).label("cooled"),
            )
        )
        return Overview(**found.mappings().one())

    async def days(self, sel: Selection) -> list[Day]:
        """Return the days on which anything was written, oldest first."""
        day = _day(MessageRow.created_at, sel)
        wrote = func.count(MessageRow.conversation_id.distinct()).filter(written_by(Author.SHOPPER))
        handed_on = _day(HandoffRow.opened_at, sel)
        handoffs = (
            select(handed_on.label("day"), func.count().label("handoffs"))
            .join(ConversationRow, ConversationRow.id == HandoffRow.conversation_id)
            .where(chosen(sel), within(HandoffRow.opened_at, sel))
            .group_by(handed_on)
            .subquery()
        )
        messages = (
            select(
                day.label("day"),
                wrote.label("chats"),
                func.count().filter(written_by(Author.SHOPPER)).label("by_shoppers"),
                func.count().filter(written_by(Author.BOT)).label("by_bot"),
                func.count().filter(written_by(Author.OPERATOR)).label("by_operators"),
            )
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(chosen(sel), within(MessageRow.created_at, sel))
            .group_by(day)
            .subquery()
        )
        found = await self._session.execute(
            select(messages, func.coalesce(handoffs.c.handoffs, 0).label("handoffs"))
            .outerjoin(handoffs, handoffs.c.day == messages.c.day)
            .order_by(messages.c.day)
        )
        return [Day(**row) for row in found.mappings()]

    async def feelings(self, sel: Selection, yard: Yardstick) -> list[DayOfFeelings]:
        """Return the days on which messages were read, oldest first."""
        day, missed = _day(MessageRow.created_at, sel), func.count().filter(not_understood(yard))
        found = await self._session.execute(
            select(day, read_emotion, func.count(), missed)
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .where(chosen(sel), within(MessageRow.created_at, sel), felt)
            .group_by(day, read_emotion)
            .order_by(day)
        )
        emotions: dict[date, dict[str, int]] = defaultdict(dict)
        misunderstood: Counter[date] = Counter()
        for on, emotion, count, not_read in found:
            emotions[on][emotion] = count
            misunderstood[on] += not_read
        return [DayOfFeelings(on, felt, misunderstood[on]) for on, felt in emotions.items()]

    async def handoffs(self, sel: Selection) -> HandoffCounts:
        """Return the handoffs opened, by reason, severity, language and outcome."""
        h = given(sel).c
        groups = (h.reason, h.severity, h.language, h.outcome)
        found = await self._session.execute(select(*groups, func.count()).group_by(*groups))
        by: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
        for *names, count in found:
            for counter, name in zip(by, names, strict=True):
                counter[str(name)] += count
        return HandoffCounts(by[0].total(), *(dict(counter.most_common()) for counter in by))

    async def waits(self, sel: Selection) -> Waits:
        """Return how long shoppers waited for a person, and how long a handoff took."""
        h = given(sel).c
        found = await self._session.execute(
            select(
                *_spread(h.first_reply, h.waited),
                *_spread(h.to_end),
                func.count().filter(or_(h.late, h.in_time)),
                func.count().filter(h.in_time),
                func.count().filter(h.waiting),
            )
        )
        row = found.one()
        return Waits(Spread(*row[:3]), Spread(*row[3:6]), row[6], row[7], row[8])

    async def targets(self, sel: Selection) -> list[TargetCount]:
        """Return the shop's own times that began in this time and are over, met or not."""
        late = TargetRow.breached_at.is_not(None)
        found = await self._session.execute(
            select(TargetRow.kind, func.count(), func.count().filter(late))
            .join(HandoffRow, HandoffRow.id == TargetRow.handoff_id)
            .join(ConversationRow, ConversationRow.id == HandoffRow.conversation_id)
            .where(chosen(sel), within(TargetRow.started_at, sel), or_(TargetRow.met_at.is_not(None), late))
            .group_by(TargetRow.kind)
            .order_by(TargetRow.kind)
        )
        return [TargetCount(*row) for row in found]

    async def scores(self, sel: Selection) -> Scores:
        """Return what shoppers were asked for a score, and gave."""
        found = await self._session.execute(
            select(OutreachRow.answer, func.count())
            .join(ConversationRow, ConversationRow.id == OutreachRow.conversation_id)
            .where(
                chosen(sel),
                within(OutreachRow.created_at, sel),
                OutreachRow.kind == OutreachKind.CSAT.value,
                OutreachRow.message_id.is_not(None),
            )
            .group_by(OutreachRow.answer)
        )
        counts: dict[str | None, int] = {answer: count for answer, count in found}  # noqa: C416  rows are no pairs to mypy
        return Scores(sum(counts.values()), {int(score): counts.get(score, 0) for score in SCORES})

    async def promises(self, sel: Selection) -> list[PromiseCount]:
        """Return the promises made, by kind, state and currency."""
        groups = (PromiseRow.kind, PromiseRow.state, PromiseRow.currency)
        found = await self._session.execute(
            select(PromiseRow.kind, PromiseRow.state, func.count(), PromiseRow.currency, func.sum(PromiseRow.amount))
            .join(ConversationRow, ConversationRow.id == PromiseRow.conversation_id)
            .where(chosen(sel), within(PromiseRow.made_at, sel))
            .group_by(*groups)
            .order_by(*groups)
        )
        return [PromiseCount(*row) for row in found]

    async def complaints(self, sel: Selection, yard: Yardstick) -> ComplaintCounts:
        """Return how often shoppers complained, and how often about the same again."""
        c = complained(sel, yard).c
        chats = func.count(c.conversation_id.distinct())
        found = await self._session.execute(
            select(func.count(), chats, func.count().filter(c.repeated), chats.filter(c.repeated))
        )
        return ComplaintCounts(*found.one())

    async def outreach(self, sel: Selection) -> list[OutreachCount]:
        """Return what was written first, by kind."""
        sent = OutreachRow.message_id.is_not(None)
        nps = OutreachRow.kind == OutreachKind.NPS.value
        found = await self._session.execute(
            select(
                OutreachRow.kind,
                func.count().filter(sent),
                func.count().filter(not_(sent)),
                func.count().filter(OutreachRow.answer.is_not(None), OutreachRow.answer != STOP),
                func.count().filter(OutreachRow.answer == STOP),
                func.count().filter(nps, OutreachRow.answer.in_(PROMOTERS)),
                func.count().filter(nps, OutreachRow.answer.in_(DETRACTORS)),
            )
            .join(ConversationRow, ConversationRow.id == OutreachRow.conversation_id)
            .where(chosen(sel), within(OutreachRow.created_at, sel))
            .group_by(OutreachRow.kind)
            .order_by(OutreachRow.kind)
        )
        return [OutreachCount(*row) for row in found]

    async def decided(self, sel: Selection, limit: int) -> list[Decided]:
        """Return the newest decisions of the policy, at most `limit`; each conversation's together and oldest first."""
        newest = (
            select(DecisionRow.id)
            .join(ConversationRow, ConversationRow.id == DecisionRow.conversation_id)
            .where(chosen(sel), within(DecisionRow.created_at, sel))
            .order_by(DecisionRow.created_at.desc(), DecisionRow.id.desc())
            .limit(limit)
        )
        found = await self._session.execute(
            select(DecisionRow.conversation_id, DecisionRow.created_at, DecisionRow.decided)
            .where(DecisionRow.id.in_(newest))
            .order_by(DecisionRow.conversation_id, DecisionRow.id)
        )
        return [Decided(str(conversation), at, kept) for conversation, at, kept in found]


def _day(moment: Any, sel: Selection) -> ColumnElement[date]:
    return cast(func.timezone(sel.zone, moment), Date)


def _sum(counts: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(counts), 0), Integer)


def _spread(seconds: ColumnElement[Any], *conditions: ColumnElement[bool]) -> tuple[ColumnElement[Any], ...]:
    some = and_(seconds.is_not(None), *conditions)
    return (
        func.count().filter(some),
        func.percentile_cont(0.5).within_group(seconds).filter(some),
        func.percentile_cont(0.9).within_group(seconds).filter(some),
    )
