"""Notices between processes, and a database that goes and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from bot.console.board import Board
from bot.domain.conversation import Holder
from bot.domain.people import Role
from bot.domain.queue import QueueFilter
from bot.store.feed import Feed
from bot.store.unit_of_work import Store

LOST = "lost"
pytestmark = pytest.mark.timeout(60)


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def hears(self, what: str) -> None:
        """Wait until this is heard; other things may come before it."""
        async with asyncio.timeout(20):
            while await self.heard.get() != what:
                pass


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[tuple[Feed, Ear]]:
    feed, ear = Feed(dsn, silence=0.2), Ear()
    feed.subscribe(ear.heard.put_nowait, lambda: ear.heard.put_nowait(LOST))
    await feed.start()
    await ear.hears("")
    yield feed, ear
    await feed.stop()


def end_listening(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def a_waiting_chat(store: Store) -> str:
    async with store.begin() as work:
        chat = await work.conversations.of_address("web", "anna", name=None, language="en")
        await work.conversations.pass_to(chat.id, Holder.QUEUE)
        await work.changed(chat.id)
    return chat.id


async def test_two_processes_stay_in_step(store: Store, database_url: str) -> None:
    other = Store(database_url)
    async with store.begin() as work:
        ana = await work.users.add("ana", "a long password", Role.OPERATOR, "Ana")
    async with listening(database_url) as (here, ear), listening(database_url) as (there, far_ear):
        boards = Board(store, here), Board(other, there)
        chat = await a_waiting_chat(store)
        await ear.hears(chat)
        await far_ear.hears(chat)
        waiting = [[row.conversation.id for row in await board.lines(QueueFilter(), ana, 10)] for board in boards]

        async with other.begin() as work:  # claimed in the other process
            await work.conversations.pass_to(chat, Holder.OPERATOR, operator_id=ana.id)
            await work.changed(chat)
        await ear.hears(chat)
        await far_ear.hears(chat)
        left = [await board.lines(QueueFilter(), ana, 10) for board in boards]
    await other.close()

    assert waiting == [[chat], [chat]]
    assert left == [[], []]


async def test_a_lost_database_is_told_and_what_was_missed_is_made_up_for(store: Store, database_url: str) -> None:
    async with listening(database_url) as (_, ear):
        await asyncio.to_thread(end_listening, database_url)
        await ear.hears(LOST)
        await ear.hears("")

        chat = await a_waiting_chat(store)
        await ear.hears(chat)


async def test_silence_is_no_loss(database_url: str) -> None:
    async with listening(database_url) as (_, ear):
        await asyncio.sleep(1)

        assert ear.heard.empty()


async def test_who_stopped_listening_hears_nothing(store: Store, database_url: str) -> None:
    async with listening(database_url) as (feed, ear):
        quiet = Ear()
        feed.subscribe(quiet.heard.put_nowait)()
        chat = await a_waiting_chat(store)
        await ear.hears(chat)

        assert quiet.heard.empty()
