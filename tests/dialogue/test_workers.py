"""Workers on one database: with two, each shopper is answered in order and once; one whose connections break goes on."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException

from bot.domain.messages import Delivery, InboundMessage, Reply
from bot.errors import DeliveryError, RateLimited
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.jobs import DELIVER, Workers, configure, job_app
from bot.turns.worker import Worker
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import an_answer
from tests.doubles.channels import until
from tests.doubles.relay import Relay

SHOPPERS, MESSAGES = 8, 6


def workers_of(dialogue: Dialogue) -> Workers:
    """Nobody sends a file, and nothing is a day old."""
    return Workers(
        turns=dialogue.pipeline, deliveries=dialogue.outbox, assistant=dialogue.assistant, outreach=dialogue.writer,
        windows=dialogue.windows, media=None, house=None, watch=dialogue.watch, alerts=dialogue.alerts,
    )  # type: ignore[arg-type]  # fmt: skip


@contextlib.asynccontextmanager
async def at_work(dsn: str, *, concurrency: int = 3) -> AsyncIterator[tuple[Dialogue, App]]:
    """A worker, with the assistant and the channel it works with, and its queue."""
    async with AsyncExitStack() as stack:
        jobs = job_app(dsn)
        store = Store(dsn, jobs=jobs)
        await stack.enter_async_context(jobs.open_async())
        stack.push_async_callback(store.close)
        dialogue = Dialogue(store, jobs=jobs)
        configure(jobs, workers_of(dialogue))
        worker = Worker(jobs, store, concurrency=concurrency, at_hand=dialogue.at_hand)
        await worker.start()
        stack.push_async_callback(worker.stop)
        yield dialogue, jobs


async def test_two_workers_keep_every_shopper_in_order(database_url: str) -> None:
    heard: dict[str, list[str]] = defaultdict(list)
    answered = [0, 0]
    chance = random.Random(6)
    async with AsyncExitStack() as stack:
        dialogues = []
        for number in range(2):
            dialogue, _ = await stack.enter_async_context(at_work(database_url))

            async def send(address: str, reply: Reply) -> str:
                # so long that the next reply is there meanwhile
                await asyncio.sleep(chance.uniform(0.2, 0.4))
                heard[address].append(reply.text)
                return f"{address} {len(heard[address])}"

            async def answer(question: Question, number: int = number) -> Answer:
                await asyncio.sleep(chance.uniform(0, 0.05))
                answered[number] += 1
                return an_answer(f"echo {question.text}")

            dialogue.sender.send = send  # type: ignore[method-assign]
            dialogue.assistant.answer = answer  # type: ignore[method-assign]
            dialogues.append(dialogue)

        async def write(shopper: int) -> None:
            for n in range(MESSAGES):
                message = InboundMessage(CHANNEL, f"{shopper} {n}", f"s{shopper}", f"where is my order number {n}?")
                await dialogues[n % 2].inbox.receive(message)
                await asyncio.sleep(chance.uniform(0, 0.1))

        await asyncio.gather(*map(write, range(SHOPPERS)))
        async with asyncio.timeout(120):
            while sum(map(len, map(numbers, heard.values()))) < SHOPPERS * MESSAGES:
                await asyncio.sleep(0.05)

    # What comes while a shopper is being answered is answered together, in one reply.
    assert {address: numbers(said) for address, said in heard.items()} == {
        f"s{shopper}": list(range(MESSAGES)) for shopper in range(SHOPPERS)
    }
    assert min(answered) > 0


def numbers(said: Sequence[str]) -> list[int]:
    """The orders that were spoken of, in the order in which the shopper heard of them."""
    return [int(number) for reply in said for number in re.findall(r"number (\d+)", reply)]


async def test_a_worker_whose_connections_all_break_goes_on(database_url: str, store: Store) -> None:
    shopper = Dialogue(store)
    async with Relay(database_url) as relay, at_work(relay.dsn) as (dialogue, _):
        for said in range(1, 4):
            await shopper.shopper_writes("where is my order?")
            await until(lambda said=said: len(dialogue.sender.sent) == said, seconds=60)
            relay.cut()

    assert [reply.text for reply in dialogue.sender.sent] == ["echo where is my order?"] * 3


@pytest.mark.parametrize("lost", ["fetch_job", "finish_job", "finish_job_by_id_async"])
async def test_a_job_that_was_given_out_or_ended_while_the_database_was_away_is_done_again(
    lost: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(database_url) as (dialogue, jobs):
        await dialogue.shopper_writes("first")
        await until(lambda: len(dialogue.sender.sent) == 1, seconds=30)
        answered = getattr(jobs.job_manager, lost)
        broken = []

        async def breaks(*asked: Any, **named: Any) -> Any:
            if lost == "fetch_job":
                answer = await answered(*asked, **named)
                if answer is None or broken:
                    return answer
            elif broken:
                return await answered(*asked, **named)
            broken.append(lost)
            raise ConnectorException("the connection is closed")

        monkeypatch.setattr(jobs.job_manager, lost, breaks)
        await dialogue.shopper_writes("second")
        await until(lambda: bool(broken), seconds=30)
        await dialogue.shopper_writes("third")
        await until(lambda: "third" in dialogue.sender.sent[-1].text, seconds=60)

    said = " ".join(reply.text for reply in dialogue.sender.sent)
    assert [said.count(word) for word in ("first", "second", "third")] == [1, 1, 1]


async def test_a_turns_reply_is_sent_without_another_job(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    async with at_work(database_url) as (dialogue, _):
        monkeypatch.setattr(dialogue.outbox, "deliver", asked.append)
        await dialogue.shopper_writes("where is my order?")
        await until(lambda: bool(dialogue.sender.sent), seconds=30)
        await until(lambda: not jobs_left(database_url), seconds=10)

        assert [message.delivery for message in await dialogue.transcript()] == [Delivery.RECEIVED, Delivery.SENT]
    assert asked == []


@pytest.mark.parametrize(
    "fault", [DeliveryError("no connection"), RateLimited("slow down", retry_after=0.5), ZeroDivisionError()]
)
async def test_a_reply_that_could_not_be_sent_at_once_goes_out_before_the_next(
    fault: Exception, database_url: str
) -> None:
    async with at_work(database_url) as (dialogue, _):
        dialogue.sender.failing = [fault]
        await dialogue.shopper_writes("first")
        await until(lambda: not dialogue.sender.failing, seconds=30)
        await dialogue.shopper_writes("second")
        await until(lambda: len(dialogue.sender.sent) == 2, seconds=30)
        await until(lambda: not jobs_left(database_url), seconds=10)

    assert [reply.text for reply in dialogue.sender.sent] == ["echo first", "echo second"]


async def test_a_wait_that_the_provider_asks_for_is_kept_when_the_next_reply_is_there(database_url: str) -> None:
    async with at_work(database_url) as (dialogue, _):
        dialogue.sender.failing = [RateLimited("slow down", retry_after=2)]
        await dialogue.shopper_writes("first")
        await until(lambda: not dialogue.sender.failing, seconds=30)
        slowed = time.monotonic()
        await dialogue.shopper_writes("second")
        await until(lambda: bool(dialogue.sender.sent), seconds=30)
        waited = time.monotonic() - slowed

    assert waited > 1.9


async def test_a_reply_that_cannot_be_begun_does_not_keep_its_turn_from_being_recorded(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any) -> Any:
        raise ZeroDivisionError

    async with at_work(database_url) as (dialogue, _):
        monkeypatch.setattr(dialogue.outbox, "begin", breaks)
        await dialogue.shopper_writes("where is my order?")
        async with asyncio.timeout(30):
            while len(await dialogue.transcript()) < 2:
                await asyncio.sleep(0.1)
        monkeypatch.undo()
        await until(lambda: bool(dialogue.sender.sent), seconds=30)

    assert [reply.text for reply in dialogue.sender.sent] == ["echo where is my order?"]


async def test_a_slow_channel_does_not_have_its_reply_sent_again(database_url: str) -> None:
    async with at_work(database_url) as (dialogue, _):
        sent: list[str] = []

        async def send(address: str, reply: Reply) -> str:
            sent.append(reply.text)
            await asyncio.sleep(7)  # the worker looks for jobs that nobody does every two seconds
            return "taken"

        dialogue.sender.send = send  # type: ignore[method-assign]
        await dialogue.shopper_writes("where is my order?")
        await until(lambda: bool(sent) and not jobs_left(database_url), seconds=30)

    assert sent == ["echo where is my order?"]


async def test_the_reply_of_a_worker_that_died_while_it_sent_goes_out_by_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(database_url) as (first, its_jobs):
        hangs = asyncio.Event()

        async def never(address: str, reply: Reply) -> str:
            hangs.set()
            await asyncio.Event().wait()
            return ""

        first.sender.send = never  # type: ignore[method-assign]
        await first.shopper_writes("where is my order?")
        await asyncio.wait_for(hangs.wait(), 30)

        async def nothing(*_: Any, **__: Any) -> None: ...

        monkeypatch.setattr(its_jobs.job_manager, "fetch_job", nothing)  # the dead take no job
        with psycopg.connect(database_url, autocommit=True) as connection:  # it is not heard of any longer
            connection.execute("UPDATE procrastinate_jobs SET worker_id = NULL WHERE task_name = %s", (DELIVER,))
        async with at_work(database_url) as (second, _):
            await until(lambda: bool(second.sender.sent), seconds=30)
        assert [reply.text for reply in second.sender.sent] == ["echo where is my order?"]


async def test_a_job_whose_lock_is_taken_while_it_is_given_out_is_given_out_later(database_url: str) -> None:
    jobs = job_app(database_url)
    async with jobs.open_async(), await psycopg.AsyncConnection.connect(database_url) as other:
        await jobs.configure_task(DELIVER, lock="delivery:x").defer_async(conversation_id="x")
        worker = await jobs.job_manager.register_worker()
        await other.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
            " VALUES ('default', %s, 'delivery:x', '{}', 'doing', %s)",
            (DELIVER, worker),
        )
        asked = asyncio.create_task(jobs.job_manager.fetch_job(queues=None, worker_id=worker))
        await until(lambda: waits_for_a_lock(database_url), seconds=10)
        await other.commit()

        assert await asked is None
        await other.execute("DELETE FROM procrastinate_jobs WHERE status = 'doing'")
        await other.commit()
        given = await jobs.job_manager.fetch_job(queues=None, worker_id=worker)
        assert given is not None
        assert given.task_name == DELIVER


def jobs_left(dsn: str) -> int:
    """How many jobs are to be done or being done, but for those that come by the clock."""
    with psycopg.connect(dsn) as looking:
        found = looking.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock IS NULL AND status IN ('todo', 'doing')"
        ).fetchone()
    assert found is not None
    return int(found[0])


def waits_for_a_lock(dsn: str) -> bool:
    """True when a statement waits for another's end."""
    with psycopg.connect(dsn) as looking:
        found = looking.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return found is not None
