"""Several short messages are one turn, a flood is slowed, and nothing is skipped or answered twice."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import psycopg
import pytest

from bot.domain.messages import Author, InboundMessage, Kind
from bot.errors import AssistantUnavailable
from bot.store.unit_of_work import Store
from bot.turns.assistant import Answer, Question
from bot.turns.burst import FLOOD
from bot.turns.jobs import DELIVER, DRAIN, job_app
from bot.turns.worker import Worker
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import an_answer


@pytest.fixture
def dialogue(store: Store) -> Dialogue:
    """Somebody who waits a moment for the rest."""
    return Dialogue(store, burst_window=1.5)


def later(dialogue: Dialogue, seconds: float) -> None:
    """Let time pass."""
    dialogue.passed += timedelta(seconds=seconds)


async def test_lines_in_quick_succession_are_answered_once(dialogue: Dialogue) -> None:
    for line in ("hi", "my order", "it has not come yet"):
        await dialogue.shopper_writes(line)

    early = await dialogue.work()
    later(dialogue, 2)
    replies = await dialogue.work()

    assert early == []
    assert replies == ["echo hi\nmy order\nit has not come yet"]
    assert len(dialogue.assistant.asked) == 1


async def test_a_finished_sentence_ends_the_wait(dialogue: Dialogue) -> None:
    assert await dialogue.shopper_says("hi") == []

    assert await dialogue.shopper_says("where is my order?") == ["echo hi\nwhere is my order?"]


async def test_waiting_leaves_one_job_that_looks_again(dialogue: Dialogue, database_url: str) -> None:
    for _ in range(3):
        await dialogue.shopper_says("hi")

    with psycopg.connect(database_url) as looking:
        waiting = looking.execute(
            "SELECT task_name, priority, scheduled_at > now() FROM procrastinate_jobs WHERE priority < 0"
        ).fetchall()

    assert waiting == [("drain_conversation", -1, True)]


async def test_an_answer_to_a_question_of_ours_is_not_waited_for(dialogue: Dialogue) -> None:
    dialogue.assistant.reply = lambda _: an_answer("Which order is it?")
    await dialogue.shopper_says("where is my order?")

    assert await dialogue.shopper_says("the mixer") == ["Which order is it?"]


async def test_a_message_that_comes_while_the_bot_answers_is_the_next_turn(dialogue: Dialogue) -> None:
    await dialogue.shopper_writes("where is my order?")
    answer = dialogue.assistant.answer

    async def answer_slowly(question: Question) -> Answer:
        if len(dialogue.assistant.asked) == 0:
            await dialogue.shopper_writes("and where is my refund?")
        return await answer(question)

    dialogue.assistant.answer = answer_slowly  # type: ignore[method-assign]
    first = await dialogue.work()
    second = await dialogue.work()  # the job that came with the second message

    assert (first, second) == (["echo where is my order?"], ["echo and where is my refund?"])


async def test_a_turn_that_is_tried_again_asks_the_same_question_under_the_same_id(dialogue: Dialogue) -> None:
    def broken(_: Question) -> Answer:
        raise RuntimeError("no answer")

    echo, dialogue.assistant.reply = dialogue.assistant.reply, broken
    await dialogue.shopper_writes("hi")
    await dialogue.shopper_writes("where is my order?")
    with pytest.raises(RuntimeError):
        await dialogue.work()
    await dialogue.shopper_writes("hello? is anybody there?")
    dialogue.assistant.reply = echo

    replies = await dialogue.work()

    first, again, _ = dialogue.assistant.asked
    assert again == first
    assert replies == ["echo hi\nwhere is my order?", "echo hello? is anybody there?"]


async def test_a_message_that_always_breaks_its_turn_does_not_block_the_next(dialogue: Dialogue) -> None:
    echo = dialogue.assistant.reply

    def breaks(question: Question) -> Answer:
        if "poison" in question.text:
            raise RuntimeError("cannot be answered")
        return echo(question)

    dialogue.assistant.reply = breaks
    await dialogue.shopper_writes("poison is in this one.")
    await dialogue.work(last_try=True)
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.claim(conversation.id, ana)
    await dialogue.desk.return_to_bot(conversation.id, ana)
    await dialogue.work()

    assert await dialogue.shopper_says("where is my order?") == ["echo where is my order?"]


async def test_who_floods_is_told_once_and_answered_in_batches(dialogue: Dialogue) -> None:
    for number in range(FLOOD + 1):
        await dialogue.shopper_writes(f"line {number}.")

    replies = await dialogue.work()
    for number in range(FLOOD + 1):
        await dialogue.shopper_writes(f"more {number}.")
    at_once = await dialogue.work()
    later(dialogue, 6)
    then = await dialogue.work()

    assert len(dialogue.assistant.asked) == 2
    assert len(replies) == 2, "the notice and one answer"
    assert at_once == []
    assert len(then) == 1
    assert [m for m in await dialogue.transcript() if m.author is Author.SHOPPER and m.handled_at is None] == []


async def test_a_flood_is_seen_however_quickly_each_message_is_answered(dialogue: Dialogue) -> None:
    heard = [len(await dialogue.shopper_says(f"line {number}.")) for number in range(FLOOD + 5)]

    assert heard[:FLOOD] == [1] * FLOOD
    assert sum(heard[FLOOD:]) == 0, "answered a few seconds later"
    assert len(dialogue.assistant.asked) == FLOOD
    later(dialogue, 6)
    assert len(await dialogue.work()) == 2
    assert (await dialogue.conversation()).slowed_at is not None


async def test_who_writes_much_over_a_longer_time_does_not_flood(dialogue: Dialogue) -> None:
    for number in range(FLOOD):
        await dialogue.shopper_writes(f"line {number}.")
    later(dialogue, 61)

    await dialogue.shopper_says("and one more.")

    assert (await dialogue.conversation()).slowed_at is None


async def test_a_flood_holds_up_nobody_else(dialogue: Dialogue) -> None:
    for number in range(500):
        await dialogue.shopper_writes(f"line {number}.")
    await dialogue.work()
    await dialogue.inbox.receive(InboundMessage(CHANNEL, "b1", "boris", "where is my order?"))
    async with dialogue.store.begin() as work:
        boris = await work.conversations.known(CHANNEL, "boris")
    assert boris is not None

    await dialogue.pipeline.drain(boris.id, last_try=False)
    await dialogue.outbox.deliver(boris.id)

    assert dialogue.sender.sent[-1].text == "echo where is my order?"
    assert len(dialogue.assistant.asked) == 2, "one turn for each of them"


async def test_twenty_messages_are_no_flood(dialogue: Dialogue) -> None:
    for number in range(FLOOD):
        await dialogue.shopper_writes(f"line {number}.")

    await dialogue.work()

    assert (await dialogue.conversation()).slowed_at is None
    assert len(dialogue.assistant.asked) == 2


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_order_things_happen_in_each_message_is_answered_once_and_in_order(
    dialogue: Dialogue, seed: int
) -> None:
    chance = random.Random(seed)
    echo = dialogue.assistant.reply

    def unreliable(question: Question) -> Answer:
        if chance.random() < 0.3:
            raise RuntimeError("died in the middle")
        return echo(question)

    dialogue.assistant.reply = unreliable
    said, tries = 0, 0
    while said < 12 or tries < 3:
        if said < 12 and chance.random() < 0.6:
            text = chance.choice([f"w{said}", f"w{said}."])
            message = InboundMessage(CHANNEL, f"x{said}", "anna", text, kind=Kind.TEXT)
            await dialogue.inbox.receive(*[message] * chance.choice([1, 1, 2]))
            said += 1
        if said and chance.random() < 0.5:
            try:
                await dialogue.work()
                tries += said == 12
            except RuntimeError:
                pass
        later(dialogue, chance.choice([0, 0.5, 3]))
    dialogue.assistant.reply = echo
    later(dialogue, 10)
    await dialogue.work()

    heard = "\n".join(reply.text.removeprefix("echo ") for reply in dialogue.sender.sent)
    assert [line.rstrip(".") for line in heard.split("\n")] == [f"w{number}" for number in range(12)]


async def test_a_rasa_that_is_away_hands_the_whole_burst_over(dialogue: Dialogue) -> None:
    def away(_: Question) -> Answer:
        raise AssistantUnavailable("away")

    dialogue.assistant.reply = away
    await dialogue.shopper_writes("my parcel is broken.")
    await dialogue.shopper_writes("and nobody answers!")

    await dialogue.work()

    (handoff,) = await dialogue.handoffs()
    assert handoff.words == "my parcel is broken.\nand nobody answers!"


async def test_a_worker_that_dies_after_it_postponed_a_turn_stops_nobody(dialogue: Dialogue, database_url: str) -> None:
    jobs = job_app(database_url)

    @jobs.task(name=DRAIN)
    async def drain(*, conversation_id: str) -> None:
        await dialogue.pipeline.drain(conversation_id, last_try=False)

    @jobs.task(name=DELIVER)
    async def deliver(*, conversation_id: str) -> None:
        await dialogue.outbox.deliver(conversation_id)

    with psycopg.connect(database_url, autocommit=True) as looking:
        await dialogue.shopper_says("hi")
        looking.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE priority < 0")
        await dialogue.shopper_says("my order")
        await dialogue.inbox.receive(InboundMessage(CHANNEL, "b1", "boris", "where is my order?"))
        looking.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT max(id) FROM procrastinate_jobs)"
        )
        async with jobs.open_async():
            worker = Worker(jobs, dialogue.store, concurrency=2)
            await worker.start()
            for _ in range(200):
                unread = looking.execute(
                    "SELECT count(*) FROM messages WHERE handled_at IS NULL AND author = 'shopper'"
                )
                if unread.fetchone() == (0,):
                    break
                await asyncio.sleep(0.1)
            await worker.stop()

    asked = {question.text for question in dialogue.assistant.asked}
    assert asked == {"hi\nmy order", "where is my order?"}
