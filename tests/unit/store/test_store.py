from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine

from bot.domain.conversation import Holder
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.messages import Author, Button, Delivery, InboundMessage, Reply
from bot.domain.people import Conversation, Role
from bot.domain.queue import QueueFilter, Whose
from bot.errors import WrongTurn
from bot.store.feed import Feed
from bot.store.migrate import config, migrate
from bot.store.unit_of_work import Store, sqlalchemy_url


def a_message(text: str = "hello", *, external_id: str = "1", address: str = "anna", **other: object) -> InboundMessage:
    return InboundMessage(channel="web", external_id=external_id, address=address, text=text, **other)  # type: ignore[arg-type]


async def a_conversation(store: Store, address: str = "anna") -> str:
    async with store.begin() as work:
        return (await work.conversations.of_address("web", address, name=None, language=None)).id


def test_the_migrations_end_at_the_tables(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        command.check(config(connection))


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    migrate(database_url)


async def test_the_same_message_is_stored_once(store: Store) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        first = await work.messages.receive(conversation, a_message())
    async with store.begin() as work:
        again = await work.messages.receive(conversation, a_message("hello, edited"))
        kept = await work.messages.transcript(conversation)
    assert first is not None
    assert again is None
    assert [m.text for m in kept] == ["hello"]


async def test_an_error_in_the_block_keeps_nothing(store: Store) -> None:
    conversation = await a_conversation(store)
    with pytest.raises(RuntimeError):
        async with store.begin() as work:
            await work.messages.receive(conversation, a_message())
            await work.defer("drain_conversation", lock="x", conversation_id=conversation)
            raise RuntimeError
    async with store.begin() as work:
        assert await work.messages.transcript(conversation) == []


async def test_a_job_is_there_exactly_when_its_message_is(store: Store, database_url: str) -> None:
    conversation = await a_conversation(store)
    with psycopg.connect(database_url, autocommit=True) as looking:
        async with store.begin() as work:
            await work.messages.receive(conversation, a_message())
            await work.defer("drain_conversation", lock=f"turn:{conversation}", conversation_id=conversation)
            before = looking.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
        after = looking.execute("SELECT task_name, lock FROM procrastinate_jobs").fetchall()
    assert before == (0,)
    assert after == [("drain_conversation", f"turn:{conversation}")]


async def test_unread_messages_come_oldest_first_and_once(store: Store) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        for number in range(3):
            await work.messages.receive(conversation, a_message(str(number), external_id=str(number)))
    read = []
    async with store.begin() as work:
        while now := await work.conversations.at_turn(conversation, datetime.now(UTC) - timedelta(minutes=1), limit=9):
            assert (now.conversation.id, now.conversation.address, now.came) == (conversation, "anna", 3)
            assert now.said is None
            read.append(tuple(message.text for message in now.unread))
            first = [now.unread[0].id]
            handled = await work.messages.handled(conversation, first, reading=None, stance=None)
            assert handled == now.conversation
            assert await work.messages.handled(conversation, first, reading=None, stance=None) is None
    assert read == [("0", "1", "2"), ("1", "2"), ("2",)]


async def test_a_turn_is_noted_with_its_conversation_as_whoever_was_first_left_it(
    store: Store, database_url: str
) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        received = await work.messages.receive(conversation, a_message())
        assert received is not None
        ana = (await work.users.add("ana", "a long enough password", Role.OPERATOR, "Ana")).id

    async def note() -> Conversation | None:
        async with store.begin() as work:
            return await work.messages.handled(conversation, [received.id], reading=None, stance=None)

    async with store.begin() as work:
        await work.conversations.pass_to(conversation, Holder.OPERATOR, operator_id=ana)
        noting = asyncio.create_task(note())
        with psycopg.connect(database_url, autocommit=True) as looking:
            async with asyncio.timeout(10):
                while looking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
                    await asyncio.sleep(0.01)
        assert not noting.done()
    now = await noting
    assert now is not None
    assert (now.holder, now.operator_id) == (Holder.OPERATOR, ana)


async def test_replies_keep_their_order_and_buttons(store: Store) -> None:
    conversation = await a_conversation(store)
    replies = [Reply("one", (Button("Yes ✅", "/affirm"),)), Reply("two"), Reply("three", share_contact="Поделиться")]
    async with store.begin() as work:
        await work.messages.add_replies(conversation, "web", Author.BOT, replies)
    sent = []
    async with store.begin() as work:
        while queued := await work.messages.to_send(conversation, limit=2):
            reply = queued[0]
            sent.append(Reply(reply.text, reply.buttons, reply.share_contact))
            await work.messages.set_delivery(reply.id, Delivery.SENT, provider_id=f"p-{reply.id}")
    assert sent == replies


@pytest.mark.parametrize(
    ("reports", "ends"),
    [
        pytest.param([Delivery.DELIVERED, Delivery.READ], Delivery.READ, id="in order"),
        pytest.param(
            [Delivery.READ, Delivery.DELIVERED, Delivery.SENT], Delivery.READ, id="late reports change nothing"
        ),
        pytest.param([Delivery.FAILED], Delivery.FAILED, id="failed"),
    ],
)
async def test_what_the_provider_reports_only_moves_forward(
    store: Store, reports: list[Delivery], ends: Delivery
) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        (reply,) = await work.messages.add_replies(conversation, "whatsapp", Author.BOT, [Reply("hi")])
        await work.messages.set_delivery(reply, Delivery.SENT, provider_id="SM1")
        for state in reports:
            await work.messages.delivery_changed("whatsapp", "SM1", state, None)
        assert await work.messages.delivery_changed("whatsapp", "SM-unknown", Delivery.READ, None) is None
        (kept,) = await work.messages.transcript(conversation)
    assert kept.delivery is ends


async def test_of_many_who_claim_at_once_one_wins(store: Store) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        people = [await work.users.add(f"op{n}", "a long password", Role.OPERATOR) for n in range(10)]
        await work.conversations.pass_to(conversation, Holder.QUEUE)

    async def claim(operator_id: int) -> bool:
        try:
            async with store.begin() as work:
                await work.conversations.pass_to(conversation, Holder.OPERATOR, operator_id=operator_id)
        except WrongTurn:
            return False
        return True

    won = await asyncio.gather(*(claim(person.id) for person in people))
    assert won.count(True) == 1


async def test_the_queue_is_sorted_by_severity_then_by_wait(store: Store) -> None:
    for address, severity in (("calm", 1), ("hot", 5), ("later hot", 5), ("middle", 3)):
        conversation = await a_conversation(store, address)
        async with store.begin() as work:
            await work.conversations.pass_to(conversation, Holder.QUEUE)
            await work.conversations.set(conversation, severity=severity)
            request = HandoffRequest(Reason.ANGER, severity, "third week!", 5)
            await work.handoffs.open(conversation, request, message_id=None, due_at=datetime.now(UTC))
    await a_conversation(store, "with the bot")
    async with store.begin() as work:
        queue = await work.queue.lines(QueueFilter(Whose.WAITING), 0, limit=10)
        counts = await work.conversations.counts()
    assert [row.conversation.address for row in queue] == ["hot", "later hot", "middle", "calm"]
    assert queue[0].handoff is not None
    assert queue[0].handoff.words == "third week!"
    assert counts == {Holder.BOT: 1, Holder.QUEUE: 4, Holder.OPERATOR: 0}


async def test_a_second_handoff_while_one_is_open_only_raises_its_severity(store: Store) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        for severity in (2, 4, 3):
            request = HandoffRequest(Reason.ASKED, severity, "a person", 5)
            await work.handoffs.open(conversation, request, message_id=None, due_at=None)
        handoffs = await work.handoffs.of(conversation)
    assert [h.severity for h in handoffs] == [4]


async def test_a_complaint_counts_once_a_message(store: Store) -> None:
    conversation = await a_conversation(store)
    async with store.begin() as work:
        for key in ("m1", "m1", "m2"):
            await work.complaints.add(conversation, key, "late", "WL-1")
        kept = await work.complaints.since(conversation, datetime.now(UTC) - timedelta(hours=1))
        later = await work.complaints.since(conversation, datetime.now(UTC) + timedelta(hours=1))
    assert [c.message_key for c in kept] == ["m1", "m2"]
    assert later == []


async def test_the_right_password_opens_and_an_unknown_name_does_not(store: Store) -> None:
    async with store.begin() as work:
        await work.users.add("ana", "a long password", Role.OPERATOR, "Ana")
        user = await work.users.check("ana", "a long password")
        nobody = await work.users.check("nobody", "a long password")
    assert user is not None
    assert user.display_name == "Ana"
    assert nobody is None


async def test_the_feed_tells_every_listener_which_conversation_changed(store: Store, database_url: str) -> None:
    conversation = await a_conversation(store)
    feeds = [Feed(database_url), Feed(database_url)]
    heard: list[asyncio.Queue[str]] = [asyncio.Queue(), asyncio.Queue()]
    for feed, queue in zip(feeds, heard, strict=True):
        feed.subscribe(queue.put_nowait)
        await feed.start()
        assert await asyncio.wait_for(queue.get(), 5) == ""  # connected: look at everything once
    async with store.begin() as work:
        await work.changed(conversation)
    told = [await asyncio.wait_for(queue.get(), 5) for queue in heard]
    for feed in feeds:
        await feed.stop()
    assert told == [conversation, conversation]
