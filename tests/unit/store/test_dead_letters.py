"""What could not be read waits, and is read once it can be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.telegram import hear
from bot.domain.messages import DeadLetter
from bot.running.letters import replay_in
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox

UPDATE = json.loads((Path(__file__).parents[2] / "payloads" / "telegram" / "text.json").read_text())
READABLE = DeadLetter("telegram", json.dumps(UPDATE), "the parser failed: ZeroDivisionError")
BROKEN = DeadLetter("telegram", "{", "no JSON object")


async def waiting(store: Store) -> list[str]:
    async with store.begin() as work:
        return [kept.letter.reason for kept in await work.dead_letters.unread()]


async def test_what_can_be_read_by_now_is_answered_and_the_rest_waits_on(store: Store) -> None:
    inbox = Inbox(store)
    for letter in (READABLE, BROKEN):
        await inbox.dead(letter)

    assert await replay_in(store, ()) == (1, 1)

    async with store.begin() as work:
        conversation = await work.conversations.known("telegram", "7001")
        assert conversation is not None
        assert [m.text for m in await work.messages.transcript(conversation.id)] == [UPDATE["message"]["text"]]
    assert await waiting(store) == ["no JSON object"]


async def test_only_those_named_are_read(store: Store) -> None:
    inbox = Inbox(store)
    for _ in range(2):
        await inbox.dead(READABLE)
    async with store.begin() as work:
        first, _ = await work.dead_letters.unread()

    assert await replay_in(store, [first.id]) == (1, 0)
    assert len(await waiting(store)) == 1


async def test_a_letter_that_still_breaks_the_parser_is_kept_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(hear, "parse_update", broken)
    await Inbox(store).dead(READABLE)

    assert await replay_in(store, ()) == (0, 1)
    assert len(await waiting(store)) == 1


async def test_letters_can_be_dropped_by_number_and_by_age(store: Store) -> None:
    for letter in (READABLE, BROKEN):
        await Inbox(store).dead(letter)
    async with store.begin() as work:
        first, _ = await work.dead_letters.unread()

        assert await work.dead_letters.drop(first.id) == 1
        assert await work.dead_letters.drop_before(datetime.now(UTC) - timedelta(days=1)) == 0
        assert await work.dead_letters.drop_before(datetime.now(UTC) + timedelta(seconds=5)) == 1
        assert await work.dead_letters.count() == 0
