"""Workers on one database: with two, each shopper is answered in order and once; one whose connections break goes on."""

from __future__ import annotations

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack

from bot.domain.messages import InboundMessage, Reply
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.jobs import Workers, configure, job_app
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


async def test_two_workers_keep_every_shopper_in_order(database_url: str) -> None:
    heard: dict[str, list[str]] = defaultdict(list)
    answered = [0, 0]
    chance = random.Random(6)
    async with AsyncExitStack() as stack:
        dialogues = []
        for number in range(2):
            jobs = job_app(database_url)
            store = Store(database_url, jobs=jobs)
            await stack.enter_async_context(jobs.open_async())
            stack.push_async_callback(store.close)
            dialogue = Dialogue(store)

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
            configure(jobs, workers_of(dialogue))
            worker = Worker(jobs, store, concurrency=3)
            await worker.start()
            stack.push_async_callback(worker.stop)
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
    async with Relay(database_url) as relay, AsyncExitStack() as stack:
        jobs = job_app(relay.dsn)
        theirs = Store(relay.dsn, jobs=jobs)
        await stack.enter_async_context(jobs.open_async())
        stack.push_async_callback(theirs.close)
        dialogue = Dialogue(theirs)
        configure(jobs, workers_of(dialogue))
        worker = Worker(jobs, theirs, concurrency=3)
        await worker.start()
        stack.push_async_callback(worker.stop)

        for said in range(1, 4):
            await shopper.shopper_writes("where is my order?")
            await until(lambda said=said: len(dialogue.sender.sent) == said, seconds=60)
            relay.cut()

    assert [reply.text for reply in dialogue.sender.sent] == ["echo where is my order?"] * 3
