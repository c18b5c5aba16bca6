"""Replies on their way: lost answers, crashes between sending and noting it, and channels that are closed for now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.messages import Attachment, Author, Delivery, Reply, Report, Template
from bot.domain.people import Message
from bot.errors import DeliveryError, DeliveryRefused, RateLimited, WindowClosed
from bot.media.keeping import REPORTS_KEPT
from bot.store.tables import MessageRow
from bot.turns.assistant import Answer, Question
from bot.turns.jobs import SEND_TRIES
from bot.turns.reports import now_known
from tests.dialogue.conftest import CHANNEL, Dialogue

DAY = timedelta(hours=24)


async def replies(dialogue: Dialogue) -> list[Message]:
    return [message for message in await dialogue.transcript() if message.author is not Author.SHOPPER]


async def resent(dialogue: Dialogue, message: Message) -> int:
    async with dialogue.store.begin() as work:
        row = await work.session.get(MessageRow, message.id)
    assert row is not None
    return row.resent


async def test_a_reply_whose_answer_was_lost_is_asked_for_and_not_sent_again(dialogue: Dialogue) -> None:
    dialogue.sender.lost = 1

    with pytest.raises(DeliveryError):
        await dialogue.shopper_says("hello there, where is my order?")
    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert len(dialogue.sender.sent) == 1
    assert (reply.delivery, reply.provider_id) == (Delivery.SENT, "provider-1")


async def test_where_nobody_can_be_asked_it_is_sent_again_and_counted(dialogue: Dialogue) -> None:
    dialogue.sender.lost, dialogue.sender.can_be_asked = 1, False

    with pytest.raises(DeliveryError):
        await dialogue.shopper_says("hello there, where is my order?")
    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert len(dialogue.sender.sent) == 2
    assert (reply.delivery, await resent(dialogue, reply)) == (Delivery.SENT, 1)


async def test_a_reply_that_surely_did_not_go_out_is_not_counted_as_sent_again(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [DeliveryError("502"), RateLimited("slow", retry_after=1)]

    await dialogue.shopper_writes("hello there, where is my order?")
    for _ in range(2):
        with pytest.raises(DeliveryError):
            await dialogue.work()
    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert len(dialogue.sender.sent) == 1
    assert (reply.delivery, await resent(dialogue, reply)) == (Delivery.SENT, 0)


async def test_a_worker_that_dies_after_sending_leaves_a_reply_that_the_next_one_asks_for(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [KeyboardInterrupt()]  # type: ignore[list-item]  # what ends a process
    with pytest.raises(KeyboardInterrupt):
        await dialogue.shopper_says("hello there, where is my order?")
    (reply,) = await replies(dialogue)
    assert reply.delivery is Delivery.SENDING
    dialogue.sender.sent.append(Reply(reply.text))

    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert reply.delivery is Delivery.SENT
    assert len(dialogue.sender.sent) == 1


async def test_an_operators_words_wait_while_the_channel_is_closed_and_go_out_when_the_shopper_writes(
    dialogue: Dialogue,
) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = DAY + timedelta(minutes=1)

    await dialogue.desk.reply(conversation.id, ana, "It is on its way now.")
    unsaid = await dialogue.work()
    dialogue.passed = timedelta(0)
    said = await dialogue.shopper_says("any news about it by now?")

    assert unsaid == []
    assert said == ["It is on its way now."]


@pytest.mark.parametrize(
    ("hours", "state"), [(timedelta(hours=23), Delivery.SENT), (timedelta(hours=25), Delivery.WAITING)]
)
async def test_the_window_closes_a_day_after_the_shoppers_last_message(
    dialogue: Dialogue, hours: timedelta, state: Delivery
) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = hours

    await dialogue.desk.reply(conversation.id, ana, "It is on its way now.")
    await dialogue.work()

    assert (await replies(dialogue))[-1].delivery is state


async def test_the_shopper_is_asked_to_write_once_a_silence(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    dialogue.passed = DAY * 2

    for words in ("It is on its way now.", "It comes tomorrow."):
        await dialogue.desk.reply(conversation.id, ana, words)
        await dialogue.work()

    assert dialogue.sender.templates == [Template("nudge", "en")]


async def test_an_operators_template_goes_out_in_a_closed_window_and_is_tried_again(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = DAY * 2
    news = Template("late_order", "en", ("WL-7", "Friday"))
    dialogue.sender.failing = [DeliveryError("away")]

    await dialogue.desk.send_template(conversation.id, ana, news, "WL-7 is late")
    with pytest.raises(DeliveryError):
        await dialogue.work()
    await dialogue.work()

    assert dialogue.sender.templates == [news]
    said = (await replies(dialogue))[-1]
    assert (said.text, said.author, said.delivery) == ("WL-7 is late", Author.OPERATOR, Delivery.SENT)


@pytest.mark.parametrize(("name", "nudges"), [("nudge", 0), ("late_order", 1)])
async def test_only_an_operators_own_nudge_takes_the_place_of_the_next_one(
    dialogue: Dialogue, name: str, nudges: int
) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.passed = DAY * 2

    await dialogue.desk.send_template(conversation.id, ana, Template(name, "en", ("?",)), "?")
    await dialogue.desk.reply(conversation.id, ana, "It is on its way now.")
    await dialogue.work()

    assert dialogue.sender.templates.count(Template("nudge", "en")) == nudges


async def test_a_provider_that_finds_the_window_closed_makes_the_reply_wait(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [WindowClosed("63016", code="63016")]

    await dialogue.shopper_says("hello there, where is my order?")

    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.delivery_code) == (Delivery.WAITING, "63016")
    assert dialogue.sender.templates == [Template("nudge", "en")]


async def test_a_window_that_the_provider_finds_closed_later_makes_the_reply_wait(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")

    await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", Delivery.WAITING, "63016")
    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.delivery_code) == (Delivery.WAITING, "63016")
    assert dialogue.sender.templates == [Template("nudge", "en")]


async def test_a_refused_template_leaves_the_reply_waiting(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(address: str, template: Template) -> str:
        raise DeliveryRefused("none", code="no_template")

    monkeypatch.setattr(dialogue.sender, "template", refuse)
    dialogue.sender.failing = [WindowClosed("63016", code="63016")]

    await dialogue.shopper_says("hello there, where is my order?")

    assert [reply.delivery for reply in await replies(dialogue)] == [Delivery.WAITING]


async def test_a_file_goes_out_with_its_words(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    conversation = await dialogue.conversation()
    file = Attachment("k1", "image/png", "label.png", 1200)
    ana = await dialogue.operator("Ana")
    await dialogue.desk.take_over(conversation.id, ana)

    await dialogue.desk.reply(conversation.id, ana, "Your return label", file)
    await dialogue.work()

    assert dialogue.sender.sent[-1] == Reply("Your return label", attachment=file)


async def a_reply_reported_as(dialogue: Dialogue, code: str, *, again_in: float) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", Delivery.FAILED, code, again_in=again_in)


async def test_a_reply_that_was_too_fast_after_all_goes_out_again_in_time(dialogue: Dialogue) -> None:
    await a_reply_reported_as(dialogue, "63018", again_in=10)

    early = await dialogue.work()
    dialogue.passed = timedelta(seconds=11)
    again = await dialogue.work()

    assert (early, len(again)) == ([], 1)
    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.provider_id) == (Delivery.SENT, "provider-2")
    assert await resent(dialogue, reply) == 0  # nobody has it twice


async def test_what_comes_after_a_reply_that_is_held_waits_with_it(dialogue: Dialogue) -> None:
    await a_reply_reported_as(dialogue, "63038", again_in=3600)

    meanwhile = await dialogue.shopper_says("and where is the other one?")
    dialogue.passed = timedelta(seconds=3601)
    then = await dialogue.work()

    assert meanwhile == []
    assert len(then) == 2


async def test_a_reply_is_not_sent_again_for_ever(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    for number in range(1, 20):
        await dialogue.inbox.delivery_changed(CHANNEL, f"provider-{number}", Delivery.FAILED, "63018", again_in=1)
        dialogue.passed += timedelta(minutes=2)
        await dialogue.work()

    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.delivery_code, len(dialogue.sender.sent)) == (Delivery.FAILED, "63018", SEND_TRIES)


async def test_a_report_about_an_earlier_try_changes_nothing(dialogue: Dialogue) -> None:
    await a_reply_reported_as(dialogue, "63018", again_in=1)
    dialogue.passed = timedelta(minutes=2)
    await dialogue.work()

    await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", Delivery.FAILED, "63018", again_in=1)

    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.provider_id) == (Delivery.SENT, "provider-2")


def reported_before_the_answer(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, *reports: Report) -> None:
    send = dialogue.sender.send

    async def quickly(address: str, reply: Reply) -> str:
        sent = await send(address, reply)
        for report in reports:
            if report.provider_id == sent:
                await dialogue.inbox.delivery_changed(
                    CHANNEL, sent, report.state, report.code, again_in=report.again_in
                )
        return sent

    monkeypatch.setattr(dialogue.sender, "send", quickly)


@pytest.mark.parametrize(
    "states",
    [
        (Delivery.SENT,),
        (Delivery.DELIVERED,),
        (Delivery.SENT, Delivery.DELIVERED, Delivery.READ),
        (Delivery.SENT, Delivery.FAILED),
        (Delivery.WAITING,),
    ],
)
async def test_what_a_provider_reports_before_its_answer_counts(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, states: tuple[Delivery, ...]
) -> None:
    code = {Delivery.FAILED: "63024", Delivery.WAITING: "63016"}.get(states[-1])
    early = [Report(CHANNEL, "provider-1", state, code) for state in states]
    reported_before_the_answer(dialogue, monkeypatch, *early)

    await dialogue.shopper_says("hello there, where is my order?")
    await dialogue.work()

    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.delivery_code, reply.provider_id) == (states[-1], code, "provider-1")
    assert len(dialogue.sender.templates) == (states[-1] is Delivery.WAITING)


async def test_a_reply_that_failed_before_its_answer_came_goes_out_again(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Report(CHANNEL, "provider-1", Delivery.FAILED, "63018", again_in=10)
    reported_before_the_answer(dialogue, monkeypatch, failed)

    await dialogue.shopper_says("hello there, where is my order?")
    early = await dialogue.work()
    dialogue.passed = timedelta(seconds=11)
    again = await dialogue.work()

    assert (early, len(again)) == ([], 1)
    (reply,) = await replies(dialogue)
    assert (reply.delivery, reply.provider_id) == (Delivery.SENT, "provider-2")


async def test_a_report_that_comes_while_its_id_is_noted_waits_for_that(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [KeyboardInterrupt()]  # type: ignore[list-item]  # what ends a process
    with pytest.raises(KeyboardInterrupt):
        await dialogue.shopper_says("hello there, where is my order?")
    (reply,) = await replies(dialogue)

    async with dialogue.store.begin() as work:
        await now_known(work, reply.id, CHANNEL, "provider-1")
        report = asyncio.create_task(dialogue.inbox.delivery_changed(CHANNEL, "provider-1", Delivery.DELIVERED))
        await asyncio.sleep(0.3)
    await report

    (reply,) = await replies(dialogue)
    assert reply.delivery is Delivery.DELIVERED


async def test_a_report_about_a_message_of_somebody_else_is_kept_for_a_day_only(dialogue: Dialogue) -> None:
    await dialogue.inbox.delivery_changed(CHANNEL, "of-nobody", Delivery.DELIVERED)
    await dialogue.inbox.delivery_changed(CHANNEL, "of-nobody", Delivery.READ)

    async with dialogue.store.begin() as work:
        soon = await work.early_reports.drop_before(datetime.now(UTC) - REPORTS_KEPT)
        later = await work.early_reports.drop_before(datetime.now(UTC) + timedelta(minutes=1))

    assert (soon, later) == (0, 2)


async def test_a_report_that_tells_nothing_new_is_not_kept(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    for state in (Delivery.READ, Delivery.DELIVERED, Delivery.READ):
        await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", state)

    async with dialogue.store.begin() as work:
        kept = await work.early_reports.take(CHANNEL, "provider-1")

    assert kept == []


@pytest.mark.parametrize("arrived", [Delivery.DELIVERED, Delivery.READ])
async def test_what_has_arrived_is_not_sent_again(dialogue: Dialogue, arrived: Delivery) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", arrived)

    await dialogue.inbox.delivery_changed(CHANNEL, "provider-1", Delivery.FAILED, "63018", again_in=1)
    dialogue.passed = timedelta(minutes=2)

    assert await dialogue.work() == []


async def test_a_day_that_is_used_up_holds_no_job_and_goes_on_tomorrow(dialogue: Dialogue) -> None:
    dialogue.sender.failing = [RateLimited("63038", retry_after=7 * 3600, code="63038")]

    today = await dialogue.shopper_says("hello there, where is my order?")
    async with dialogue.store.begin() as work:
        _, due = await work.messages.conversations_with_work()
    dialogue.passed = timedelta(hours=7, minutes=1)
    tomorrow = await dialogue.work()

    assert (today, due, len(tomorrow)) == ([], [], 1)


async def test_an_earlier_reply_with_the_same_words_is_not_taken_for_the_one_in_doubt(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")
    (first,) = await replies(dialogue)
    ana, conversation = await dialogue.operator("Ana"), await dialogue.conversation()
    await dialogue.desk.take_over(conversation.id, ana)
    await dialogue.work()
    dialogue.sender.failing = [DeliveryError("no answer", uncertain=True)]

    await dialogue.desk.reply(conversation.id, ana, first.text)
    with pytest.raises(DeliveryError):
        await dialogue.work()
    again = await dialogue.work()

    assert again == [first.text]


async def test_typing_is_shown_for_the_message_that_is_answered(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = dialogue.assistant.answer

    async def slowly(question: Question) -> Answer:
        await asyncio.sleep(0)
        return await answer(question)

    monkeypatch.setattr(dialogue.assistant, "answer", slowly)

    await dialogue.shopper_says("hello there, where is my order?")

    assert dialogue.sender.typed == ["m1"]
