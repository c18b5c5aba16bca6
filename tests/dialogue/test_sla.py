"""The times that the shop wants to keep: set in its hours, met or breached to the second of what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain.duty import TargetKind
from bot.domain.figures import Selection, TargetCount
from bot.domain.queue import QueueFilter, Whose
from tests.dialogue.conftest import Dialogue
from tests.dialogue.test_duty import ahead, waiting, with_ana


async def kept(dialogue: Dialogue, minutes: float = 0) -> dict[str, tuple[bool, bool]]:
    """Keep the times so many minutes from now, and return (met, breached) by kind; of next replies, the last."""
    dialogue.now = ahead(minutes)
    await dialogue.sla.keep()
    async with dialogue.store.begin() as work:
        found = await work.session.execute(
            text("SELECT kind, met_at IS NOT NULL, breached_at IS NOT NULL FROM sla_targets ORDER BY id")
        )
        return {kind: (met, breached) for kind, met, breached in found}


async def test_a_handoff_has_a_target_for_the_first_reply_and_for_its_end(dialogue: Dialogue) -> None:
    conversation = await waiting(dialogue)
    await kept(dialogue)
    await kept(dialogue)

    (handoff,) = await dialogue.handoffs()
    async with dialogue.store.begin() as work:
        target = (await work.targets.next_due([conversation]))[conversation]
        count = await work.session.scalar(text("SELECT count(*) FROM sla_targets"))
    minutes = dialogue.policy.sla.first_reply[handoff.severity]
    assert (target.kind, target.due_at) == (TargetKind.FIRST_REPLY, handoff.opened_at + timedelta(minutes=minutes))
    assert count == 2


@pytest.mark.parametrize(("minutes", "breached"), [(19.9, False), (20.1, True)], ids=["in time", "late"])
async def test_a_first_reply_that_is_late_is_a_breach_at_the_moment_it_was_due(
    dialogue: Dialogue, minutes: float, breached: bool
) -> None:
    conversation = await waiting(dialogue)

    assert (await kept(dialogue, minutes))["first_reply"] == (False, breached)

    async with dialogue.store.begin() as work:
        target = (await work.targets.next_due([conversation]))[conversation]
        late = [each.conversation_id for each in await work.targets.open_breaches()]
    assert target.breached_at == (target.due_at if breached else None)
    assert late == ([conversation] if breached else [])


async def test_an_answer_meets_the_target_and_the_next_message_sets_another(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "Looking")
    assert await kept(dialogue) == {"first_reply": (True, False), "resolution": (False, False)}

    await dialogue.shopper_says("and?")
    await dialogue.shopper_says("hello?")
    assert (await kept(dialogue))["next_reply"] == (False, False)
    assert (await kept(dialogue, 31))["next_reply"] == (False, True)
    await dialogue.desk.reply(conversation, ana, "Here it is")
    assert (await kept(dialogue, 32))["next_reply"] == (True, True)

    async with dialogue.store.begin() as work:
        assert await work.session.scalar(text("SELECT count(*) FROM sla_targets WHERE kind = 'next_reply'")) == 1


async def test_what_was_answered_between_two_looks_was_kept(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await dialogue.desk.reply(conversation, ana, "Looking")
    await dialogue.shopper_says("and?")
    await dialogue.desk.reply(conversation, ana, "Here it is")
    await dialogue.desk.return_to_bot(conversation, ana)

    found = await kept(dialogue, 5)

    assert found["next_reply"] == (True, False)


async def test_the_end_of_the_handoff_meets_its_target(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await kept(dialogue)
    await dialogue.desk.return_to_bot(conversation, ana)

    assert (await kept(dialogue, 5000))["resolution"] == (True, False)


async def test_nobody_waited_for_a_chat_that_was_taken_over(dialogue: Dialogue) -> None:
    await dialogue.shopper_says("hello")
    await dialogue.desk.take_over((await dialogue.conversation()).id, await dialogue.operator("Ana"))

    assert await kept(dialogue) == {"resolution": (False, False)}


async def test_without_the_switch_there_are_no_targets(dialogue: Dialogue) -> None:
    sla = dialogue.policy.sla.model_copy(update={"on": False})
    dialogue.policy = dialogue.policy.model_copy(update={"sla": sla})
    await waiting(dialogue)

    assert await kept(dialogue, 100) == {}


async def test_time_stands_still_while_the_shop_is_closed(dialogue: Dialogue) -> None:
    dialogue.now = ahead(0)
    days = {dialogue.now.date() + timedelta(days=n): "" for n in range(2)}
    hours = dialogue.policy.hours.model_copy(update={"holidays": days})
    dialogue.policy = dialogue.policy.model_copy(update={"hours": hours})
    await waiting(dialogue)

    assert (await kept(dialogue, 24 * 60))["first_reply"] == (False, False)


async def test_the_queue_shows_what_is_due_next_and_figures_count_what_was_missed(dialogue: Dialogue) -> None:
    await waiting(dialogue)
    await kept(dialogue, 21)
    now = ahead(30)

    async with dialogue.store.begin() as work:
        (line,) = await work.queue.lines(QueueFilter(Whose.WAITING), 0, limit=10)
        counted = await work.figures.targets(Selection(ahead(-60), now, "UTC"))
    (handoff,) = await dialogue.handoffs()
    assert line.next_due == handoff.opened_at + timedelta(minutes=dialogue.policy.sla.first_reply[handoff.severity])
    assert counted == [TargetCount("first_reply", 1, 1)]


async def test_a_pause_stops_the_clocks_and_waking_starts_them_again(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await kept(dialogue)

    async def end_due() -> datetime:
        async with dialogue.store.begin() as work:
            due = await work.session.scalar(text("SELECT due_at FROM sla_targets WHERE kind = 'resolution'"))
            assert isinstance(due, datetime)
            return due

    before = await end_due()
    await dialogue.desk.snooze(conversation, ana, datetime.now(UTC) + timedelta(hours=10))
    paused = await end_due()
    await dialogue.desk.snooze(conversation, ana, datetime.now(UTC) + timedelta(hours=4))
    shortened = await end_due()
    await dialogue.desk.snooze(conversation, ana, datetime.now(UTC))
    woken = await end_due()

    assert [round((due - before) / timedelta(minutes=5)) for due in (paused, shortened, woken)] == [120, 48, 0]
    assert (await kept(dialogue, 60 * 24 * 30))["resolution"] == (False, True)


async def test_a_pause_does_not_undo_a_breach(dialogue: Dialogue) -> None:
    conversation, ana = await with_ana(dialogue)
    await kept(dialogue, 60 * 24 * 30)
    await dialogue.desk.snooze(conversation, ana, datetime.now(UTC) + timedelta(hours=10))

    async with dialogue.store.begin() as work:
        late = [each.conversation_id for each in await work.targets.open_breaches()]
    assert conversation in late
