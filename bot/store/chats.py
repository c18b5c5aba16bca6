"""The conversations behind a figure: one row each, with everything that is counted about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, FromClause, Text, and_, any_, cast, false, func, literal, not_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.figures import ChatFacts, Pick, Selection, Yardstick
from bot.domain.outreach import OutreachKind
from bot.store.selected import complained, felt, given, read_emotion, said, spoken, with_people_before, within
from bot.store.tables import ConversationRow, HandoffRow, MessageRow, OutreachRow, PromiseRow, TargetRow

_Columns = Any  # of a subquery: each is known by its name only

_MOODS: Final = {"calm": False, "upset": True}


class Chats:
    """Conversations of a selection, each once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(
        self, sel: Selection, yard: Yardstick, pick: Pick, value: str = "", *, limit: int | None = None
    ) -> list[ChatFacts]:
        """Return the conversations that a figure counts, the newest first; none for a value that is not one of it."""
        facts = _facts(sel, yard).subquery("facts").c
        is_picked = _PICKS[pick](facts, value, sel)
        names = [column for column in facts if column.name in ChatFacts.__dataclass_fields__]
        found = await self._session.execute(
            select(*names).where(is_picked).order_by(facts.last_at.desc(), facts.id).limit(limit)
        )
        return [ChatFacts(**{name: _plain(name, held) for name, held in row.items()}) for row in found.mappings()]


def _plain(name: str, held: Any) -> Any:
    if name == "id":
        return str(held)
    return tuple(held) if isinstance(held, list) else held


