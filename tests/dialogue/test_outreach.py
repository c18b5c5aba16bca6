"""What the bot writes first, and what becomes of the answers, around a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.domain.conversation import Holder
from bot.domain.emotion import Reading
from bot.domain.handoff import Reason
from bot.domain.messages import Author, Delivery, Kind, Reply, Template
from bot.domain.order import Order, OrderStatus
from bot.domain.outreach import Outreach, OutreachKind
from bot.domain.promise import Limits, NewPromise, OrderProblem, PromiseKind
from bot.errors import DeliveryRefused
from bot.outreach.wording import Wording
from bot.store.unit_of_work import Work
from tests.dialogue.conftest import Dialogue
from tests.doubles.assistant import a_handoff, a_reading, an_answer

# Far from today, so that nothing that the database dates by itself is near it; London is on summer time.
NOON = datetime(2030, 6, 3, 12, 0, tzinfo=UTC)
ORDER = Order(
    number="WL-7", customer_name="Anna", phone=None, email="anna@example.com", status=OrderStatus.SHIPPED,
    status_since=None, placed_at=NOON - timedelta(days=9), promised_at=NOON - timedelta(days=3), carrier="DHL",
    tracking="JD1", total=Decimal(20), currency="EUR", items=("Mug",),
)  # fmt: skip


async def written(dialogue: Dialogue, now: datetime | None = None) -> list[str]:
    """Let the bot write first, and return what reached the shopper."""
    dialogue.now = now or dialogue.now
    await dialogue.writer.write()
    return await dialogue.work()


async def outreach(dialogue: Dialogue) -> list[Outreach]:
    async with dialogue.store.begin() as work:
        return await work.outreach.of((await dialogue.conversation()).id)


async def wrote_at(work: Work, conversation: str, moment: datetime) -> None:
    await work.conversations.set(conversation, last_inbound_at=moment)


# --- How it was with a person -------------------------------------------------------------------------------------


async def talked_to_a_person(dialogue: Dialogue, *, said: str = "On its way") -> None:
    dialogue.assistant.reply = lambda _: an_answer("Bringing somebody", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    dialogue.assistant.reply = lambda question: an_answer(f"echo {question.text}")
    ana = await dialogue.operator("Ana")
    conversation = await dialogue.conversation()
    await dialogue.desk.claim(conversation.id, ana)
    if said:
        await dialogue.desk.reply(conversation.id, ana, said)
    await dialogue.desk.return_to_bot(conversation.id, ana)
    await dialogue.work()


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


async def test_after_a_talk_with_a_person_the_shopper_is_asked_once_how_it_was(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)

    assert await written(dialogue, in_minutes(4)) == []
    (question,) = await written(dialogue, in_minutes(6))
    assert await written(dialogue, in_minutes(8)) == []

    assert [line.partition(". ")[2] for line in question.splitlines()[-5:]] == [
        "Not at all", "Badly", "Partly", "Well", "Very well",
    ]  # fmt: skip
    (row,) = await outreach(dialogue)
    message = (await dialogue.transcript())[-1]
    assert (row.kind, row.message_id, row.skipped, row.answer) == (OutreachKind.CSAT, message.id, None, None)
    assert message.author is Author.BOT


@pytest.mark.parametrize(("score", "thanks"), [("5", "button"), ("3", "button"), ("2", "person"), ("1", "person")])
async def test_a_score_is_kept_and_a_low_one_is_offered_a_person(dialogue: Dialogue, score: str, thanks: str) -> None:
    await talked_to_a_person(dialogue)
    await written(dialogue, in_minutes(6))

    (reply,) = await dialogue.shopper_says(score)

    (row,) = await outreach(dialogue)
    assert (row.answer, row.answered_at is not None) == (score, True)
    assert ("Talk to a person" in reply) == (thanks == "person")
    assert [question.text for question in dialogue.assistant.asked] == ["a person please"]


async def test_a_person_after_a_low_score_is_asked_of_rasa(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    await written(dialogue, in_minutes(6))
    await dialogue.shopper_says("1")

    await dialogue.shopper_says("Talk to a person")

    assert dialogue.assistant.asked[-1].text == "/ask_human"


async def test_a_shopper_who_wrote_since_is_not_asked(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    await dialogue.shopper_says("one more thing")

    assert await written(dialogue, in_minutes(6)) == []


async def test_a_person_who_wrote_nothing_is_not_asked_about(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue, said="")

    assert await written(dialogue, in_minutes(6)) == []


async def test_what_was_returned_days_ago_is_not_asked_about(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)

    assert await written(dialogue, in_minutes(2 * 24 * 60)) == []


async def test_outside_the_window_the_question_is_skipped_for_good(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    async with dialogue.store.begin() as work:
        await wrote_at(work, (await dialogue.conversation()).id, in_minutes(-24 * 60))

    assert await written(dialogue, in_minutes(6)) == []

    (row,) = await outreach(dialogue)
    assert (row.skipped, row.message_id) == ("window", None)


async def test_a_switch_turns_the_question_off(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    switch_off(dialogue, "csat")

    assert await written(dialogue, in_minutes(6)) == []
    assert await outreach(dialogue) == []


async def test_a_score_while_people_hold_the_chat_is_kept_without_a_word(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    await written(dialogue, in_minutes(6))
    conversation = await dialogue.conversation()
    ben = await dialogue.operator("Ben")
    payload = (await dialogue.transcript())[-1].buttons[3].payload
    await dialogue.desk.take_over(conversation.id, ben)
    await dialogue.work()

    assert await dialogue.shopper_says("Well", kind=Kind.BUTTON, payload=payload) == []

    assert [row.answer for row in await outreach(dialogue)] == ["4"]


async def test_a_question_overtaken_by_an_operator_is_not_sent(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    dialogue.now = in_minutes(6)
    await dialogue.writer.write()
    await dialogue.desk.take_over((await dialogue.conversation()).id, await dialogue.operator("Ben"))

    replies = await dialogue.work()

    asked = next(message for message in await dialogue.transcript() if message.buttons)
    assert asked.delivery is Delivery.WITHDRAWN
    assert not [reply for reply in replies if "Badly" in reply]


@pytest.mark.parametrize("answer", ["6", "well", "x"])
async def test_an_answer_that_was_not_offered_is_none(dialogue: Dialogue, answer: str) -> None:
    await talked_to_a_person(dialogue)
    await written(dialogue, in_minutes(6))
    (row,) = await outreach(dialogue)
    forged = f'/outreach{{"id": {row.id}, "answer": "{answer}"}}'

    await dialogue.shopper_says("x", kind=Kind.BUTTON, payload=forged)

    assert [row.answer for row in await outreach(dialogue)] == [None]


async def test_nobody_answers_for_somebody_else(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    await written(dialogue, in_minutes(6))
    (row,) = await outreach(dialogue)
    async with dialogue.store.begin() as work:
        other = await work.conversations.of_address("test", "eve", name=None, language="en")

        assert await work.outreach.find(row.id, other.id) is None
        assert await work.outreach.find(row.id, row.conversation_id) == row


# --- How likely they are to recommend the shop ---------------------------------------------------------------------


async def a_week_after_a_talk(dialogue: Dialogue) -> datetime:
    """A talk with a person, given back a week ago, noon; the shopper wrote again this morning."""
    await talked_to_a_person(dialogue)
    switch_off(dialogue, "csat")
    now = NOON
    async with dialogue.store.begin() as work:
        await work.session.execute(
            text("UPDATE handoffs SET opened_at = :at, closed_at = :at"), {"at": now - timedelta(days=7, hours=1)}
        )
        await wrote_at(work, (await dialogue.conversation()).id, now - timedelta(hours=3))
    return now


async def test_a_week_after_a_talk_the_shopper_is_asked_once_whether_they_would_recommend_the_shop(
    dialogue: Dialogue,
) -> None:
    noon = await a_week_after_a_talk(dialogue)

    assert await written(dialogue, noon - timedelta(hours=2)) == []
    (question,) = await written(dialogue, noon)
    assert await written(dialogue, noon + timedelta(hours=1)) == []

    assert question.splitlines()[-1] == "12. No more such messages"
    assert [(row.kind, row.answer) for row in await outreach(dialogue)] == [(OutreachKind.NPS, None)]


@pytest.mark.parametrize(("told", "person"), [("0", True), ("6", True), ("7", False), ("10", False)])
async def test_the_number_is_kept_and_who_would_not_is_offered_a_person(
    dialogue: Dialogue, told: str, person: bool
) -> None:
    await written(dialogue, await a_week_after_a_talk(dialogue))

    (reply,) = await dialogue.shopper_says(told)

    assert [row.answer for row in await outreach(dialogue)] == [told]
    assert ("Talk to a person" in reply) is person


async def test_who_wants_no_more_is_asked_nothing_more(dialogue: Dialogue) -> None:
    await written(dialogue, await a_week_after_a_talk(dialogue))

    await dialogue.shopper_says("12")

    assert (await dialogue.conversation()).no_outreach


@pytest.mark.parametrize("hour", [2, 22])
async def test_nobody_is_asked_for_a_number_at_night(dialogue: Dialogue, hour: int) -> None:
    noon = await a_week_after_a_talk(dialogue)

    assert await written(dialogue, noon.replace(hour=hour) + timedelta(days=1)) == []
    assert await outreach(dialogue) == []


async def test_where_something_went_to_a_person_since_only_the_last_talk_counts(dialogue: Dialogue) -> None:
    noon = await a_week_after_a_talk(dialogue)
    await talked_to_a_person(dialogue)

    assert await written(dialogue, noon) == []


async def test_outside_the_window_no_number_is_asked_for(dialogue: Dialogue) -> None:
    noon = await a_week_after_a_talk(dialogue)
    async with dialogue.store.begin() as work:
        await wrote_at(work, (await dialogue.conversation()).id, noon - timedelta(days=2))

    assert await written(dialogue, noon) == []
    assert [row.skipped for row in await outreach(dialogue)] == ["window"]


async def test_the_same_shopper_is_not_asked_again_for_months_in_any_channel(dialogue: Dialogue) -> None:
    noon = await a_week_after_a_talk(dialogue)
    async with dialogue.store.begin() as work:
        elsewhere = await work.conversations.of_address("web", "elsewhere", name=None, language=None)
        for conversation in (elsewhere.id, (await dialogue.conversation()).id):
            await work.proofs.add(conversation, "email", "anna@example.com", "order")
        await work.outreach.add(elsewhere.id, OutreachKind.NPS, "another", noon - timedelta(days=100))

    assert await written(dialogue, noon) == []

    async with dialogue.store.begin() as work:
        await work.session.execute(text("UPDATE outreach SET created_at = :at"), {"at": noon - timedelta(days=200)})
    assert len(await written(dialogue, noon)) == 1


async def test_a_switch_turns_the_number_off(dialogue: Dialogue) -> None:
    noon = await a_week_after_a_talk(dialogue)
    switch_off(dialogue, "nps")

    assert await written(dialogue, noon) == []


# --- Late orders --------------------------------------------------------------------------------------------------


async def knows_an_order(dialogue: Dialogue, *, quiet_for: timedelta = timedelta(hours=2), **changes: Any) -> str:
    """A shopper who proved that an order is theirs, and wrote last so long before NOON."""
    await dialogue.shopper_says("hello")
    conversation = (await dialogue.conversation()).id
    async with dialogue.store.begin() as work:
        await work.proofs.add(conversation, "email", "anna@example.com", "typed")
        await work.orders.put([replace(ORDER, **changes)])
        await wrote_at(work, conversation, NOON - quiet_for)
    return conversation


async def test_a_late_order_is_told_once_with_its_facts(dialogue: Dialogue) -> None:
    await knows_an_order(dialogue)

    news = "".join(await written(dialogue, NOON))

    assert all(fact in news for fact in ("WL-7", "3 days", "DHL", "JD1", "No more such messages"))
    assert await written(dialogue, NOON + timedelta(days=1)) == []
    (row,) = await outreach(dialogue)
    assert (row.kind, row.about, row.skipped) == (OutreachKind.LATE_ORDER, "WL-7 2030-05-31", None)


async def test_days_late_are_counted_by_the_shops_clock(dialogue: Dialogue) -> None:
    hours = dialogue.policy.hours.model_copy(update={"zone": ZoneInfo("Pacific/Auckland")})
    dialogue.policy = dialogue.policy.model_copy(update={"hours": hours})
    evening = NOON.replace(hour=22)  # 10 in the morning of the next day there
    await knows_an_order(dialogue, promised_at=NOON - timedelta(days=3, hours=1))

    assert "4 days" in "".join(await written(dialogue, evening))


async def test_an_order_that_is_late_again_after_a_new_day_is_told_again(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    await written(dialogue, NOON)
    later = NOON + timedelta(days=7)
    async with dialogue.store.begin() as work:
        await work.orders.put([replace(ORDER, promised_at=NOON + timedelta(days=5))])
        await wrote_at(work, conversation, later - timedelta(hours=2))

    assert "2 days" in "".join(await written(dialogue, later))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"promised_at": NOON}, id="is due today"),
        pytest.param({"promised_at": NOON - timedelta(days=15)}, id="is late for too long"),
        pytest.param({"promised_at": None}, id="was never promised for a day"),
        pytest.param({"status": OrderStatus.DELIVERED}, id="is there"),
        pytest.param({"status": OrderStatus.LOST}, id="is lost"),
        pytest.param({"email": "other@example.com"}, id="is somebody else's"),
    ],
)
async def test_nothing_is_said_of_an_order_that(dialogue: Dialogue, changes: dict[str, Any]) -> None:
    await knows_an_order(dialogue, **changes)

    assert await written(dialogue, NOON) == []
    assert await outreach(dialogue) == []


@pytest.mark.parametrize("days", [1, 14])
async def test_an_order_is_told_about_at_both_ends_of_the_span(dialogue: Dialogue, days: int) -> None:
    await knows_an_order(dialogue, promised_at=NOON - timedelta(days=days), status=OrderStatus.DELAYED)

    assert await written(dialogue, NOON) != []


@pytest.mark.parametrize(("days", "again"), [(2.9, False), (3.1, True)])
async def test_who_read_about_the_order_lately_is_not_told(dialogue: Dialogue, days: float, again: bool) -> None:
    conversation = await knows_an_order(dialogue)
    await a_reply(dialogue, conversation, "Your order WL-7 is late.", NOON - timedelta(days=days))

    assert bool(await written(dialogue, NOON)) is again


async def test_another_order_with_a_number_that_begins_so_does_not_count(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    await a_reply(dialogue, conversation, "Your order WL-77 is here.", NOON - timedelta(days=1))

    assert await written(dialogue, NOON) != []


async def a_reply(dialogue: Dialogue, conversation: str, words: str, at: datetime) -> None:
    async with dialogue.store.begin() as work:
        (message,) = await work.messages.add_replies(
            conversation, "test", Author.BOT, [Reply(words)], delivery=Delivery.SENT
        )
        await work.session.execute(
            text("UPDATE messages SET created_at = :at WHERE id = :id"), {"at": at, "id": message}
        )


@pytest.mark.parametrize("kind", [PromiseKind.REFUND, PromiseKind.RESHIP, PromiseKind.CANCEL])
async def test_who_no_longer_waits_for_the_order_is_not_told(dialogue: Dialogue, kind: PromiseKind) -> None:
    conversation = await knows_an_order(dialogue)
    await a_promise(dialogue, conversation, kind, due_at=NOON + timedelta(days=1))

    assert await written(dialogue, NOON) == []


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(NOON.replace(hour=19, minute=59), True, id="20:59 in London"),
        pytest.param(NOON.replace(hour=20), False, id="21:00 in London"),
        pytest.param(NOON.replace(hour=7, minute=59), False, id="08:59 in London"),
        pytest.param(NOON.replace(hour=8), True, id="09:00 in London"),
    ],
)
async def test_at_night_nothing_is_told(dialogue: Dialogue, at: datetime, told: bool) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(hours=6))
    london = dialogue.policy.hours.model_copy(update={"zone": ZoneInfo("Europe/London")})
    dialogue.policy = dialogue.policy.model_copy(update={"hours": london})

    assert bool(await written(dialogue, at)) is told
    assert bool(await outreach(dialogue)) is told


@pytest.mark.parametrize(("hours", "told"), [(23.9, True), (24, False)])
async def test_outside_the_window_news_are_skipped(dialogue: Dialogue, hours: float, told: bool) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(hours=hours))

    assert bool(await written(dialogue, NOON)) is told
    assert [row.skipped for row in await outreach(dialogue)] == [None if told else "window"]


def has_templates(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, *languages: str) -> None:
    with_them = replace(
        dialogue.sender.capabilities, templates=frozenset(("late_order", language) for language in languages)
    )
    monkeypatch.setattr(type(dialogue.sender), "capabilities", with_them)


NEWS = Template("late_order", "en", ("WL-7", "31 May"))


async def test_outside_the_window_a_late_order_is_told_once_by_template(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "en")

    assert await written(dialogue, NOON) == []
    assert await written(dialogue, NOON + timedelta(days=1)) == []

    assert dialogue.sender.templates == [NEWS]
    news = (await dialogue.transcript())[-1]
    assert (news.author, news.delivery, news.provider_id) == (Author.BOT, Delivery.SENT, "template-1")
    assert all(fact in news.text for fact in NEWS.facts)
    assert [(row.kind, row.skipped, row.message_id) for row in await outreach(dialogue)] == [
        (OutreachKind.LATE_ORDER, None, news.id)
    ]


async def test_inside_the_window_news_need_no_template(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await knows_an_order(dialogue)
    has_templates(dialogue, monkeypatch, "en")

    assert "No more such messages" in "".join(await written(dialogue, NOON))
    assert dialogue.sender.templates == []


async def test_a_template_in_another_language_is_not_sent(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "ru", "zh", "el")

    await written(dialogue, NOON)

    assert dialogue.sender.templates == []
    assert [row.skipped for row in await outreach(dialogue)] == ["window"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"no_outreach": True}, id="wants no such messages"),
        pytest.param({"unreachable_since": NOON - timedelta(days=1)}, id="blocked the shop"),
        pytest.param({"blocked_at": NOON - timedelta(days=1)}, id="is blocked"),
    ],
)
async def test_no_template_goes_to_who(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    conversation = await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "en")
    async with dialogue.store.begin() as work:
        await work.conversations.set(conversation, **change)

    await written(dialogue, NOON)

    assert dialogue.sender.templates == []


async def test_at_night_no_template_is_sent(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "en")

    await written(dialogue, NOON.replace(hour=23))

    assert dialogue.sender.templates == []
    assert await outreach(dialogue) == []


async def test_a_template_that_is_refused_is_a_failed_reply_and_not_tried_again(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "en")
    dialogue.sender.failing = [DeliveryRefused("paused", code="63041")]

    await written(dialogue, NOON)
    await written(dialogue, NOON + timedelta(minutes=1))

    news = (await dialogue.transcript())[-1]
    assert (news.delivery, news.delivery_code) == (Delivery.FAILED, "63041")
    assert dialogue.sender.templates == []


async def test_a_template_overtaken_by_an_operator_is_not_sent(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await knows_an_order(dialogue, quiet_for=timedelta(days=4))
    has_templates(dialogue, monkeypatch, "en")
    dialogue.now = NOON
    await dialogue.writer.write()
    await dialogue.desk.take_over(conversation, await dialogue.operator("Ben"))

    await dialogue.work()

    assert NEWS not in dialogue.sender.templates


async def test_a_shopper_known_in_two_conversations_is_told_in_the_newer_one(dialogue: Dialogue) -> None:
    await knows_an_order(dialogue)
    async with dialogue.store.begin() as work:
        other = await work.conversations.of_address("test", "anna at work", name=None, language="en")
        await work.proofs.add(other.id, "email", "anna@example.com", "typed")
        await wrote_at(work, other.id, NOON - timedelta(hours=1))

    assert await written(dialogue, NOON) == []
    assert await outreach(dialogue) == []
    async with dialogue.store.begin() as work:
        assert len(await work.outreach.of(other.id)) == 1


async def test_news_about_a_chat_with_people_wait_until_it_is_back(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    async with dialogue.store.begin() as work:
        await work.conversations.pass_to(conversation, Holder.QUEUE)
    assert await written(dialogue, NOON) == []
    async with dialogue.store.begin() as work:
        await work.conversations.pass_to(conversation, Holder.BOT)

    assert await written(dialogue, NOON) != []


async def test_two_workers_at_once_write_once(dialogue: Dialogue) -> None:
    await knows_an_order(dialogue)
    dialogue.now = NOON

    await asyncio.gather(*(dialogue.writer.write() for _ in range(4)))

    assert len([reply for reply in await dialogue.work() if "No more such messages" in reply]) == 1
    assert len(await outreach(dialogue)) == 1


async def test_two_workers_at_once_ask_once_how_it_was(dialogue: Dialogue) -> None:
    await talked_to_a_person(dialogue)
    dialogue.now = in_minutes(6)

    await asyncio.gather(*(dialogue.writer.write() for _ in range(4)))

    assert len([reply for reply in await dialogue.work() if "Badly" in reply]) == 1
    assert len(await outreach(dialogue)) == 1


async def test_the_button_asks_about_this_very_order(dialogue: Dialogue) -> None:
    await knows_an_order(dialogue)
    await written(dialogue, NOON)

    await dialogue.shopper_says("1")

    assert dialogue.assistant.asked[-1].text == '/ask_order_status{"order_number": "WL-7"}'


async def test_who_wants_no_more_is_told_so_and_gets_no_more(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    await written(dialogue, NOON)

    replies = await dialogue.shopper_says("No more such messages")

    async with dialogue.store.begin() as work:
        await work.orders.put([replace(ORDER, number="WL-8")])
        await wrote_at(work, conversation, NOON - timedelta(hours=1))
    assert len(replies) == 1
    assert (await dialogue.conversation()).no_outreach
    assert await written(dialogue, NOON) == []
    assert len(dialogue.assistant.asked) == 1


async def test_who_unsubscribes_in_words_gets_no_more(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    reading: Reading = a_reading(intent="unsubscribe")
    dialogue.assistant.reply = lambda _: replace(an_answer("A person can do it."), reading=reading)

    await dialogue.shopper_says("stop sending me things")

    async with dialogue.store.begin() as work:
        await wrote_at(work, conversation, NOON - timedelta(hours=1))
    assert await written(dialogue, NOON) == []


async def test_one_order_that_cannot_be_told_about_keeps_nobody_else_waiting(
    dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await knows_an_order(dialogue)
    async with dialogue.store.begin() as work:
        await work.orders.put([replace(ORDER, number="WL-6", promised_at=NOON - timedelta(days=4))])
    say = Wording.late_order

    def breaks(wording: Wording, language: str, outreach_id: int, order: Order, now: datetime) -> Reply:
        if order.number == "WL-6":
            raise ValueError(order.number)
        return say(wording, language, outreach_id, order, now)

    monkeypatch.setattr(Wording, "late_order", breaks)

    news = "".join(await written(dialogue, NOON))

    assert "WL-7" in news
    assert "WL-6" not in news


@pytest.mark.parametrize("rule", ["late_orders", "follow_up"])
async def test_a_switch_turns_news_off(dialogue: Dialogue, rule: str) -> None:
    conversation = await knows_an_order(dialogue, **({} if rule == "late_orders" else {"promised_at": None}))
    await a_promise(dialogue, conversation, PromiseKind.VOUCHER if rule == "late_orders" else PromiseKind.RESHIP)
    switch_off(dialogue, rule)

    assert await written(dialogue, NOON) == []


def switch_off(dialogue: Dialogue, rule: str) -> None:
    rules = dialogue.policy.outreach
    off = getattr(rules, rule).model_copy(update={"on": False})
    dialogue.policy = dialogue.policy.model_copy(update={"outreach": rules.model_copy(update={rule: off})})


async def test_everybody_is_written_to_in_their_language(dialogue: Dialogue) -> None:
    conversation = await knows_an_order(dialogue)
    async with dialogue.store.begin() as work:
        await work.conversations.set(conversation, language="ru")

    assert "Больше не присылать" in "".join(await written(dialogue, NOON))


# --- Promises -----------------------------------------------------------------------------------------------------


async def a_promise(
    dialogue: Dialogue,
    conversation: str,
    kind: PromiseKind = PromiseKind.RESHIP,
    *,
    due_at: datetime = NOON - timedelta(days=5),
    **changes: Any,
) -> None:
    new = NewPromise(
        conversation_id=conversation, message_key="1", shopper_key="a" * 64, order_number="WL-7", kind=kind,
        problem=OrderProblem.DAMAGED, due_at=due_at, **changes,
    )  # fmt: skip
    async with dialogue.store.begin() as work:
        await work.promises.make(new, Limits(), NOON - timedelta(days=9))


async def was_promised(dialogue: Dialogue, kind: PromiseKind = PromiseKind.RESHIP, **changes: Any) -> None:
    conversation = await knows_an_order(dialogue, status=OrderStatus.DELIVERED)
    await a_promise(dialogue, conversation, kind, **changes)


@pytest.mark.parametrize(
    ("kind", "days", "asked"),
    [
        (PromiseKind.RESHIP, 4.9, False),
        (PromiseKind.RESHIP, 5, True),
        (PromiseKind.REFUND, 6.9, False),
        (PromiseKind.REFUND, 7, True),
        (PromiseKind.REFUND, 14.1, False),
        (PromiseKind.VOUCHER, 7, False),
    ],
)
async def test_a_promise_is_followed_up_some_days_after_its_day(
    dialogue: Dialogue, kind: PromiseKind, days: float, asked: bool
) -> None:
    await was_promised(dialogue, kind, due_at=NOON - timedelta(days=days))

    assert bool(await written(dialogue, NOON)) is asked
    assert await written(dialogue, NOON) == []


@pytest.mark.parametrize(
    ("state", "asked"), [("open", True), ("kept", True), ("needs_approval", False), ("withdrawn", False)]
)
async def test_only_what_was_given_is_followed_up(dialogue: Dialogue, state: str, asked: bool) -> None:
    await was_promised(dialogue)
    async with dialogue.store.begin() as work:
        await work.session.execute(text("UPDATE promises SET state = :state"), {"state": state})

    assert bool(await written(dialogue, NOON)) is asked


async def test_what_came_well_ends_well(dialogue: Dialogue) -> None:
    await was_promised(dialogue)
    await written(dialogue, NOON)

    (reply,) = await dialogue.shopper_says("yes")

    assert "write" in reply or "stays open" in reply
    assert [row.answer for row in await outreach(dialogue)] == ["well"]
    assert await dialogue.handoffs() == []


async def test_what_did_not_come_well_goes_to_a_person_at_once(dialogue: Dialogue) -> None:
    await was_promised(dialogue)
    await written(dialogue, NOON)

    (reply,) = await dialogue.shopper_says("No")

    (handoff,) = await dialogue.handoffs()
    assert [row.answer for row in await outreach(dialogue)] == ["not_well"]
    assert (handoff.reason, handoff.severity, handoff.words) == (Reason.REPEAT, 4, "No")
    assert (await dialogue.conversation()).holder is Holder.QUEUE
    assert "10 minutes" in reply


async def test_an_answer_heard_twice_is_answered_once(dialogue: Dialogue) -> None:
    await was_promised(dialogue)
    await written(dialogue, NOON)
    await dialogue.shopper_writes("No")
    conversation = await dialogue.conversation()

    await asyncio.gather(*(dialogue.pipeline.drain(conversation.id, last_try=False) for _ in range(2)))

    assert len(await dialogue.work()) == 1
    assert len(await dialogue.handoffs()) == 1
