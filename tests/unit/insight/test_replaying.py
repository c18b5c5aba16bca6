"""The policy decided anew on what was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from actions.curves import DIALS
from actions.deescalation import decide
from actions.situation import Situation, as_kept
from bot.domain.emotion import Emotion
from bot.domain.figures import Selection
from bot.domain.handoff import HandoffRequest, Reason
from bot.insight.replaying import replayed
from bot.insight.report import load_report, yardstick
from bot.store.unit_of_work import Store
from tests.doubles.shipped import the_policy

CALM: Final = Situation("ask_order_status", Emotion.NEUTRAL, 0.9, 0.1, 0.0)
FURIOUS: Final = replace(CALM, emotion=Emotion.ANGER, confidence=0.9, intensity=0.9)


def lately() -> Selection:
    now = datetime.now(UTC)
    return Selection(now - timedelta(hours=1), now + timedelta(hours=1), "UTC")


async def a_chat(store: Store, *situations: Situation) -> str:
    async with store.begin() as work:
        address = f"{datetime.now(UTC).timestamp()}"
        opened = await work.conversations.of_address("web", address, name=None, language="en")
        for number, situation in enumerate(situations):
            kept = as_kept(situation, decide(situation, the_policy()))
            await work.decisions.add(opened.id, str(number), kept)
    return opened.id


async def test_recorded_talks_are_counted_and_every_number_is_turned(store: Store) -> None:
    furious = await a_chat(store, CALM, FURIOUS)
    taken = await a_chat(store, CALM)
    async with store.begin() as work:
        request = HandoffRequest(Reason.TAKEN_OVER, 1, "", 0)
        await work.handoffs.open(taken, request, message_id=None, due_at=None)

    found = await replayed(store, lately(), the_policy())
    curves = [each async for each in found.curves()]

    assert (found.tally.talks, found.tally.needed, found.tally.handed, found.cut) == (2, 1, 1, False)
    assert [each.dial for each in curves] == list(DIALS)
    assert found.conversations(curves[0].handed) == [furious]


async def test_of_too_many_decisions_the_newest_are_looked_at_and_it_is_said(store: Store) -> None:
    await a_chat(store, CALM, CALM)
    newest = await a_chat(store, CALM, CALM)

    found = await replayed(store, lately(), the_policy(), limit=2)

    assert found.cut
    assert found.conversations(frozenset({0})) == [newest]


async def test_a_shop_without_conversations_has_a_report_too(store: Store) -> None:
    report = await load_report(store, lately(), yardstick(the_policy()))

    assert (report.read, report.misunderstood, report.overview.chats) == (0, 0, 0)


def test_the_yardstick_is_the_policys() -> None:
    found = yardstick(the_policy())

    assert set(found.upset) == {"anger", "frustration", "disappointment"}
    assert "nlu_fallback" in found.not_understood
    assert found.repeat_within == timedelta(hours=72)
