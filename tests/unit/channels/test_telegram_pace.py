"""Telegram gets one message a second in a chat and thirty a second in all."""

from __future__ import annotations

import asyncio

from bot.channels.telegram.pace import telegrams_pace
from tests.doubles.channels import Naps


async def test_a_first_message_does_not_wait() -> None:
    naps = Naps()

    await telegrams_pace(clock=naps.clock, sleep=naps.sleep).turn("1")

    assert naps.taken == []


async def test_messages_in_one_chat_are_a_second_apart() -> None:
    naps = Naps()
    pace = telegrams_pace(clock=naps.clock, sleep=naps.sleep)

    went = []
    for _ in range(3):
        await pace.turn("1")
        went.append(naps.now)

    assert [round(at - went[0], 6) for at in went] == [0, 1, 2]


async def test_messages_that_come_at_once_line_up() -> None:
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    pace = telegrams_pace(clock=lambda: 1000.0, sleep=sleep)
    await asyncio.gather(*(pace.turn("1") for _ in range(3)))

    assert [round(seconds) for seconds in asked if seconds >= 0.5] == [1, 2]


async def test_thirty_chats_take_a_second() -> None:
    naps = Naps()
    pace = telegrams_pace(clock=naps.clock, sleep=naps.sleep)

    for chat in range(31):
        await pace.turn(str(chat))

    assert round(sum(naps.taken), 6) == 1


async def test_a_chat_that_waits_does_not_hold_others_up() -> None:
    pace = telegrams_pace()
    await pace.turn("1")
    waiting = asyncio.create_task(pace.turn("1"))

    await asyncio.wait_for(pace.turn("2"), 0.5)

    assert not waiting.done()
    waiting.cancel()


async def test_chats_that_are_free_again_are_forgotten() -> None:
    naps = Naps()
    pace = telegrams_pace(clock=naps.clock, sleep=naps.sleep)

    for chat in range(3000):
        await pace.turn(str(chat))

    assert len(pace._chats) < 1100
