"""What is kept of a shopper: found, handed out, emptied with age and deleted, in every table there is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from bot.domain.figures import Selection, Yardstick
from bot.store.holdings import (
    AUDIT,
    CONVERSATIONS,
    COUNTED,
    MESSAGES,
    PROMISES,
    about_shoppers,
    begun,
    holding,
    of,
    table_of,
)
from bot.store.tables import WORDS, DeadLetterRow, Table
from bot.store.unit_of_work import Store, Work

SECRET = "Xanadu"
ADDRESS = "+306900000042"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BEFORE = datetime(2021, 1, 1, tzinfo=UTC)
# What some columns of labels may hold, where the rows are read again.
LABELS: dict[tuple[str, str], Any] = {
    ("conversations", "holder"): "bot",
    ("conversations", "channel"): "whatsapp",
    ("conversations", "address"): ADDRESS,
    ("conversations", "language"): "el",
    ("messages", "author"): "shopper",
    ("messages", "kind"): "text",
    ("messages", "delivery"): "received",
    ("messages", "channel"): "whatsapp",
    ("messages", "buttons"): [{"title": SECRET, "payload": SECRET}],
    ("messages", "earlier"): [{"text": SECRET, "until": LONG_AGO.isoformat()}],
    ("messages", "reading"): {
        "language": "el", "intent": "greet", "intent_confidence": 1, "emotion": "anger", "confidence": 0.9,
        "intensity": 1, "abuse": 0, "ranking": {},
    },
    ("handoffs", "reason"): "anger",
    ("promises", "state"): "kept",
    ("promises", "kind"): "voucher",
    ("promises", "problem"): "late",
    ("media", "state"): "stored",
    ("outreach", "kind"): "csat",
    ("proofs", "kind"): "phone",
}  # fmt: skip


def a_value(column: Column[Any]) -> Any:
    """Something for a column: the secret wherever words fit."""
    given = LABELS.get((column.table.name, column.name))
    if given is not None:
        return given
    kinds = [
        (UUID, uuid.uuid4), (JSONB, lambda: {"said": SECRET}), (TSVECTOR, lambda: None), (ARRAY, lambda: [SECRET]),
        (Text, lambda: f"{SECRET} {column.name}"), (Boolean, lambda: False), (DateTime, lambda: LONG_AGO),
        (Float, lambda: 1.0), (Numeric, lambda: Decimal(1)), (BigInteger, lambda: 1), (Integer, lambda: 1),
        (LargeBinary, SECRET.encode),
    ]  # fmt: skip
    return next(make() for kind, make in kinds if isinstance(column.type, kind))


async def a_row(work: Work, table: SqlTable, rows: dict[str, Any], **given: Any) -> Any:
    """Add a row that refers to the rows there are, with every column filled; return its key."""
    values = {}
    for column in table.c:
        if isinstance(column.server_default, Identity) or column.identity is not None or column.computed is not None:
            continue
        keys = list(column.foreign_keys)
        if keys:
            target = keys[0].column.table
            if target is table:
                continue
            if target.name not in rows:
                rows[target.name] = await a_row(work, target, rows)
            values[column.name] = rows[target.name]
        elif column.name == "conversation_id":
            values[column.name] = rows["conversations"]
        elif column.name.endswith("_at") and column.nullable:
            continue  # has not happened
        else:
            values[column.name] = a_value(column)
    key = next(iter(table.primary_key.columns))
    return await work.session.scalar(insert(table).values(**{**values, **given}).returning(key))


async def a_shopper(store: Store) -> str:
    """A shopper of whom there is a row in every table, all of them old."""
    async with store.begin() as work:
        rows: dict[str, Any] = {}
        rows["conversations"] = await a_row(work, CONVERSATIONS, rows, last_inbound_at=LONG_AGO)
        rows["messages"] = await a_row(work, MESSAGES, rows, handled_at=LONG_AGO, operator_id=None)
        for table in [*reversed(about_shoppers()), AUDIT]:
            if table is not MESSAGES:
                closed = {"closed_at": LONG_AGO} if table.name == "handoffs" else {}
                rows[table.name] = await a_row(work, table, rows, **closed)
        await a_row(work, table_of(DeadLetterRow), rows, body=f"From=%2B306900000042&Body={SECRET}")
        await make_events(work, rows["conversations"])
    return str(rows["conversations"])


async def make_events(work: Work, conversation: uuid.UUID) -> None:
    await work.session.execute(
        text(
            "CREATE TABLE IF NOT EXISTS rasa.events (id serial PRIMARY KEY, sender_id text, type_name text,"
            " timestamp float, data text)"
        )
    )
    await work.session.execute(
        text("INSERT INTO rasa.events (sender_id, type_name, timestamp, data) VALUES (:sender, 'user', :at, :data)"),
        {"sender": str(conversation), "at": LONG_AGO.timestamp(), "data": json.dumps({"text": SECRET})},
    )


async def count(work: Work, table: SqlTable, conversation: str) -> int:
    which = AUDIT.c.conversation_id == conversation if table is AUDIT else of(table, [conversation])
    return await work.session.scalar(select(func.count()).select_from(table).where(which)) or 0


async def figures(work: Work, sel: Selection) -> dict[str, Any]:
    yard = Yardstick({"anger": 0.5}, frozenset({"nlu_fallback"}), timedelta(days=7))
    return {
        "overview": await work.figures.overview(sel, yard),
        "days": await work.figures.days(sel),
        "handoffs": await work.figures.handoffs(sel),
        "waits": await work.figures.waits(sel),
        "scores": await work.figures.scores(sel),
        "promises": await work.figures.promises(sel),
        "complaints": await work.figures.complaints(sel, yard),
    }


async def left(store: Store) -> dict[str, set[str]]:
    """Which columns of which tables still hold the secret or the address."""
    found: dict[str, set[str]] = {}
    async with store.begin() as work:
        for table in [*about_shoppers(), CONVERSATIONS, AUDIT, table_of(DeadLetterRow)]:
            for row in (await work.session.execute(select(table))).mappings():
                for name, value in row.items():
                    if SECRET in str(value) or "306900000042" in str(value):
                        found.setdefault(table.name, set()).add(name)
        events = await work.session.scalar(text("SELECT count(*) FROM rasa.events"))
        if events:
            found["rasa.events"] = {"data"}
    return found


# Columns of text that hold a label, an id or a word of the shop's own and may outlive the shopper.
LABELLED = {
    "messages": {"channel", "author", "kind", "stance", "delivery", "delivery_code", "language_hint"},
    "handoffs": {"reason", "outcome", "wish"},
    "complaints": {"message_key", "problem"},
    "outreach": {"kind", "skipped", "answer"},
    "promises": {"code", "message_key", "order_number", "kind", "problem", "currency", "state"},
    "audit": {"act", "details"},
    "conversations": {"channel", "language", "holder"},
}


def columns_of_text() -> Iterator[tuple[SqlTable, Column[Any]]]:
    for table in (*COUNTED, CONVERSATIONS):
        for column in table.c:
            if isinstance(column.type, Text | JSONB | ARRAY):
                yield table, column


def test_every_column_of_text_that_outlives_a_shopper_is_marked_or_a_label() -> None:
    unknown = {
        f"{table.name}.{column.name}"
        for table, column in columns_of_text()
        if not column.info.get("holds") and column.name not in LABELLED[table.name]
    } - {"messages.reading"}

    assert unknown == set(), "mark it in bot/store/tables.py with WORDS or WHO, or name it in LABELLED here"


def test_every_table_about_shoppers_is_found_and_knows_when_its_rows_began() -> None:
    found = {table.name for table in about_shoppers()}

    assert {"messages", "media", "handoffs", "proofs", "decisions", "promises"} <= found
    assert found.isdisjoint({"users", "orders", "products", "audit", "conversations", "dead_letters"})
    assert all(begun(table) is not None for table in about_shoppers() if holding(table, WORDS))
    with_conversation = {t.name for t in Table.metadata.sorted_tables if "conversation_id" in t.c}
    assert with_conversation <= found | {"audit"}


async def test_all_of_a_shopper_is_handed_out(store: Store) -> None:
    conversation = await a_shopper(store)

    async with store.begin() as work:
        dossier = await work.dossiers.of(conversation)

    named = {*(table.name for table in about_shoppers()), "conversations", "audit", "dead_letters", "assistant_events"}
    assert {name for name, rows in dossier.sections.items() if len(rows) == 1} >= named
    assert set(dossier.sections) == named | {"orders"}
    assert dossier.sections["messages"][0]["text"] == f"{SECRET} text"
    assert all(dossier.meanings.values())
    json.dumps(dossier.sections)


async def test_a_forgotten_shopper_is_in_no_table_any_more(store: Store) -> None:
    conversation = await a_shopper(store)

    async with store.begin() as work:
        keys = await work.erasure.forget(conversation)

    assert keys == [f"{SECRET} key"]
    async with store.begin() as work:
        rows = {table.name: await count(work, table, conversation) for table in [*about_shoppers(), AUDIT]}
    assert {name for name, number in rows.items() if number} == {"promises", "audit"}
    told = {name: columns - LABELLED.get(name, set()) for name, columns in (await left(store)).items()}
    assert {name for name, columns in told.items() if columns} == set()


async def test_words_go_with_age_and_what_is_counted_stays(store: Store) -> None:
    conversation = await a_shopper(store)
    everything = Selection(LONG_AGO, datetime.now(UTC), "UTC")
    async with store.begin() as work:
        before = await figures(work, everything)
        emptied, keys = await work.erasure.empty_messages(BEFORE, limit=10)
        others = await work.erasure.empty_others(BEFORE, limit=10)
        gone = await work.erasure.let_go(BEFORE, datetime.now(UTC), limit=10)
        events = await work.erasure.drop_events(BEFORE, limit=10)
        after = await figures(work, everything)

    assert (emptied, keys, gone, events) == (1, [f"{SECRET} key"], 1, 1)
    assert others >= 3  # words of a handoff, of a promise, of a decision
    assert before["overview"].chats == 1
    assert before == after
    async with store.begin() as work:
        rows = {table.name: await count(work, table, conversation) for table in about_shoppers()}
        again = await work.erasure.empty_messages(BEFORE, limit=10)
    assert {name for name, number in rows.items() if number} == {table.name for table in COUNTED}
    assert again == (0, [])
    told = {name: columns - LABELLED.get(name, set()) for name, columns in (await left(store)).items()}
    assert {name for name, columns in told.items() if columns} == {"dead_letters"}  # in their own time


@pytest.mark.parametrize(
    ("table", "values"),
    [
        pytest.param(CONVERSATIONS, {"holder": "queue"}, id="waits for people"),
        pytest.param(CONVERSATIONS, {"holder": "operator"}, id="is with people"),
        pytest.param(PROMISES, {"state": "open"}, id="is owed something"),
        pytest.param(PROMISES, {"state": "needs_approval"}, id="waits for an approval"),
        pytest.param(MESSAGES, {"handled_at": None}, id="is not answered"),
        pytest.param(MESSAGES, {"author": "bot", "delivery": "queued"}, id="is being answered"),
    ],
)
async def test_nothing_is_emptied_where_somebody(store: Store, table: SqlTable, values: dict[str, Any]) -> None:
    await a_shopper(store)
    async with store.begin() as work:
        await work.session.execute(update(table).values(**values))
    before = await left(store)

    async with store.begin() as work:
        done = [
            (await work.erasure.empty_messages(BEFORE, limit=10))[0],
            await work.erasure.empty_others(BEFORE, limit=10),
            await work.erasure.let_go(BEFORE, datetime.now(UTC), limit=10),
            await work.erasure.drop_events(BEFORE, limit=10),
        ]

    assert done == [0, 0, 0, 0]
    assert await left(store) == before


async def test_young_words_stay_and_so_does_their_shopper(store: Store) -> None:
    await a_shopper(store)
    before = await left(store)

    async with store.begin() as work:
        emptied, _ = await work.erasure.empty_messages(LONG_AGO, limit=10)
        others = await work.erasure.empty_others(LONG_AGO, limit=10)
        gone = await work.erasure.let_go(LONG_AGO, datetime.now(UTC), limit=10)

    assert (emptied, others, gone) == (0, 0, 0)
    assert await left(store) == before


async def test_who_asked_to_be_forgotten_keeps_their_address_for_the_last_line_and_then_goes(store: Store) -> None:
    conversation = await a_shopper(store)
    async with store.begin() as work:
        kept = (await work.session.scalars(select(MESSAGES.c.id))).all()
        await work.erasure.forget(conversation, keep=kept)
        at_once = await work.erasure.let_go(None, datetime.now(UTC), limit=10)
    async with store.begin() as work:
        address = (await work.conversations.get(conversation)).address
        next_day = await work.erasure.let_go(None, datetime.now(UTC) + timedelta(days=2), limit=10)
    async with store.begin() as work:
        gone = await work.conversations.get(conversation)

    assert (at_once, address, next_day) == (0, ADDRESS, 1)
    assert gone.address == f"gone:{conversation}"
    assert gone.gone_at is not None


async def test_who_wrote_again_after_they_were_forgotten_is_known_anew(store: Store) -> None:
    conversation = await a_shopper(store)
    async with store.begin() as work:
        kept = (await work.session.scalars(select(MESSAGES.c.id))).all()
        await work.erasure.forget(conversation, keep=kept)
    async with store.begin() as work:
        await work.conversations.of_address("whatsapp", ADDRESS, name="Anna", language=None)
        gone = await work.erasure.let_go(None, datetime.now(UTC) + timedelta(days=2), limit=10)

    assert gone == 0


async def test_what_is_still_owed_is_forgotten_when_it_is_done(store: Store) -> None:
    conversation = await a_shopper(store)
    async with store.begin() as work:
        await work.session.execute(update(PROMISES).values(state="open"))
        await work.erasure.forget(conversation)
    owed = (await left(store))["promises"]
    async with store.begin() as work:
        await work.session.execute(update(PROMISES).values(state="kept"))
        await work.erasure.empty_others(BEFORE, limit=10)

    assert {"details", "shopper_key"} <= owed
    assert {"details", "shopper_key"}.isdisjoint((await left(store))["promises"])


async def test_somebody_with_the_same_digits_elsewhere_is_not_touched(store: Store) -> None:
    first = await a_shopper(store)
    async with store.begin() as work:
        second = await work.conversations.of_address("telegram", "306900000042", name="Ina", language=None)
        await work.erasure.forget(first)
    async with store.begin() as work:
        assert (await work.conversations.get(second.id)).shopper_name == "Ina"


async def test_a_pressed_button_is_no_feeling_even_when_its_words_are_gone(store: Store) -> None:
    await a_shopper(store)
    async with store.begin() as work:
        await work.erasure.empty_messages(BEFORE, limit=10)
        payload, text_of = (await work.session.execute(select(MESSAGES.c.payload, MESSAGES.c.text))).one()

    assert (payload, text_of) == ("", "")