def _facts(sel: Selection, yard: Yardstick) -> Any:
    """Everything about each conversation with a message in this time."""
    s, h, c = said(sel, yard), _handed(sel), _complaints(complained(sel, yard))
    o, p, m = _outreach(sel), _promises(sel), _sums(sel)

    def none(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(column, cast([], ARRAY(Text))).label(column.name)

    def zero(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(column, 0).label(column.name)

    rest = [column for column in s.c if column.name != "id"]
    return (
        select(
            ConversationRow.id, ConversationRow.channel, spoken.label("language"), ConversationRow.shopper_name, *rest,
            with_people_before(s.c.id, sel).label("before"),
            zero(h.c.handoffs), none(h.c.reasons), none(h.c.outcomes), none(h.c.severities), h.c.severity,
            h.c.first_reply, h.c.longest,
            func.coalesce(h.c.late, false()).label("late"), func.coalesce(h.c.waiting, false()).label("waiting"),
            zero(c.c.complaints), zero(c.c.repeated),
            none(o.c.outreach), none(o.c.scores), none(p.c.promises), none(m.c.sums),
        )
        .join(s, s.c.id == ConversationRow.id)
        .outerjoin(h, h.c.conversation_id == ConversationRow.id)
        .outerjoin(c, c.c.conversation_id == ConversationRow.id)
        .outerjoin(o, o.c.conversation_id == ConversationRow.id)
        .outerjoin(p, p.c.conversation_id == ConversationRow.id)
        .outerjoin(m, m.c.conversation_id == ConversationRow.id)
    )  # fmt: skip


def _each(value: Any) -> ColumnElement[Any]:
    return func.array_agg(cast(value, Text).distinct(), type_=ARRAY(Text))


def _handed(sel: Selection) -> FromClause:
    h = given(sel).c
    return (
        select(
            h.conversation_id,
            func.count().label("handoffs"),
            _each(h.reason).label("reasons"),
            _each(h.outcome).label("outcomes"),
            _each(h.severity).label("severities"),
            func.max(h.severity).label("severity"),
            func.min(h.first_reply).filter(h.waited).label("first_reply"),
            func.max(h.to_end).label("longest"),
            func.bool_or(h.late).label("late"),
            func.bool_or(h.waiting).label("waiting"),
        )
        .group_by(h.conversation_id)
        .subquery("handed")
    )


def _complaints(made: CTE) -> FromClause:
    return (
        select(
            made.c.conversation_id,
            func.count().label("complaints"),
            func.count().filter(made.c.repeated).label("repeated"),
        )
        .group_by(made.c.conversation_id)
        .subquery("complaints")
    )


def _outreach(sel: Selection) -> FromClause:
    scored = and_(OutreachRow.kind == OutreachKind.CSAT.value, OutreachRow.answer.is_not(None))
    return (
        select(
            OutreachRow.conversation_id,
            _each(OutreachRow.kind).label("outreach"),
            _each(OutreachRow.answer).filter(scored).label("scores"),
        )
        .where(within(OutreachRow.created_at, sel), OutreachRow.message_id.is_not(None))
        .group_by(OutreachRow.conversation_id)
        .subquery("written")
    )


def _promises(sel: Selection) -> FromClause:
    return (
        select(PromiseRow.conversation_id, _each(func.concat(PromiseRow.kind, ":", PromiseRow.state)).label("promises"))
        .where(within(PromiseRow.made_at, sel))
        .group_by(PromiseRow.conversation_id)
        .subquery("promised")
    )


def _sums(sel: Selection) -> FromClause:
    by_currency = (
        select(
            PromiseRow.conversation_id,
            func.concat(PromiseRow.currency, " ", func.sum(PromiseRow.amount)).label("total"),
        )
        .where(within(PromiseRow.made_at, sel), PromiseRow.amount.is_not(None), PromiseRow.currency.is_not(None))
        .group_by(PromiseRow.conversation_id, PromiseRow.currency)
        .subquery()
    )
    return (
        select(by_currency.c.conversation_id, _each(by_currency.c.total).label("sums"))
        .group_by(by_currency.c.conversation_id)
        .subquery("sums")
    )


def _felt(facts: _Columns, value: str, sel: Selection) -> ColumnElement[bool]:
    return (
        select(MessageRow.id)
        .where(MessageRow.conversation_id == facts.id, within(MessageRow.created_at, sel), felt, read_emotion == value)
        .exists()
    )


def _breached(facts: _Columns, value: str, sel: Selection) -> ColumnElement[bool]:
    return (
        select(TargetRow.id)
        .join(HandoffRow, HandoffRow.id == TargetRow.handoff_id)
        .where(
            HandoffRow.conversation_id == facts.id,
            within(TargetRow.started_at, sel),
            TargetRow.kind == value,
            TargetRow.breached_at.is_not(None),
        )
        .exists()
    )


def _mood(facts: _Columns, value: str) -> ColumnElement[bool]:
    first, _, last = value.partition("_")
    if not {first, last} <= _MOODS.keys():
        return false()
    same = (facts.first_upset == _MOODS[first], facts.last_upset == _MOODS[last])
    return and_(facts.by_shopper > 0, facts.read > 1, *same)


def _among(value: str, names: ColumnElement[Any]) -> ColumnElement[bool]:
    return literal(value) == any_(names)


def _wrote(facts: _Columns, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(facts.by_shopper > 0, *conditions)


_PICKS: Final[Mapping[Pick, Callable[[_Columns, str, Selection], ColumnElement[bool]]]] = {
    Pick.CHATS: lambda f, _, __: _wrote(f),
    Pick.ALONE: lambda f, _, __: _wrote(f, f.handoffs == 0, not_(f.before)),
    Pick.HANDED: lambda f, _, __: _wrote(f, f.handoffs > 0),
    Pick.CARRIED: lambda f, _, __: _wrote(f, f.handoffs == 0, f.before),
    Pick.MISUNDERSTOOD: lambda f, _, __: _wrote(f, f.misunderstood > 0),
    Pick.EVER_UPSET: lambda f, _, __: _wrote(f, f.ever_upset),
    Pick.COOLED: lambda f, _, __: _wrote(f, f.ever_upset, not_(f.last_upset)),
    Pick.LATE_REPLY: lambda f, _, __: f.late,
    Pick.UNANSWERED: lambda f, _, __: f.waiting,
    Pick.BREACHED: _breached,
    Pick.ASKED_SCORE: lambda f, _, __: _among(OutreachKind.CSAT.value, f.outreach),
    Pick.COMPLAINED: lambda f, _, __: f.complaints > 0,
    Pick.REPEATED: lambda f, _, __: f.repeated > 0,
    Pick.MOOD: lambda f, value, _: _mood(f, value),
    Pick.EMOTION: _felt,
    Pick.REASON: lambda f, value, _: _among(value, f.reasons),
    Pick.SEVERITY: lambda f, value, _: _among(value, f.severities),
    Pick.OUTCOME: lambda f, value, _: _among(value, f.outcomes),
    Pick.SCORE: lambda f, value, _: _among(value, f.scores),
    Pick.PROMISE: lambda f, value, _: _among(value, f.promises),
    Pick.OUTREACH: lambda f, value, _: _among(value, f.outreach),
}
