"""Search over everything said and noted, and for a chat by whose it is. How texts become words is in migration 0010."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, Text, and_, cast, func, literal, or_, select, text, true, union
from sqlalchemy.dialects.postgresql import ARRAY, REGCONFIG, TSQUERY
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.likeness import is_chinese
from bot.domain.messages import Author
from bot.domain.order import number_key
from bot.domain.search import LONGEST, Found, FoundBy, Hit, Named, NoteHit, Part, marked, pairs_in, words_in
from bot.errors import SearchTooBroad
from bot.store import rows
from bot.store.tables import (
    ComplaintRow,
    ConversationRow,
    HandoffRow,
    MessageRow,
    NoteRow,
    OrderRow,
    PromiseRow,
    ProofRow,
    UserRow,
)

_PATIENCE: Final = 3000  # milliseconds
_CANCELLED: Final = "57014"
_MOST_NAMED: Final = 20
_MOST_NOTES: Final = 20
_SHORT: Final = 2  # so short a word is looked for as it is; of a longer one the beginning is enough
_FEWEST_DIGITS: Final = 4
_LONGEST_NUMBER: Final = 40
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_MARKS: Final = re.compile(r"[!-/:-@\[-`{-~]+")
_NOT_A_PHONE: Final = re.compile(r"[^0-9 ()+./-]")


class Search:
    """Finds conversations by what was said and by whose they are."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, query: str, *, before: int | None = None, limit: int = 20) -> Found:
        """Return what holds every word of a query, the newest first; `before` is the `older` of the page before.

        Any text is a query; a word finds what begins with it. Raises SearchTooBroad when it takes too long.
        """
        asked = _CONTROL.sub(" ", query)[:LONGEST].strip()
        if not asked:
            return Found()
        await self._session.execute(text(f"SET LOCAL statement_timeout = {_PATIENCE}"))
        try:
            lexemes, names = await self._lexemes(asked)
            named = await self._named(asked, lexemes, names) if before is None else ()
            found = await self._hits(lexemes, before, limit + 1) if lexemes else []
            noted = await self._notes(lexemes) if lexemes and before is None else []
            texts = [said for _, said in [*found[:limit], *noted]]
            parts = await self._marked(texts, lexemes, pairs_in(asked))
        except OperationalError as exc:
            if getattr(exc.orig, "sqlstate", None) == _CANCELLED:
                raise SearchTooBroad("this search finds too much") from exc
            raise
        hits = tuple(replace(hit, parts=marks) for (hit, _), marks in zip(found[:limit], parts, strict=False))
        notes = tuple(replace(hit, parts=marks) for (hit, _), marks in zip(noted, parts[len(hits) :], strict=True))
        older = hits[-1].message_id if len(found) > limit else None
        return Found(named, notes, hits, older, common=not lexemes and not named)

    async def _lexemes(self, asked: str) -> tuple[list[str], list[str]]:
        """Return what to look for in texts, and in names."""
        simple = func.to_tsvector(cast("pg_catalog.simple", REGCONFIG), _MARKS.sub(" ", asked))
        of_texts, of_names = func.warmline_lexemes(asked), simple
        found = await self._session.execute(select(func.tsvector_to_array(of_texts), func.tsvector_to_array(of_names)))
        texts, names = found.one()
        return list(texts), list(names)

    async def _hits(self, lexemes: Collection[str], before: int | None, limit: int) -> list[tuple[Hit, str]]:
        found = await self._session.execute(
            select(
                MessageRow.id, MessageRow.author, MessageRow.text, MessageRow.created_at,
                ConversationRow, UserRow.display_name,
            )
            .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
            .outerjoin(UserRow, UserRow.id == MessageRow.operator_id)
            .where(
                MessageRow.search.bool_op("@@")(_all_of(lexemes)),
                true() if before is None else MessageRow.id < before,
            )
            .order_by(MessageRow.id.desc())
            .limit(limit)
        )  # fmt: skip
        return [
            (Hit(row.id, rows.conversation(row.ConversationRow), Author(row.author), row.display_name, row.created_at, ()),
             row.text)
            for row in found
        ]  # fmt: skip

    async def _notes(self, lexemes: Collection[str]) -> list[tuple[NoteHit, str]]:
        found = await self._session.execute(
            select(NoteRow.id, NoteRow.text, NoteRow.at, ConversationRow, UserRow.display_name)
            .join(ConversationRow, ConversationRow.id == NoteRow.conversation_id)
            .join(UserRow, UserRow.id == NoteRow.user_id)
            .where(NoteRow.search.bool_op("@@")(_all_of(lexemes)))
            .order_by(NoteRow.id.desc())
            .limit(_MOST_NOTES)
        )
        return [
            (NoteHit(row.id, rows.conversation(row.ConversationRow), row.display_name, row.at, ()), row.text)
            for row in found
        ]

    async def _marked(
        self, texts: Collection[str], lexemes: Collection[str], pairs: Collection[str]
    ) -> list[tuple[Part, ...]]:
        """Mark what was looked for: words that become a lexeme of it by the very function that found them."""
        words = func.unnest(cast(sorted(set().union(*map(words_in, texts))), ARRAY(Text))).column_valued("word")
        found = await self._session.scalars(
            select(words).where(func.warmline_lexemes(words).bool_op("@@")(_all_of(lexemes, " | ")))
        )
        matching = set(found) if lexemes else set()
        return [marked(said, matching.__contains__, pairs) for said in texts]

    async def _named(self, asked: str, lexemes: Sequence[str], names: Sequence[str]) -> tuple[Named, ...]:
        """Return whose name, phone number, order or operator is meant, each conversation once, the newest first."""
        looks = [_by_name(words) for words in (lexemes, names) if words] + [_by_operator(asked)]
        digits = "".join(c for c in asked if c in "0123456789")
        if len(digits) >= _FEWEST_DIGITS and not _NOT_A_PHONE.search(asked):
            looks += _by_phone(digits)
        key = number_key(asked)
        if digits and _FEWEST_DIGITS <= len(key) <= _LONGEST_NUMBER:
            looks += _by_order(key)
        found = union(*looks).subquery()
        by = func.min(found.c.by)
        newest = (ConversationRow.last_inbound_at.desc().nulls_last(), ConversationRow.id)
        chosen = await self._session.execute(
            select(ConversationRow, by.label("by"))
            .join(found, found.c.id == ConversationRow.id)
            .group_by(ConversationRow.id)
            .order_by(*newest)
            .limit(_MOST_NAMED)
        )
        return tuple(Named(rows.conversation(row.ConversationRow), FoundBy(row.by)) for row in chosen)


