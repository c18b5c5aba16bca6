"""How often a turn waits for the database: each time costs as much as the work itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from procrastinate import App

from bot.store import unit_of_work
from bot.store.unit_of_work import Store
from bot.turns.jobs import job_app
from tests.dialogue.conftest import Dialogue
from tests.doubles.relay import Relay


@pytest_asyncio.fixture
async def relay(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    monkeypatch.setattr(unit_of_work, "_RESTED", 3600)  # however slow this machine is, no connection rests
    async with Relay(database_url) as between:
        yield between


@pytest_asyncio.fixture
async def jobs(relay: Relay) -> AsyncIterator[App]:
    app = job_app(relay.dsn)
    async with app.open_async():
        yield app


@pytest.mark.parametrize(
    ("reports", "to_deliver"),
    [
        pytest.param(False, 6, id="a provider that says no more than that it took the reply"),
        # A transaction, for the provider may have reported on the reply already.
        pytest.param(True, 10, id="a provider that reports"),
    ],
)
async def test_a_turn_waits_for_the_database_as_often_as_it_has_to(
    reports: bool, to_deliver: int, relay: Relay, jobs: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(relay.dsn, jobs=jobs)
    dialogue = Dialogue(store)
    monkeypatch.setattr(dialogue.sender, "capabilities", replace(dialogue.sender.capabilities, reports=reports))
    await dialogue.shopper_says("hello there, where is my order?")  # prepares the connection
    conversation, before = await dialogue.conversation(), relay.trips

    await dialogue.shopper_writes("and where is my other order, please?")
    stored = relay.trips
    await dialogue.pipeline.drain(conversation.id, last_try=False)
    answered = relay.trips
    await dialogue.outbox.deliver(conversation.id)
    delivered = relay.trips
    await store.close()

    # Each transaction begins and ends; what follows from it - a job, a notice to the pages - is one statement. What begins
    # a turn and what notes a delivery are statements by themselves.
    assert (stored - before, answered - stored, delivered - answered) == (5, 7, to_deliver)


async def test_a_question_about_jobs_is_one_trip(relay: Relay, jobs: App) -> None:
    async def ask(times: int) -> None:
        for _ in range(times):
            await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=60)

    await ask(15)  # what is asked often is prepared by the driver
    before = relay.trips

    await ask(5)

    assert relay.trips - before == 5


async def test_a_broken_connection_is_seen_before_jobs_are_asked_for(relay: Relay, jobs: App) -> None:
    for _ in range(3):
        await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=60)
        relay.cut()
        await asyncio.sleep(0.05)  # the news of it comes through a socket

    assert list(await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=60)) == []
