"""The background work, on procrastinate: its tasks, their locks and how they are tried again."""

from __future__ import annotations

import select
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job
from procrastinate.sql import queries
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bot.errors import RateLimited

DRAIN = "drain_conversation"
DELIVER = "deliver_replies"
TELL_RETURNED = "tell_assistant_returned"
WRITE_FIRST = "write_first"
FETCH_MEDIA = "fetch_media"
TIDY = "tidy"
DELETE_FILES = "delete_files"
WATCH = "watch"
HANDED_OFF = "handed_off"
CHANNEL_STOPPED = "channel_stopped"
ALERT = "alert"

# Turns are tried this often before the message goes to people as it is.
TURN_TRIES = 4
# With the back-off below this is about five minutes of trying to send a reply.
SEND_TRIES = 10
# About eight minutes of trying to get a file.
MEDIA_TRIES = 14
# About ten minutes of trying to tell somebody.
ALERT_TRIES = 16
_NEVER = 1_000_000


def turn_lock(conversation_id: str) -> str:
    """One turn at a time in a conversation, on however many machines."""
    return f"turn:{conversation_id}"


def media_lock(media_id: int) -> str:
    """A file is fetched by one worker at a time."""
    return f"media:{media_id}"


def alert_lock(target: str) -> str:
    """One person or address is alerted to one thing after the other."""
    return f"alert:{target}"


def delivery_lock(conversation_id: str) -> str:
    """Replies of a conversation go out one after the other."""
    return f"delivery:{conversation_id}"


class BackOff(BaseRetryStrategy):
    """Try again after 1, 2, 4 … 60 seconds, or when the provider says; up to `tries` times in all."""

    def __init__(self, tries: int = _NEVER) -> None:
        self._tries = tries

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to run the job again, or None to give it up."""
        if job.attempts + 1 >= self._tries:
            return None
        return RetryDecision(retry_at=again_at(exception, job.attempts))


def again_at(exception: BaseException, attempts: int) -> datetime:
    """Return when to try again what failed after so many attempts before."""
    if isinstance(exception, RateLimited):
        return datetime.now(UTC) + timedelta(seconds=exception.retry_after, milliseconds=100)
    return datetime.now(UTC) + timedelta(seconds=min(60, 2 ** min(attempts, 6)))


class Turns(Protocol):
    """`bot.turns.pipeline.Pipeline`."""

    async def drain(self, conversation_id: str, *, last_try: bool, worker: int | None = None) -> None:
        """Handle every unread message of a conversation, unless more of them are expected within seconds."""
        ...


class Deliveries(Protocol):
    """`bot.turns.delivery.Delivery`."""

    async def deliver(self, conversation_id: str) -> None:
        """Send every queued reply of a conversation."""
        ...


class Returns(Protocol):
    """The part of `bot.turns.assistant.Assistant` that jobs need."""

    async def returned(self, conversation_id: str) -> None:
        """Tell the assistant that it has the conversation back."""
        ...


class Looks(Protocol):
    """`bot.handoff.windows.ClosingWindows`."""

    async def look(self) -> None:
        """Remind of chats whose channel closes soon."""
        ...


class Outreaches(Protocol):
    """`bot.outreach.writing.OutreachWriter`."""

    async def write(self) -> None:
        """Write whatever is due without being asked."""
        ...


class Fetches(Protocol):
    """`bot.media.fetching.MediaFetcher`."""

    async def fetch(self, media_id: int, conversation_id: str, *, last_try: bool) -> None:
        """Fetch a file that a shopper sent."""
        ...


class Tidies(Protocol):
    """`bot.media.keeping.Housekeeper`."""

    async def tidy(self) -> None:
        """Delete what is old enough."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete files whose shopper is forgotten."""
        ...


class Watches(Protocol):
    """`bot.handoff.watch.Watch`."""

    async def look(self) -> None:
        """Do what is due about chats in people's hands."""
        ...

    async def handed_off(self, conversation_id: str) -> None:
        """Do what need not wait for the next look once a chat was handed over."""
        ...

    async def channel_stopped(self, channel: str) -> None:
        """Tell people that nothing goes out in a channel for now."""
        ...