def _all_of(lexemes: Collection[str], joined: str = " & ") -> Any:
    """Return the query for all of these words (or any, joined by ` | `); whatever is in them stays a word."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in lexemes)
    return cast(joined.join(f"'{word}'{':*' if _may_go_on(word) else ''}" for word in quoted), TSQUERY)


def _may_go_on(word: str) -> bool:
    return len(word) > _SHORT or (len(word) == 1 and is_chinese(word))


def _by(conversation_id: Any, by: FoundBy) -> Select[Any]:
    return select(conversation_id.label("id"), literal(by.value).label("by"))


def _by_name(words: Sequence[str]) -> Select[Any]:
    return _by(ConversationRow.id, FoundBy.NAME).where(ConversationRow.search.bool_op("@@")(_all_of(words)))


def _by_operator(asked: str) -> Select[Any]:
    meant = or_(UserRow.display_name.istartswith(asked, autoescape=True), UserRow.username == asked.lower())
    held = or_(
        ConversationRow.operator_id == UserRow.id,
        ConversationRow.id.in_(
            select(HandoffRow.conversation_id).where(HandoffRow.operator_id == UserRow.id).correlate(UserRow)
        ),
    )
    return _by(ConversationRow.id, FoundBy.OPERATOR).join(UserRow, held).where(meant)


def _by_phone(digits: str) -> list[Select[Any]]:
    """Find numbers that end so: nobody types the country's code."""
    ending = digits[::-1]

    def ends_so(column: Any) -> Any:
        return func.reverse(func.regexp_replace(column, "[^0-9]", "", "g")).like(f"{ending}%")

    return [
        _by(ConversationRow.id, FoundBy.PHONE).where(
            ConversationRow.channel == "whatsapp", ends_so(ConversationRow.address)
        ),
        _by(ProofRow.conversation_id, FoundBy.PHONE).where(ProofRow.kind == "phone", ends_so(ProofRow.value)),
    ]


def _by_order(key: str) -> list[Select[Any]]:
    """Find who complained about an order, was promised something about it, or has proven to be whose it is."""
    made = func.upper(func.regexp_replace(OrderRow.number, "[^[:alnum:]]", "", "g"))
    bare = func.regexp_replace(OrderRow.number, "[^0-9]", "", "g")
    whose = and_(made == key) if not key.isdigit() else or_(made == key, bare == key)
    mine = or_(
        and_(ProofRow.kind == "phone", ProofRow.value == OrderRow.phone),
        and_(ProofRow.kind == "email", ProofRow.value == OrderRow.email),
    )
    about = [
        _by(table.conversation_id, FoundBy.ORDER).where(
            func.upper(func.regexp_replace(table.order_number, "[^[:alnum:]]", "", "g")) == key
        )
        for table in (ComplaintRow, PromiseRow)
    ]
    return [*about, _by(ProofRow.conversation_id, FoundBy.ORDER).join(OrderRow, mine).where(whose)]
