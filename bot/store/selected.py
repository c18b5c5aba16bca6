"""What the figures are counted over: one row a conversation, a handoff, a complaint of a selection."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Float, Text, and_, cast, exists, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot.domain.figures import UNKNOWN_LANGUAGE, Selection, Yardstick
from bot.domain.handoff import Reason
from bot.domain.messages import Author
from bot.store.tables import ComplaintRow, ConversationRow, HandoffRow, MessageRow

read_emotion = MessageRow.reading["emotion"].astext
spoken = func.coalesce(ConversationRow.language, UNKNOWN_LANGUAGE)
# A pressed button tells no feeling, whatever is read in its payload.
felt = and_(MessageRow.reading.is_not(None), MessageRow.payload.is_(None))
_GENERAL: Final = "general"


def chosen(sel: Selection) -> ColumnElement[bool]:
    """True for the conversations of a selection's language and channel."""
    language = spoken == sel.language if sel.language else true()
    return and_(language, ConversationRow.channel == sel.channel if sel.channel else true())


def within(moment: InstrumentedAttribute[datetime], sel: Selection) -> ColumnElement[bool]:
    """True for what happened in a selection's time."""
    return and_(moment >= sel.since, moment < sel.until)


def written_by(author: Author) -> ColumnElement[bool]:
    """True for messages of one author."""
    return MessageRow.author == author.value


def not_understood(yard: Yardstick) -> ColumnElement[bool]:
    """True for messages that were read and not understood."""
    return and_(felt, MessageRow.reading["intent"].astext.in_(sorted(yard.not_understood)))


def said(sel: Selection, yard: Yardstick) -> CTE:
    """One row a conversation with a message in this time: how many, of whom, and how it felt first, last and ever."""
    sure = cast(MessageRow.reading["confidence"].astext, Float)
    upset = func.coalesce(
        or_(false(), *(and_(read_emotion == name, sure >= least) for name, least in yard.upset.items())), false()
    )

    def at_end(value: ColumnElement[Any], order: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.array_agg(aggregate_order_by(cast(value, Text), order), type_=ARRAY(Text)).filter(felt)[1]

    first, last = MessageRow.id.asc(), MessageRow.id.desc()
    return (
        select(
            MessageRow.conversation_id.label("id"),
            func.min(MessageRow.created_at).label("first_at"),
            func.max(MessageRow.created_at).label("last_at"),
            func.count().filter(written_by(Author.SHOPPER)).label("by_shopper"),
            func.count().filter(written_by(Author.BOT)).label("by_bot"),
            func.count().filter(written_by(Author.OPERATOR)).label("by_operator"),
            func.count().filter(felt).label("read"),
            func.count().filter(not_understood(yard)).label("misunderstood"),
            func.coalesce(func.bool_or(upset).filter(felt), false()).label("ever_upset"),
            at_end(read_emotion, first).label("first_emotion"),
            at_end(read_emotion, last).label("last_emotion"),
            (at_end(upset, first) == "true").label("first_upset"),
            (at_end(upset, last) == "true").label("last_upset"),
        )
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(chosen(sel), within(MessageRow.created_at, sel))
        .group_by(MessageRow.conversation_id)
        .cte("said")
    )


def given(sel: Selection) -> CTE:
    """One row a handoff opened in this time, with seconds to an operator's first words and to its end.

    `late`: later than the shopper was told. `in_time`: not later. `waiting`: open, without an answer. Of one that an
    operator took over from the bot none is true: nobody waited.
    """
    ended = func.coalesce(HandoffRow.closed_at, func.now())
    answered = (
        select(func.min(MessageRow.created_at))
        .where(
            MessageRow.conversation_id == HandoffRow.conversation_id,
            written_by(Author.OPERATOR),
            MessageRow.created_at.between(HandoffRow.opened_at, ended),
        )
        .correlate(HandoffRow)
        .scalar_subquery()
    )
    opened = (
        select(HandoffRow, spoken.label("language"), answered.label("answered_at"))
        .join(ConversationRow, ConversationRow.id == HandoffRow.conversation_id)
        .where(chosen(sel), within(HandoffRow.opened_at, sel))
        .cte("opened")
    )
    c = opened.c
    waited = c.reason != Reason.TAKEN_OVER.value
    last = func.coalesce(c.answered_at, c.closed_at, func.now())
    return select(
        c.conversation_id,
        c.reason,
        c.severity,
        c.language,
        func.coalesce(c.outcome, "open").label("outcome"),
        _seconds(c.answered_at - c.opened_at).label("first_reply"),
        _seconds(c.closed_at - c.opened_at).label("to_end"),
        waited.label("waited"),
        and_(waited, func.coalesce(last > c.due_at, false())).label("late"),
        and_(waited, func.coalesce(c.answered_at <= c.due_at, false())).label("in_time"),
        and_(waited, c.answered_at.is_(None), c.closed_at.is_(None)).label("waiting"),
    ).cte("given")


def handed_over(conversation_id: ColumnElement[Any], sel: Selection) -> ColumnElement[bool]:
    """True for a conversation that was given to people in this time."""
    return _has_handoff(conversation_id, within(HandoffRow.opened_at, sel))


def with_people_before(conversation_id: ColumnElement[Any], sel: Selection) -> ColumnElement[bool]:
    """True for a conversation that people held when this time began."""
    not_over = or_(HandoffRow.closed_at.is_(None), HandoffRow.closed_at >= sel.since)
    return _has_handoff(conversation_id, HandoffRow.opened_at < sel.since, not_over)


def complained(sel: Selection, yard: Yardstick) -> CTE:
    """One row a complaint of this time; `repeated` where one about the same was made before it, as the policy counts.

    The same: the same problem, or one of them names none; and the same order, or one of them names none.
    """
    earlier = aliased(ComplaintRow)
    one_problem = or_(
        earlier.problem == ComplaintRow.problem, earlier.problem == _GENERAL, ComplaintRow.problem == _GENERAL
    )
    one_order = or_(
        earlier.order_number.is_(None),
        ComplaintRow.order_number.is_(None),
        _key(earlier.order_number) == _key(ComplaintRow.order_number),
    )
    before = exists().where(
        earlier.conversation_id == ComplaintRow.conversation_id,
        earlier.id < ComplaintRow.id,
        earlier.created_at >= ComplaintRow.created_at - yard.repeat_within,
        one_problem,
        one_order,
    )
    return (
        select(ComplaintRow.conversation_id, before.label("repeated"))
        .join(ConversationRow, ConversationRow.id == ComplaintRow.conversation_id)
        .where(chosen(sel), within(ComplaintRow.created_at, sel))
        .cte("complained")
    )


def _has_handoff(conversation_id: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(HandoffRow.id).where(HandoffRow.conversation_id == conversation_id, *conditions).exists()


def _key(number: Any) -> ColumnElement[str]:
    return func.upper(func.regexp_replace(number, "[^[:alnum:]]", "", "g"))


def _seconds(time: ColumnElement[Any]) -> ColumnElement[float]:
    return cast(func.extract("epoch", time), Float)
