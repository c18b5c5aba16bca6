"""People on duty: who is gone, who is silent, what nobody takes, and who is given a chat; around a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.command import Asked, Command
from bot.domain.conversation import Holder
from bot.domain.duty import Presence, Step, Team
from bot.domain.messages import Author, InboundMessage, Kind
from bot.domain.people import Role, User
from bot.domain.promise import PromiseKind
from bot.errors import WrongTurn
from tests.dialogue.conftest import CHANNEL, Dialogue
from tests.doubles.assistant import a_handoff, an_answer

BACK_IN_QUEUE = ("can't go on", "lost its colleague", "didn't come")
NOBODY_CAME = ("Nobody has got to you", "waited longer than you should", "Still no colleague")


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def ahead(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


async def look(dialogue: Dialogue, minutes: float) -> list[str]:
    """Look after the chats so many minutes from now, and return what reached the shopper."""
    dialogue.now = ahead(minutes)
    await dialogue.watch.look()
    return await dialogue.work()


async def waiting(dialogue: Dialogue) -> str:
    dialogue.assistant.reply = lambda _: an_answer("A colleague comes.", handoff=a_handoff())
    await dialogue.shopper_says("a person please")
    dialogue.assistant.reply = lambda question: an_answer(f"echo {question.text}")
    return (await dialogue.conversation()).id


async def with_ana(dialogue: Dialogue) -> tuple[str, User]:
    conversation, ana = await waiting(dialogue), await dialogue.operator("Ana")
    await dialogue.desk.claim(conversation, ana)
    await dialogue.work()
    return conversation, ana


async def seen(dialogue: Dialogue, user: User, minutes: float = 0) -> None:
    async with dialogue.store.begin() as work:
        await work.duty.seen(user.id, ahead(minutes))


async def acts(dialogue: Dialogue) -> list[str]:
    async with dialogue.store.begin() as work:
        return list(await work.session.scalars(text("SELECT act FROM audit ORDER BY id")))


async def alerts(dialogue: Dialogue) -> list[tuple[str, str]]:
    async with dialogue.store.begin() as work:
        found = await work.session.execute(text("SELECT about, target FROM alerts ORDER BY id"))
        return [(about, target) for about, target in found]


def changed(dialogue: Dialogue, section: str, **values: Any) -> None:
    """Change one section under `duty`, for this dialogue."""
    duty = dialogue.policy.duty
    part = getattr(duty, section).model_copy(update=values)
    dialogue.policy = dialogue.policy.model_copy(update={"duty": duty.model_copy(update={section: part})})


# --- Who is there -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "presence"), [(1.9, Presence.ONLINE), (2.1, Presence.OFFLINE)], ids=["heard of", "not any more"]
)
async def test_a_console_that_is_not_heard_of_is_offline(
    dialogue: Dialogue, minutes: float, presence: Presence
) -> None:
    ana = await dialogue.operator("Ana")
    async with dialogue.store.begin() as work:
        assert await work.duty.count(datetime.now(UTC), timedelta(minutes=2)) is None
        await work.duty.seen(ana.id, ago(minutes))
        (colleague,) = await work.duty.colleagues(datetime.now(UTC), timedelta(minutes=2), 5)
        there = await work.duty.count(datetime.now(UTC), timedelta(minutes=2))

    assert (colleague.presence, there) == (presence, int(presence is Presence.ONLINE))


async def test_who_stepped_away_is_away_and_not_on_duty(dialogue: Dialogue) -> None:
    ana = await dialogue.operator("Ana")
    async with dialogue.store.begin() as work:
        await work.duty.seen(ana.id, datetime.now(UTC))
        await work.duty.set_away(ana.id, away=True)
        await work.duty.set_capacity(ana.id, 2)
        (colleague,) = await work.duty.colleagues(datetime.now(UTC), timedelta(minutes=2), 5)
        there = await work.duty.count(datetime.now(UTC), timedelta(minutes=2))

    assert (colleague.presence, colleague.capacity, colleague.has_room, there) == (Presence.AWAY, 2, False, 0)


# --- Who is gone, who is silent -----------------------------------------------------------------------------------


async def test_a_chat_of_somebody_gone_goes_back_to_the_queue_and_the_shopper_is_told(dialogue: Dialogue) -> None:
    _, ana = await with_ana(dialogue)
    since = (await dialogue.conversation()).waiting_since
    await seen(dialogue, ana)

    assert await look(dialogue, 9.9) == []
    (line,) = await look(dialogue, 10.1)
    assert await look(dialogue, 10.2) == []

    now = await dialogue.conversation()
    assert any(part in line for part in BACK_IN_QUEUE)
    assert (now.holder, now.operator_id, now.waiting_since) == (Holder.QUEUE, None, since)
    assert (await acts(dialogue)).count("returned_gone") == 1
    assert (await dialogue.transcript())[-1].author is Author.SYSTEM


async def test_a_heartbeat_keeps_the_chat(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "Looking")
    await seen(dialogue, ana, 30)

    await look(dialogue, 39)

    assert (await dialogue.conversation()).holder is Holder.OPERATOR


async def test_who_owes_an_answer_is_reminded_once_and_then_the_chat_goes_back(dialogue: Dialogue) -> None:
    _, ana = await with_ana(dialogue)
    await dialogue.shopper_says("are you there?")
    await seen(dialogue, ana, 60)

    await look(dialogue, 9.9)
    assert await alerts(dialogue) == []
    assert await look(dialogue, 10.1) == []
    await look(dialogue, 12)
    assert [target for _, target in await alerts(dialogue)] == [f"user {ana.id}"]
    await look(dialogue, 29.9)
    assert (await dialogue.conversation()).holder is Holder.OPERATOR
    (line,) = await look(dialogue, 30.1)

    assert any(part in line for part in BACK_IN_QUEUE)
    assert "returned_silent" in await acts(dialogue)


async def test_who_answered_owes_nothing(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.shopper_says("are you there?")
    await dialogue.desk.reply(conversation, ana, "Yes")
    await seen(dialogue, ana, 120)

    await look(dialogue, 100)

    assert ((await dialogue.conversation()).holder, await alerts(dialogue)) == (Holder.OPERATOR, [])


@pytest.mark.parametrize("section", ["gone", "silent", "finished"])
async def test_a_switch_leaves_the_chat_where_it_is(dialogue: Dialogue, section: str) -> None:
    conversation, ana = await with_ana(dialogue)
    if section == "finished":
        await dialogue.desk.reply(conversation, ana, "Done")
    if section != "gone":
        await seen(dialogue, ana, 48 * 60)
    changed(dialogue, section, on=False)
    if section == "gone":
        changed(dialogue, "silent", on=False)

    await look(dialogue, 48 * 60)

    assert (await dialogue.conversation()).holder is Holder.OPERATOR


async def test_a_chat_that_nobody_needs_any_more_goes_back_to_the_bot(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "It is on its way")
    await dialogue.work()
    await seen(dialogue, ana, 48 * 60)
    async with dialogue.store.begin() as work:
        await work.conversations.set(conversation, last_inbound_at=ahead(60))

    await look(dialogue, 24 * 60 - 1)
    assert (await dialogue.conversation()).holder is Holder.OPERATOR
    (line,) = await look(dialogue, 24 * 60 + 1)

    assert "person" in line
    assert (await dialogue.conversation()).holder is Holder.BOT
    assert [handoff.outcome for handoff in await dialogue.handoffs()] == ["timed_out"]


async def test_outside_the_window_nothing_is_said_to_it(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "It is on its way")
    await dialogue.work()
    await seen(dialogue, ana, 48 * 60)

    assert await look(dialogue, 24 * 60 + 1) == []
    assert (await dialogue.conversation()).holder is Holder.BOT


# --- What nobody takes --------------------------------------------------------------------------------------------


async def test_those_on_duty_are_reminded_then_everybody_then_the_shopper_is_told_with_a_choice(
    dialogue: Dialogue,
) -> None:
    await waiting(dialogue)
    ana, ben = await dialogue.operator("Ana"), await dialogue.operator("Ben")
    await seen(dialogue, ana, 5)

    assert await look(dialogue, 4.9) == []
    assert await alerts(dialogue) == []
    await look(dialogue, 5.1)
    assert await alerts(dialogue) == [(Step.REMIND, f"user {ana.id}")]
    await look(dialogue, 9.9)
    assert len(await alerts(dialogue)) == 1
    await look(dialogue, 10.1)
    assert [target for about, target in await alerts(dialogue) if about == Step.WIDEN] == [
        f"user {ana.id}", f"user {ben.id}",
    ]  # fmt: skip
    assert await look(dialogue, 19.9) == []
    told = "\n".join(await look(dialogue, 20.1))
    assert await look(dialogue, 60) == []

    assert any(part in told for part in NOBODY_CAME)
    assert [line.partition(". ")[2] for line in told.splitlines()[-3:]] == [
        "Keep waiting", "Phone me", "Answer me later",
    ]  # fmt: skip


async def test_a_shop_that_is_closed_reminds_nobody(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    today = datetime.now(UTC).date()
    holidays = {today + timedelta(days=n): "" for n in range(2)}
    hours = dialogue.policy.hours.model_copy(update={"holidays": holidays})
    dialogue.policy = dialogue.policy.model_copy(update={"hours": hours})

    assert await look(dialogue, 60) == []
    assert await alerts(dialogue) == []


async def test_two_lookers_tell_the_shopper_once(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    for minutes in (6, 11):
        await look(dialogue, minutes)
    dialogue.now = ahead(21)

    await asyncio.gather(*(dialogue.watch.look() for _ in range(3)))

    assert "\n".join(await dialogue.work()).count("Keep waiting") == 1


@pytest.mark.parametrize(("choice", "command"), [("1", Command.WAIT), ("2", Command.CALLBACK), ("3", Command.LATER)])
async def test_what_the_shopper_chooses_is_kept_and_answered(dialogue: Dialogue, choice: str, command: Command) -> None:
    conversation = await waiting(dialogue)
    for minutes in (6, 11, 21):
        await look(dialogue, minutes)

    answer = "\n".join(await dialogue.shopper_says(choice))

    (handoff,) = await dialogue.handoffs()
    async with dialogue.store.begin() as work:
        promises = await work.promises.open_of(conversation, [])
    assert handoff.wish == command.value
    assert (await dialogue.conversation()).holder is Holder.QUEUE
    if command is Command.CALLBACK:
        (promise,) = promises
        assert promise.kind is PromiseKind.CALLBACK
        assert promise.code in answer
    else:
        assert promises == []


@pytest.mark.parametrize(("away", "said"), [(True, True), (False, False)], ids=["nobody", "somebody"])
async def test_who_asks_for_their_place_hears_when_nobody_is_there(dialogue: Dialogue, away: bool, said: bool) -> None:
    await waiting(dialogue)
    ana = await dialogue.operator("Ana")
    async with dialogue.store.begin() as work:
        await work.duty.seen(ana.id, datetime.now(UTC))
        await work.duty.set_away(ana.id, away=away)

    (place, *_) = await dialogue.shopper_says("/human", kind=Kind.COMMAND, payload=Asked(Command.HUMAN).payload)

    assert any(part in place for part in ("at their desk", "no colleague is there", "none of the team")) == said


async def test_who_asks_for_their_place_at_night_hears_when_somebody_is_there(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    dialogue.now = datetime.now(UTC)
    hours = dialogue.policy.hours.model_copy(update={"holidays": {dialogue.now.date(): "Today"}})
    dialogue.policy = dialogue.policy.model_copy(update={"hours": hours})

    (place, *_) = await dialogue.shopper_says("/human", kind=Kind.COMMAND, payload=Asked(Command.HUMAN).payload)

    assert "team" in place
    assert any(unit in place for unit in ("hour", "minute"))


# --- Passing on ---------------------------------------------------------------------------------------------------


async def a_team(dialogue: Dialogue, name: str, *members: User, languages: tuple[str, ...] = ()) -> Team:
    async with dialogue.store.begin() as work:
        team = await work.teams.add(name)
        await work.teams.change(team, languages, [member.id for member in members])
        return next(each for each in await work.teams.all() if each.id == team)


async def test_a_chat_is_passed_to_a_colleague_and_the_shopper_hears_who_it_is(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    ben = await dialogue.operator("Ben")

    await dialogue.desk.transfer(conversation, ana, to=ben, note="Speaks Greek")

    (line,) = await dialogue.work()
    now = await dialogue.conversation()
    assert (now.holder, now.operator_id) == (Holder.OPERATOR, ben.id)
    assert "Ben" in line
    assert (await dialogue.handoffs())[0].operator_id == ben.id
    with pytest.raises(WrongTurn):
        await dialogue.desk.reply(conversation, ana, "one more thing")


async def test_a_chat_is_passed_to_a_team_and_waits_for_it(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    team = await a_team(dialogue, "Returns", await dialogue.operator("Ben"))

    await dialogue.desk.transfer(conversation, ana, team=team)

    now = await dialogue.conversation()
    assert (now.holder, now.team_id) == (Holder.QUEUE, team.id)
    assert len(await dialogue.work()) == 1
    assert "transfer" in await acts(dialogue)


async def test_a_colleagues_chat_is_passed_on_by_who_leads_only(dialogue: Dialogue) -> None:
    conversation, _ = await with_ana(dialogue)
    ben = await dialogue.operator("Ben")
    async with dialogue.store.begin() as work:
        lead = await work.users.add("lea", "a long password", Role.ADMIN, "Lea")

    with pytest.raises(WrongTurn):
        await dialogue.desk.transfer(conversation, ben, to=ben)
    await dialogue.desk.transfer(conversation, lead, to=ben)

    assert (await dialogue.conversation()).operator_id == ben.id


# --- Being given --------------------------------------------------------------------------------------------------


async def test_nobody_is_given_a_chat_unless_the_shop_wants_it(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    await seen(dialogue, await dialogue.operator("Ana"))

    await look(dialogue, 0)

    assert (await dialogue.conversation()).holder is Holder.QUEUE


async def test_the_former_operator_is_given_the_chat_before_who_has_less_to_do(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "Hello")
    await dialogue.desk.return_to_bot(conversation, ana)
    ben = await dialogue.operator("Ben")
    await waiting(dialogue)
    await many_waiting(dialogue, 1)
    async with dialogue.store.begin() as work:
        other = await work.conversations.known(CHANNEL, "shopper 0")
        assert other is not None
        await work.conversations.pass_to(other.id, Holder.OPERATOR, operator_id=ana.id)
    await seen(dialogue, ana)
    await seen(dialogue, ben)
    changed(dialogue, "assign", on=True)

    await look(dialogue, 0)

    assert (await dialogue.conversation()).operator_id == ana.id
    assert "assigned" in await acts(dialogue)


@pytest.mark.parametrize(("capacity", "given"), [(1, True), (0, False)], ids=["room", "no room"])
async def test_who_has_no_room_is_given_nothing(dialogue: Dialogue, capacity: int, given: bool) -> None:
    await waiting(dialogue)
    ana = await dialogue.operator("Ana")
    await seen(dialogue, ana)
    async with dialogue.store.begin() as work:
        await work.duty.set_capacity(ana.id, capacity)
    changed(dialogue, "assign", on=True)

    await look(dialogue, 0)

    assert ((await dialogue.conversation()).holder is Holder.OPERATOR) == given


async def test_a_chat_is_given_to_who_speaks_its_language(dialogue: Dialogue) -> None:
    conversation = await waiting(dialogue)
    ana, ben = await dialogue.operator("Ana"), await dialogue.operator("Ben")
    await a_team(dialogue, "Athens", ana, languages=("el",))
    await a_team(dialogue, "London", ben, languages=("en",))
    for person in (ana, ben):
        await seen(dialogue, person)
    async with dialogue.store.begin() as work:
        await work.conversations.set(conversation, language="en")
    changed(dialogue, "assign", on=True)

    await look(dialogue, 0)

    assert (await dialogue.conversation()).operator_id == ben.id


async def test_who_left_a_chat_without_an_answer_is_not_given_it_again(dialogue: Dialogue) -> None:
    _, ana = await with_ana(dialogue)
    await seen(dialogue, ana, 40)
    await look(dialogue, 31)
    changed(dialogue, "assign", on=True)

    await look(dialogue, 31.5)

    assert (await dialogue.conversation()).holder is Holder.QUEUE


async def many_waiting(dialogue: Dialogue, count: int) -> None:
    for n in range(count):
        await dialogue.inbox.receive(InboundMessage(CHANNEL, f"many {n}", f"shopper {n}", "a person"))
        async with dialogue.store.begin() as work:
            found = await work.conversations.known(CHANNEL, f"shopper {n}")
            assert found is not None
            await work.conversations.pass_to(found.id, Holder.QUEUE)
            await work.handoffs.open(found.id, a_handoff(), message_id=None, due_at=None)


async def test_many_givers_at_once_give_each_chat_once_and_nobody_too_many(dialogue: Dialogue) -> None:
    await many_waiting(dialogue, 12)
    people = [await dialogue.operator(name) for name in ("Ana", "Ben", "Cleo")]
    for person in people:
        await seen(dialogue, person)
    duty = dialogue.policy.duty.model_copy(update={"capacity": 3})
    dialogue.policy = dialogue.policy.model_copy(update={"duty": duty})
    changed(dialogue, "assign", on=True)

    given = await asyncio.gather(*(dialogue.assignment.give() for _ in range(8)))

    async with dialogue.store.begin() as work:
        loads = [each.load for each in await work.duty.colleagues(datetime.now(UTC), timedelta(minutes=2), 3)]
        joined = await work.session.scalar(text("SELECT count(*) FROM audit WHERE act = 'assigned'"))
    assert (sum(given), loads, joined) == (9, [3, 3, 3], 9)
