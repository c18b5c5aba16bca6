"""Before WhatsApp's 24 hours are over: who is reminded that an answer is owed, and what the shopper is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.console.closing import closes_soon
from bot.domain.people import User
from tests.dialogue.conftest import Dialogue
from tests.doubles.assistant import a_handoff, an_answer

ASKED_FOR_A_WORD = ("send any word", "send one word", "send a short message")
NOON, NIGHT = datetime(2026, 3, 4, 12, tzinfo=UTC), datetime(2026, 3, 4, 23, 30, tzinfo=UTC)


async def waiting(dialogue: Dialogue) -> str:
    dialogue.assistant.reply = lambda _: an_answer("A colleague comes.", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    return (await dialogue.conversation()).id


async def with_ana(dialogue: Dialogue) -> tuple[str, User]:
    conversation, ana = await waiting(dialogue), await dialogue.operator("Ana")
    await dialogue.desk.claim(conversation, ana)
    await dialogue.work()
    return conversation, ana


async def look(dialogue: Dialogue, hours: float, *, at: datetime = NOON) -> list[str]:
    """Look so many hours after the shopper wrote last, and return what reached them."""
    async with dialogue.store.begin() as work:
        wrote = (at - timedelta(hours=hours)).isoformat()
        await work.session.execute(text(f"UPDATE conversations SET last_inbound_at = '{wrote}'"))  # noqa: S608  ours
    dialogue.now = at
    dialogue.passed = at - datetime.now(UTC)
    await dialogue.windows.look()
    return await dialogue.work()


async def alerted(dialogue: Dialogue) -> set[str]:
    async with dialogue.store.begin() as work:
        found = await work.session.execute(text("SELECT target FROM alerts WHERE about LIKE 'window %'"))
        return {target for (target,) in found}


async def test_who_holds_the_chat_is_reminded_and_the_shopper_asked_for_a_word(dialogue: Dialogue) -> None:
    _, ana = await with_ana(dialogue)

    said = await look(dialogue, 22.5)

    assert len(said) == 1
    assert any(words in said[0] for words in ASKED_FOR_A_WORD)
    assert await alerted(dialogue) == {f"user {ana.id}"}
    assert closes_soon(await dialogue.conversation())


async def test_everybody_on_duty_is_reminded_of_a_chat_that_nobody_took(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    boris, _away = await dialogue.operator("Boris"), await dialogue.operator("Vera")
    async with dialogue.store.begin() as work:
        await work.duty.seen(boris.id, NOON)

    await look(dialogue, 22.5)

    assert await alerted(dialogue) == {f"user {boris.id}"}


@pytest.mark.parametrize("hours", [0.1, 21.9, 24.1])
async def test_nobody_is_reminded_while_there_is_time_or_when_it_is_over(dialogue: Dialogue, hours: float) -> None:
    await with_ana(dialogue)

    assert await look(dialogue, hours) == []
    assert await alerted(dialogue) == set()


async def test_nobody_is_reminded_twice_in_a_silence_but_in_the_next(dialogue: Dialogue) -> None:
    await with_ana(dialogue)

    first = await look(dialogue, 22.5)
    again = await look(dialogue, 23)  # the same silence is told of by its last message, which moved here
    dialogue.now, dialogue.passed = None, timedelta(0)
    async with dialogue.store.begin() as work:
        await work.conversations.set((await dialogue.conversation()).id, closing_told_at=NOON - timedelta(days=2))
    next_one = await look(dialogue, 22.6)

    assert (len(first), again, len(next_one)) == (1, [], 1)


async def test_who_was_answered_is_owed_nothing(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "It comes on Friday.")
    await dialogue.work()

    assert await look(dialogue, 22.5) == []
    assert await alerted(dialogue) == set()


async def test_a_chat_with_the_bot_is_owed_nothing(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello there, where is my order?")

    assert await look(dialogue, 22.5) == []


async def test_in_quiet_hours_only_the_operator_is_told(dialogue: Dialogue) -> None:
    _, ana = await with_ana(dialogue)

    assert await look(dialogue, 22.5, at=NIGHT) == []
    assert await alerted(dialogue) == {f"user {ana.id}"}


@pytest.mark.parametrize(("rules", "told"), [({"tell_shopper": False}, True), ({"on": False}, False)])
async def test_the_policy_says_whether(dialogue: Dialogue, rules: dict[str, bool], told: bool) -> None:
    await with_ana(dialogue)
    duty = dialogue.policy.duty
    window = duty.window.model_copy(update=rules)
    dialogue.policy = dialogue.policy.model_copy(update={"duty": duty.model_copy(update={"window": window})})

    assert await look(dialogue, 22.5) == []
    assert bool(await alerted(dialogue)) == told


async def test_the_mark_goes_when_the_shopper_writes(dialogue: Dialogue) -> None:
    await with_ana(dialogue)
    await look(dialogue, 22.5, at=datetime.now(UTC))
    dialogue.now, dialogue.passed = None, timedelta(0)

    await dialogue.shopper_writes("yes, I'm here")

    assert not closes_soon(await dialogue.conversation())
