"""How chats end, rest and are closed to somebody: what the shopper hears, and what is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text as sql

from bot.domain.conversation import Holder
from bot.domain.handoff import HELPED, RESOLVED, Outcome
from bot.domain.messages import Author
from bot.domain.people import Message, User
from bot.errors import DeliveryRefused, WrongTurn
from bot.turns.jobs import TELL_RETURNED
from tests.dialogue.conftest import Dialogue
from tests.doubles.assistant import a_handoff, an_answer


async def ana_holds(dialogue: Dialogue) -> tuple[str, User]:
    """A shopper who asked for a person has Ana."""
    dialogue.assistant.reply = lambda _: an_answer("a colleague comes", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    dialogue.assistant.reply = lambda question: an_answer(f"echo {question.text}")
    ana = await dialogue.operator("Ana")
    chat = (await dialogue.conversation()).id
    await dialogue.desk.claim(chat, ana)
    await dialogue.work()
    return chat, ana


async def acts(dialogue: Dialogue) -> list[tuple[str, dict[str, str]]]:
    async with dialogue.store.begin() as work:
        found = await work.session.execute(sql("SELECT act, details FROM audit ORDER BY id"))
        return [(act, details) for act, details in found]


async def test_a_resolved_chat_is_the_bots_again_and_its_handoff_has_an_outcome(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)

    await dialogue.desk.resolve(chat, ana, Outcome.REFUNDED, " paid back by hand ", "You have your money back. Bye!")

    first, second = await dialogue.work()
    assert first == "You have your money back. Bye!"
    assert second != first
    (handoff,) = await dialogue.handoffs()
    assert (handoff.outcome, handoff.ended_because, handoff.operator_id) == ("refunded", "paid back by hand", ana.id)
    assert handoff.closed_at is not None
    assert (await dialogue.conversation()).holder is Holder.BOT
    assert await dialogue.shopper_says("thanks") == ["echo thanks"]
    assert ("resolve", {"outcome": "refunded"}) in await acts(dialogue)
    async with dialogue.store.begin() as work:
        told = await work.session.scalar(
            sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name"), {"name": TELL_RETURNED}
        )
    assert told == 1


async def test_spam_is_not_told_that_the_bot_is_back(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)

    await dialogue.desk.resolve(chat, ana, Outcome.SPAM)

    assert await dialogue.work() == []


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - set(RESOLVED)))
async def test_only_some_outcomes_are_an_operators_to_choose(dialogue: Dialogue, outcome: Outcome) -> None:
    chat, ana = await ana_holds(dialogue)

    with pytest.raises(ValueError, match="not resolved as"):
        await dialogue.desk.resolve(chat, ana, outcome)


def test_shoppers_are_asked_how_it_was_only_where_somebody_helped() -> None:
    assert not {Outcome.SPAM, Outcome.NO_ANSWER, Outcome.NOT_OURS, Outcome.BLOCKED, Outcome.LEFT_QUEUE} & set(HELPED)


async def test_outside_the_window_nobody_is_asked_to_write_only_to_hear_that_the_bot_is_back(
    dialogue: Dialogue,
) -> None:
    chat, ana = await ana_holds(dialogue)
    async with dialogue.store.begin() as work:
        await work.conversations.set(chat, last_inbound_at=datetime.now(UTC) - timedelta(hours=25))

    await dialogue.desk.resolve(chat, ana, Outcome.NO_ANSWER)
    await dialogue.work()

    assert dialogue.sender.templates == []


async def test_a_chat_of_somebody_else_is_neither_resolved_nor_paused_nor_blocked(dialogue: Dialogue) -> None:
    chat, _ = await ana_holds(dialogue)
    boris = await dialogue.operator("Boris")

    for attempt in (
        dialogue.desk.resolve(chat, boris, Outcome.SOLVED),
        dialogue.desk.snooze(chat, boris, datetime.now(UTC) + timedelta(hours=1)),
        dialogue.desk.block(chat, boris),
    ):
        with pytest.raises(WrongTurn):
            await attempt

    assert (await dialogue.conversation()).holder is Holder.OPERATOR


async def test_a_resolved_chat_is_taken_again_with_its_handoff(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.resolve(chat, ana, Outcome.SOLVED, "thought so")
    boris = await dialogue.operator("Boris")

    await dialogue.desk.reopen(chat, boris)

    now, (handoff,) = await dialogue.conversation(), await dialogue.handoffs()
    assert (now.holder, now.operator_id, now.severity) == (Holder.OPERATOR, boris.id, handoff.severity)
    assert (handoff.closed_at, handoff.outcome, handoff.ended_because) == (None, None, None)
    assert handoff.operator_id == boris.id
    assert await dialogue.shopper_says("still broken") != ["echo still broken"]


async def test_what_people_never_held_cannot_be_taken_again(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello")
    ana = await dialogue.operator("Ana")

    with pytest.raises(WrongTurn):
        await dialogue.desk.reopen((await dialogue.conversation()).id, ana)


async def test_a_chat_is_returned_with_a_last_line(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)

    await dialogue.desk.return_to_bot(chat, ana, "The bot knows your parcel, ask it any time.")

    assert (await dialogue.work())[0] == "The bot knows your parcel, ask it any time."
    last_words = (await dialogue.transcript())[-2]
    assert (last_words.author, last_words.operator_id) == (Author.OPERATOR, ana.id)


async def test_a_paused_chat_is_silent_and_wakes_when_the_shopper_writes(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    until = datetime.now(UTC) + timedelta(hours=3)

    await dialogue.desk.snooze(chat, ana, until)

    assert (await dialogue.conversation()).snoozed_until == until
    assert await dialogue.shopper_says("are you there?") == []
    now = await dialogue.conversation()
    assert (now.snoozed_until, now.holder, now.operator_id) == (None, Holder.OPERATOR, ana.id)


async def test_a_paused_chat_is_woken_by_hand_and_by_moving_it(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    later = datetime.now(UTC) + timedelta(days=1)
    await dialogue.desk.snooze(chat, ana, later)
    await dialogue.desk.snooze(chat, ana, datetime.now(UTC))
    assert (await dialogue.conversation()).snoozed_until is None

    await dialogue.desk.snooze(chat, ana, later)
    await dialogue.desk.release(chat, ana)

    assert (await dialogue.conversation()).snoozed_until is None
    assert [act for act, _ in await acts(dialogue)][-4:] == ["snooze", "wake", "snooze", "release"]


async def test_a_blocked_shopper_is_told_once_and_then_neither_answered_nor_queued(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)

    await dialogue.desk.block(chat, ana, "threats against the courier")

    (line,) = await dialogue.work()
    assert line in {dialogue.notices.blocked("en").text for _ in range(60)}
    dialogue.assistant.reply = lambda _: an_answer("a colleague comes", handoff=a_handoff())
    for words in ("you idiots", "a person please", "/human"):
        assert await dialogue.shopper_says(words) == []
    now = await dialogue.conversation()
    assert (now.holder, now.blocked_at is not None) == (Holder.BOT, True)
    (handoff,) = await dialogue.handoffs()
    assert (handoff.outcome, handoff.ended_because) == ("blocked", "threats against the courier")
    kept = [message for message in await dialogue.transcript() if message.author is Author.SHOPPER]
    assert [message.text for message in kept[-3:]] == ["you idiots", "a person please", "/human"]
    assert all(message.handled_at for message in kept)
    for attempt in (dialogue.desk.take_over(chat, ana), dialogue.desk.reopen(chat, ana)):
        with pytest.raises(WrongTurn):
            await attempt


async def test_a_blocked_shopper_who_floods_is_not_told_to_slow_down(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.block(chat, ana)
    await dialogue.work()
    for number in range(40):
        await dialogue.shopper_writes(f"spam {number}")

    assert await dialogue.work() == []


async def test_an_unblocked_shopper_is_answered_again(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.block(chat, ana)
    await dialogue.work()
    assert await dialogue.shopper_says("sorry") == []

    await dialogue.desk.unblock(chat, ana)

    assert await dialogue.shopper_says("hello again") == ["echo hello again"]
    assert [act for act, _ in await acts(dialogue)][-2:] == ["block", "unblock"]
    with pytest.raises(WrongTurn):
        await dialogue.desk.unblock(chat, ana)


async def last_of(dialogue: Dialogue) -> Message:
    return (await dialogue.transcript())[-1]


async def test_a_message_that_was_sent_is_changed_for_the_shopper_and_keeps_its_earlier_words(
    dialogue: Dialogue,
) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.reply(chat, ana, "It comes on Fryday")
    await dialogue.work()
    sent = await last_of(dialogue)

    await dialogue.desk.edit(chat, ana, sent.id, " It comes on Friday ")

    now = await last_of(dialogue)
    assert dialogue.sender.edited == [(sent.provider_id, "It comes on Friday")]
    assert (now.text, [earlier.text for earlier in now.earlier]) == ("It comes on Friday", ["It comes on Fryday"])
    assert ("edit", {"message": sent.id}) in await acts(dialogue)
    assert await dialogue.work() == []


async def test_a_message_that_still_waits_is_changed_in_the_outbox_and_goes_out_once(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.reply(chat, ana, "It comes on Fryday")

    await dialogue.desk.edit(chat, ana, (await last_of(dialogue)).id, "It comes on Friday")

    assert await dialogue.work() == ["It comes on Friday"]
    assert dialogue.sender.edited == []


async def test_words_that_change_while_the_outbox_looks_at_them_go_out_as_they_are_then(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.reply(chat, ana, "It comes on Fryday")
    async with dialogue.store.begin() as work:
        (read_before,) = await work.messages.to_send(chat, limit=2)
        await dialogue.desk.edit(chat, ana, read_before.id, "It comes on Friday")

        assert await work.messages.sending(read_before.id) == "It comes on Friday"

    with pytest.raises(WrongTurn):
        await dialogue.desk.edit(chat, ana, read_before.id, "too late")


async def test_what_the_channel_did_not_change_is_told_and_stays_as_it_was(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    await dialogue.desk.reply(chat, ana, "It comes on Fryday")
    await dialogue.work()
    sent = await last_of(dialogue)
    dialogue.sender.failing = [DeliveryRefused("too old", code="400")]

    with pytest.raises(DeliveryRefused):
        await dialogue.desk.edit(chat, ana, sent.id, "It comes on Friday")

    assert await last_of(dialogue) == sent


async def test_nobody_changes_what_somebody_else_said_or_says_nothing_or_too_much(dialogue: Dialogue) -> None:
    chat, ana = await ana_holds(dialogue)
    notice = await last_of(dialogue)
    await dialogue.desk.reply(chat, ana, "Hello")
    await dialogue.work()
    hers, boris = await last_of(dialogue), await dialogue.operator("Boris")

    for who, message_id, text, problem in (
        (ana, notice.id, "other words", WrongTurn),
        (ana, hers.id + 1000, "other words", WrongTurn),
        (boris, hers.id, "other words", WrongTurn),
        (ana, hers.id, "  ", ValueError),
        (ana, hers.id, "word " * 100, ValueError),
    ):
        with pytest.raises(problem):
            await dialogue.desk.edit(chat, who, message_id, text)

    assert dialogue.sender.edited == []
    assert (await last_of(dialogue)).text == "Hello"