class SendsAlerts(Protocol):
    """`bot.handoff.alerts.Alerts`."""

    async def send(self, alert_id: int) -> None:
        """Send one alert."""
        ...


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Who does the jobs."""

    turns: Turns
    deliveries: Deliveries
    assistant: Returns
    outreach: Outreaches
    windows: Looks
    media: Fetches
    house: Tidies
    watch: Watches
    alerts: SendsAlerts


class _Connector(PsycopgConnector):
    """The database, where a job that is given out at the very moment its lock is taken is a job for later."""

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        """Return the row that was asked for."""
        try:
            found: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        except UniqueViolation:
            if query != queries["fetch_job"]:
                raise
            return {"id": None}
        return found


def job_app(dsn: str, *, pool_size: int = 4) -> App:
    """Return procrastinate's app on our database; `configure` gives it something to do."""
    connector = _Connector(pool_factory=_pool, conninfo=dsn, min_size=1, max_size=pool_size, configure=_one_by_one)
    return App(connector=connector)


def _pool(**options: Any) -> AsyncConnectionPool:
    return AsyncConnectionPool(**options | {"check": _alive})


async def _alive(connection: AsyncConnection) -> None:
    """Raise where a connection broke. The database is asked, which costs as much as a query, only where it said something.

    It says something when it closes a connection, and nothing else to one that waits in the pool.
    """
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        await AsyncConnectionPool.check_connection(connection)


async def _one_by_one(connection: AsyncConnection) -> None:
    """Let procrastinate, which asks one thing at a time, open no transaction around it."""
    await connection.set_autocommit(True)


def configure(app: App, workers: Workers) -> None:
    """Register the tasks."""

    @app.task(name=DRAIN, retry=BackOff(), pass_context=True)
    async def drain(context: JobContext, *, conversation_id: str) -> None:
        attempts = context.job.attempts
        # What breaks while a reply is about to be sent must not keep its turn from being recorded: tried again, they are apart.
        worker = context.job.worker_id if attempts == 0 else None
        await workers.turns.drain(conversation_id, last_try=attempts + 1 >= TURN_TRIES, worker=worker)

    @app.task(name=DELIVER, retry=BackOff())
    async def deliver(*, conversation_id: str) -> None:
        await workers.deliveries.deliver(conversation_id)

    @app.task(name=TELL_RETURNED, retry=BackOff(tries=10))
    async def tell_returned(*, conversation_id: str) -> None:
        await workers.assistant.returned(conversation_id)

    # Every worker asks for this each minute, and procrastinate gives it to one. Should two come to do it at the same time,
    # one waits for the other; a minute that fails is made up for by the next.
    @app.periodic(cron="* * * * *")
    @app.task(name=WRITE_FIRST, lock=WRITE_FIRST, queueing_lock=WRITE_FIRST)
    async def write_first(timestamp: int) -> None:  # noqa: ARG001 - which minute it is about, by this name
        await workers.outreach.write()
        await workers.windows.look()

    @app.task(name=FETCH_MEDIA, retry=BackOff(tries=MEDIA_TRIES), pass_context=True)
    async def fetch(context: JobContext, *, media_id: int, conversation_id: str) -> None:
        last_try = context.job.attempts + 1 >= MEDIA_TRIES
        await workers.media.fetch(media_id, conversation_id, last_try=last_try)

    @app.task(name=DELETE_FILES, retry=BackOff())
    async def delete_files(*, keys: list[str]) -> None:
        await workers.house.delete(keys)

    @app.periodic(cron="17 3 * * *")
    @app.task(name=TIDY, lock=TIDY, queueing_lock=TIDY)
    async def tidy(timestamp: int) -> None:  # noqa: ARG001 - as above
        await workers.house.tidy()

    _configure_duty(app, workers)


def _configure_duty(app: App, workers: Workers) -> None:
    @app.periodic(cron="* * * * *")
    @app.task(name=WATCH, lock=WATCH, queueing_lock=WATCH)
    async def watch(timestamp: int) -> None:  # noqa: ARG001 - as for `write_first`
        await workers.watch.look()

    @app.task(name=ALERT, retry=BackOff(tries=ALERT_TRIES))
    async def alert(*, alert_id: int) -> None:
        await workers.alerts.send(alert_id)

    @app.task(name=CHANNEL_STOPPED, retry=BackOff(tries=5))
    async def channel_stopped(*, channel: str) -> None:
        await workers.watch.channel_stopped(channel)

    @app.task(name=HANDED_OFF, retry=BackOff(tries=5))
    async def handed_off(*, conversation_id: str) -> None:
        await workers.watch.handed_off(conversation_id)
