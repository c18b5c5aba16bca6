"""A provider that takes nothing more from the shop: everything in its channel waits, people are told once, and all goes out later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain.messages import Author, Delivery, InboundMessage, Reply, Template
from bot.errors import ChannelStopped, DeliveryError
from bot.turns.jobs import CHANNEL_STOPPED
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.dialogue.test_alerts import ids, links, opens

HOUR = timedelta(hours=1)


def full() -> ChannelStopped:
    return ChannelStopped("63038", retry_after=3600, code="63038")


async def another_shopper(dialogue: Dialogue, words: str) -> str:
    """Somebody else writes, and is answered as far as that goes; return their conversation."""
    await dialogue.inbox.receive(InboundMessage(CHANNEL, f"b {words}", "boris", words))
    async with dialogue.store.begin() as work:
        conversation = await work.conversations.known(CHANNEL, "boris")
    assert conversation is not None
    await dialogue.pipeline.drain(conversation.id, last_try=False)
    await dialogue.outbox.deliver(conversation.id)
    return conversation.id


async def jobs(dialogue: Dialogue, task: str) -> int:
    async with dialogue.store.begin() as work:
        asked = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task")
        return await work.session.scalar(asked, {"task": task}) or 0


async def test_one_refusal_holds_the_whole_channel_and_an_hour_later_all_goes_out_in_order(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [full()]
    await dialogue.shopper_says("hello there, where is my order?")
    boris = await another_shopper(dialogue, "and where is mine?")
    await dialogue.shopper_says("are you still there, please?")
    held = list(dialogue.sender.sent)

    dialogue.passed = HOUR + timedelta(minutes=1)
    await dialogue.outbox.deliver(boris)
    await dialogue.work()

    assert held == []  # nobody tried: the double would have taken it
    said = [reply.text for reply in dialogue.sender.sent]
    assert said == [
        "echo and where is mine?",
        "echo hello there, where is my order?",
        "echo are you still there, please?",
    ]


async def test_no_job_is_made_for_what_waits_and_people_are_told_once_a_day(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [full(), full()]
    await dialogue.shopper_says("hello there, where is my order?")
    async with dialogue.store.begin() as work:
        _, due = await work.messages.conversations_with_work()

    dialogue.passed = HOUR + timedelta(minutes=1)
    await dialogue.work()

    assert (due, dialogue.sender.failing, dialogue.sender.sent) == ([], [], [])
    assert await jobs(dialogue, CHANNEL_STOPPED) == 1
    dialogue.sender.failing = [full()]
    dialogue.passed = timedelta(days=1, minutes=1)
    await dialogue.work()
    assert await jobs(dialogue, CHANNEL_STOPPED) == 2


async def test_a_late_report_stops_the_channel_as_well(dialogue: Dialogue) -> None:
    await dialogue.inbox.channel_stopped(CHANNEL, full())

    assert await dialogue.shopper_says("hello there, where is my order?") == []
    assert await jobs(dialogue, CHANNEL_STOPPED) == 1


async def test_a_reply_in_doubt_stays_so_until_the_channel_goes_on(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue.sender.lost = 1
    with pytest.raises(DeliveryError):
        await dialogue.shopper_says("hello there, where is my order?")
    find = dialogue.sender.find

    async def refuse(*_: object) -> str | None:
        raise full()

    monkeypatch.setattr(dialogue.sender, "find", refuse)
    await dialogue.work()
    monkeypatch.setattr(dialogue.sender, "find", find)
    dialogue.passed = HOUR + timedelta(minutes=1)
    await dialogue.work()

    assert len(dialogue.sender.sent) == 1
    (_, reply) = await dialogue.transcript()
    assert reply.delivery is Delivery.SENT


async def test_the_nudge_waits_too_and_comes_in_the_morning(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = timedelta(hours=25)
    async with dialogue.store.begin() as work:
        await work.channel_stops.begin(CHANNEL, dialogue.running_clock() + HOUR, dialogue.running_clock())
        # What is queued is held by the stop; this one was found waiting before it.
        await work.messages.add_replies(
            conversation.id, CHANNEL, Author.OPERATOR, [Reply("On its way.")], delivery=Delivery.WAITING
        )
    dialogue.quiet_until = dialogue.running_clock() + timedelta(hours=9)

    await dialogue.outbox.deliver(conversation.id)
    async with dialogue.store.begin() as work:
        asked = text("SELECT max(scheduled_at) FROM procrastinate_jobs WHERE lock = :lock AND priority < 0")
        looked = await work.session.scalar(asked, {"lock": f"delivery:{conversation.id}"})
    dialogue.passed += timedelta(hours=9)
    before = list(dialogue.sender.templates)
    await dialogue.outbox.deliver(conversation.id)

    assert before == []
    assert looked is not None
    assert timedelta(hours=8.9) < looked - datetime.now(UTC) < timedelta(hours=9.1)
    assert dialogue.sender.templates == [Template("nudge", "en")]


async def test_a_nudge_that_finds_the_channel_full_is_not_lost(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = timedelta(hours=25)
    template = dialogue.sender.template

    async def refuse(*_: object) -> str:
        raise full()

    monkeypatch.setattr(dialogue.sender, "template", refuse)
    await dialogue.desk.reply(conversation.id, ana, "It is on its way now.")
    await dialogue.work()
    monkeypatch.setattr(dialogue.sender, "template", template)
    dialogue.passed += HOUR + timedelta(minutes=1)
    await dialogue.outbox.deliver(conversation.id)

    assert dialogue.sender.templates == [Template("nudge", "en")]


async def written_first(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    conversation = await dialogue.conversation()
    async with dialogue.store.begin() as work:
        await work.messages.add_replies(conversation.id, CHANNEL, Author.BOT, [Reply("Your order is late.")])
    dialogue.sender.sent.clear()


async def test_what_was_written_first_and_kept_from_going_out_waits_for_the_end_of_quiet_hours(
    dialogue: Dialogue,
) -> None:
    await written_first(dialogue)
    dialogue.passed = HOUR
    dialogue.quiet_until = dialogue.running_clock() + timedelta(hours=9)

    at_night = await dialogue.work()
    dialogue.quiet_until = None
    in_the_morning = await dialogue.work()

    assert (at_night, in_the_morning) == ([], ["Your order is late."])


async def test_who_writes_at_night_gets_the_answer_and_what_came_before_it(dialogue: Dialogue) -> None:
    await written_first(dialogue)
    dialogue.passed = HOUR
    dialogue.quiet_until = dialogue.running_clock() + timedelta(hours=9)

    said = await dialogue.shopper_says("hello there, are you awake?")

    assert said == ["Your order is late.", "echo hello there, are you awake?"]


async def test_what_is_written_first_and_goes_out_at_once_chose_its_hour_itself(dialogue: Dialogue) -> None:
    await written_first(dialogue)
    dialogue.quiet_until = dialogue.running_clock() + timedelta(hours=9)

    assert await dialogue.work() == ["Your order is late."]


async def told(dialogue: Dialogue, until: datetime) -> list[str]:
    """Ana, who reads Russian alerts in a chat of her own, is told of a stop until then; return what she reads."""
    await opens(dialogue, await links(dialogue, await dialogue.operator("Ana")))
    dialogue.sender.sent.clear()
    async with dialogue.store.begin() as work:
        await work.channel_stops.begin("whatsapp", until, datetime.now(UTC))
    await dialogue.watch.channel_stopped("whatsapp")
    for alert in await ids(dialogue):
        await dialogue.alerts.send(alert)
    return [reply.text for reply in dialogue.sender.sent]


async def test_who_answers_shoppers_is_told_in_their_own_chat(dialogue: Dialogue) -> None:
    (said,) = await told(dialogue, datetime.now(UTC) + HOUR)

    first, link = said.splitlines()
    assert first.startswith("WhatsApp: дневной лимит")
    assert link == "https://shop.example/console"


async def test_a_stop_that_is_over_is_no_news(dialogue: Dialogue) -> None:
    assert await told(dialogue, datetime.now(UTC)) == []


async def test_an_alert_about_a_channel_rings_for_no_chat(dialogue: Dialogue) -> None:
    await told(dialogue, datetime.now(UTC) + HOUR)

    async with dialogue.store.begin() as work:
        alerted = await work.alerts.alerted(datetime.now(UTC) - HOUR)

    assert alerted == frozenset()
