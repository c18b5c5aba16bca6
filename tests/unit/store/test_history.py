"""What is known of a shopper from before, over all channels, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
from sqlalchemy import event

from bot.domain.emotion import Emotion
from bot.domain.history import History
from bot.domain.order import OrderStatus
from bot.store.unit_of_work import Store
from tests.doubles.counter import an_order

LONG_AGO = datetime.now(UTC) - timedelta(days=90)
PHONE = "+447700900123"


async def a_talk(store: Store, channel: str, *proofs: tuple[str, str]) -> str:
    async with store.begin() as work:
        talk = await work.conversations.of_address(channel, "anna", name=None, language=None)
        for kind, value in proofs:
            await work.proofs.add(talk.id, kind, value, "order")
    return talk.id


async def complain(store: Store, conversation: str, key: str, problem: str = "late") -> None:
    async with store.begin() as work:
        await work.complaints.add(conversation, key, problem, "WL-1001")


async def history_of(store: Store, conversation: str, since: datetime = LONG_AGO) -> History:
    async with store.begin() as work:
        return await work.histories.of(conversation, since)


def closed_handoff(database_url: str, conversation: str, hours_ago: int, *, emotion: str = "", score: str = "") -> None:
    """A handoff that was returned so long ago, with the feeling of its last message and the score given for it."""
    with psycopg.connect(database_url) as sql:
        handoff = sql.execute(
            "INSERT INTO handoffs (conversation_id, reason, severity, words, opened_at, closed_at, outcome) VALUES"
            " (%s, 'asked', 2, '', now() - make_interval(hours => %s), now() - make_interval(hours => %s), 'returned')"
            " RETURNING id",
            (conversation, hours_ago + 1, hours_ago),
        ).fetchone()
        assert handoff
        if emotion:
            sql.execute(
                "INSERT INTO messages (conversation_id, channel, author, text, delivery, reading, created_at) VALUES"
                " (%s, 'web', 'shopper', '', 'received', jsonb_build_object('emotion', %s::text),"
                " now() - make_interval(mins => %s))",
                (conversation, emotion, hours_ago * 60 + 30),
            )
        if score:
            sql.execute(
                "INSERT INTO outreach (conversation_id, kind, about, created_at, answer) VALUES (%s, 'csat', %s, now(), %s)",
                (conversation, str(handoff[0]), score),
            )


async def test_complaints_of_every_channel_are_one_shoppers_by_what_they_proved(store: Store) -> None:
    here = await a_talk(store, "web", ("phone", PHONE), ("email", "a@example.com"))
    there = await a_talk(store, "telegram", ("email", "a@example.com"))
    stranger = await a_talk(store, "whatsapp", ("phone", "+447700900999"))
    for number, talk in enumerate((there, here, stranger)):
        await complain(store, talk, f"m{number}")

    found = await history_of(store, here)

    assert [(c.message_key, c.problem, c.order_number) for c in found.complaints] == [
        ("m0", "late", "WL-1001"),
        ("m1", "late", "WL-1001"),
    ]
    assert all(c.created_at.tzinfo for c in found.complaints)


async def test_who_proved_nothing_has_only_this_talk(store: Store) -> None:
    here, there = await a_talk(store, "web"), await a_talk(store, "telegram")
    await complain(store, here, "m1")
    await complain(store, there, "m2")

    found = await history_of(store, here)

    assert [c.message_key for c in found.complaints] == ["m1"]
    assert (found.contacts, found.totals) == ((), {})


async def test_orders_count_once_by_currency_and_not_those_that_came_to_nothing(store: Store) -> None:
    here = await a_talk(store, "web", ("phone", PHONE), ("email", "maria.p@example.com"))
    async with store.begin() as work:
        await work.orders.put(
            [
                an_order("WL-1", total=Decimal(100)),
                an_order("WL-2", total=Decimal("20.50"), email=None),
                an_order("WL-3", total=Decimal(7), currency="EUR"),
                an_order("WL-4", total=Decimal(900), status=OrderStatus.REFUNDED),
                an_order("WL-5", total=Decimal(900), status=OrderStatus.CANCELLED),
                an_order("WL-6", total=Decimal(900), phone=None, email="b@example.com"),
            ]
        )

    assert (await history_of(store, here)).totals == {"GBP": 120.5, "EUR": 7.0}


async def test_the_last_contacts_tell_how_they_ended(store: Store, database_url: str) -> None:
    here = await a_talk(store, "web", ("phone", PHONE))
    there = await a_talk(store, "telegram", ("phone", PHONE))
    closed_handoff(database_url, here, 400)
    closed_handoff(database_url, here, 300, emotion="anger")
    closed_handoff(database_url, there, 200, score="1", emotion="joy")
    closed_handoff(database_url, here, 100)

    found = await history_of(store, here)

    told = [(contact.outcome, contact.score, contact.emotion) for contact in found.contacts]
    assert told == [("returned", None, None), ("returned", 1, Emotion.JOY), ("returned", None, Emotion.ANGER)]


async def test_what_is_older_does_not_count(store: Store, database_url: str) -> None:
    here = await a_talk(store, "web", ("phone", PHONE))
    await complain(store, here, "m1")
    closed_handoff(database_url, here, 48)

    found = await history_of(store, here, datetime.now(UTC) + timedelta(minutes=1))

    assert (found.complaints, found.contacts) == ((), ())


async def test_one_statement_tells_it_all(store: Store) -> None:
    here = await a_talk(store, "web", ("phone", PHONE))
    asked: list[str] = []
    event.listen(store._engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    await history_of(store, here)

    assert len(asked) == 1


async def test_photos_are_known_by_the_turn_they_came_in(store: Store, database_url: str) -> None:
    here, there = await a_talk(store, "web"), await a_talk(store, "telegram")
    with psycopg.connect(database_url) as sql:
        for talk, author, kind, turn in (
            (here, "shopper", "photo", 41),
            (here, "shopper", "video", 42),
            (here, "shopper", "text", 43),
            (here, "operator", "photo", 44),
            (there, "shopper", "photo", 45),
        ):
            sql.execute(
                "INSERT INTO messages (conversation_id, channel, author, kind, text, delivery, turn_id)"
                " VALUES (%s, 'web', %s, %s, '', 'received', %s)",
                (talk, author, kind, turn),
            )

    async with store.begin() as work:
        assert await work.media.pictures_since(here, LONG_AGO) == {"41", "42"}
        assert await work.media.pictures_since(here, datetime.now(UTC) + timedelta(minutes=1)) == frozenset()


async def test_what_others_said_on_the_demo_page_is_nobodys_history(store: Store) -> None:
    here = await a_talk(store, "telegram", ("phone", PHONE))
    demo = await a_talk(store, "web", ("phone", PHONE))
    await complain(store, here, "m1")
    await complain(store, demo, "m2")

    assert [c.message_key for c in (await history_of(store, here)).complaints] == ["m1"]
    assert [c.message_key for c in (await history_of(store, demo)).complaints] == ["m1", "m2"]
