"""The jobs that come by the clock, on a real procrastinate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from procrastinate import App
from procrastinate.periodic import PeriodicDeferrer

from bot.turns.jobs import WATCH, WRITE_FIRST, Workers, configure, job_app
from tests.doubles.assistant import ScriptedAssistant
from tests.doubles.outreach import RecordingOutreach


@dataclass
class NothingToDo:
    async def drain(self, conversation_id: str, *, last_try: bool) -> None:
        """No messages."""

    async def deliver(self, conversation_id: str) -> None:
        """No replies."""

    async def fetch(self, media_id: int, conversation_id: str, *, last_try: bool) -> None:
        """No files."""

    async def tidy(self) -> None:
        """Nothing old."""

    async def delete(self, keys: Sequence[str]) -> None:
        """No files."""

    async def look(self) -> None:
        """Nobody waits."""

    async def send(self, alert_id: int) -> None:
        """No alerts."""

    async def handed_off(self, conversation_id: str) -> None:
        """Nothing is given."""

    async def channel_stopped(self, channel: str) -> None:
        """Nobody is told."""


def an_app(database_url: str, outreach: RecordingOutreach) -> App:
    app = job_app(database_url)
    nothing = NothingToDo()
    workers = Workers(
        turns=nothing, deliveries=nothing, assistant=ScriptedAssistant(), outreach=outreach, windows=nothing,
        media=nothing, house=nothing, watch=nothing, alerts=nothing,
    )  # fmt: skip
    configure(app, workers)
    return app


async def ask_for(app: App, moment: float) -> None:
    deferrer = PeriodicDeferrer(app.periodic_registry)
    await deferrer.defer_jobs(deferrer.get_previous_tasks(at=moment))


async def test_each_minute_two_workers_make_one_job_of_writing_first(database_url: str) -> None:
    first, second = an_app(database_url, RecordingOutreach()), an_app(database_url, RecordingOutreach())
    minute = time.time() // 60 * 60

    async with first.open_async(), second.open_async():
        await ask_for(first, minute + 1)
        await ask_for(second, minute + 2)

    with psycopg.connect(database_url) as looking:
        jobs = looking.execute("SELECT task_name, lock, queueing_lock FROM procrastinate_jobs ORDER BY 1").fetchall()
    assert jobs == [(WATCH, WATCH, WATCH), (WRITE_FIRST, WRITE_FIRST, WRITE_FIRST)]


async def test_a_worker_writes_first_when_its_minute_comes(database_url: str) -> None:
    outreach = RecordingOutreach()
    app = an_app(database_url, outreach)

    async with app.open_async():
        await ask_for(app, time.time())
        await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    assert outreach.times >= 1
