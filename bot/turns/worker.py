"""Run the jobs, take up those of workers that died, and look after messages that no job knows of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker as ProcrastinateWorker
from sqlalchemy.exc import SQLAlchemyError

from bot.store.unit_of_work import Store
from bot.turns.jobs import DELIVER, DRAIN, FETCH_MEDIA, delivery_lock, media_lock, turn_lock

log = structlog.get_logger()

# A worker that has not been heard of for this many seconds is dead, and its jobs go to others.
_HEARTBEAT = 1.0
_STALLED = 6.0
_SWEEP = 60.0
_DATABASE_AWAY = (psycopg.Error, SQLAlchemyError, ProcrastinateException, OSError)


class Worker:
    """A worker that outlives its database. `at_hand` has the ids of jobs that are being done in this process."""

    def __init__(self, jobs: App, store: Store, *, concurrency: int, at_hand: set[int] | None = None) -> None:
        self._jobs = jobs
        self._store = store
        self._concurrency = concurrency
        self._tasks: list[asyncio.Task[None]] = []
        self._ids: set[int] = set()  # this worker's in the database; a new one after each time the database was away
        self._at_hand: set[int] = set() if at_hand is None else at_hand
        self._dropped: set[int] = set()

    async def start(self) -> None:
        """Begin to work, in the background."""
        self._tasks = [
            asyncio.create_task(self._work(), name="worker"),
            asyncio.create_task(self._rescue(), name="rescue"),
        ]

    async def stop(self) -> None:
        """Finish the jobs at hand, for up to ten seconds, and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                await self._jobs.run_worker_async(
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    listen_notify=True,
                    fetch_job_polling_interval=0.5,  # what is to be done in a second or two is only found by asking
                    delete_jobs="successful",
                    update_heartbeat_interval=_HEARTBEAT,
                    stalled_worker_timeout=_STALLED,
                    shutdown_graceful_timeout=10.0,
                    worker_middleware=[self._noted],
                )
            except _DATABASE_AWAY as exc:
                log.warning("worker.database_away", error=type(exc).__name__)
            await asyncio.sleep(1)

    async def _noted(
        self, process: Callable[[], Awaitable[Any]], context: JobContext, worker: ProcrastinateWorker
    ) -> Any:
        """Do a job, known as being at hand meanwhile."""
        job_id = context.job.id
        assert job_id is not None, "it was fetched"
        if worker.worker_id is not None:
            self._ids.add(worker.worker_id)
        self._at_hand.add(job_id)
        try:
            return await process()
        finally:
            self._at_hand.discard(job_id)

    async def _take_up_dropped(self) -> None:
        """Have jobs done again that stand as being done by this worker and are not, at two looks in a row.

        The database was away when they were given out, or when their end was to be noted. Nobody else would take them up
        while this worker lives, and whatever has the same lock waits for them.
        """
        doing = await self._jobs.job_manager.list_jobs_async(status=Status.DOING.value)
        dropped = {job.id: job for job in doing if job.worker_id in self._ids and job.id not in self._at_hand}
        for job_id, job in dropped.items():
            if job_id in self._dropped:
                log.warning("worker.dropped_job", job=job_id, task=job.task_name)
                await self._try_again(job)
        self._dropped = {job_id for job_id in dropped if job_id is not None}

    async def _rescue(self) -> None:
        since_sweep = _SWEEP
        while True:
            try:
                for job in await self._jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED):
                    log.warning("worker.rescued_job", job=job.id, task=job.task_name)
                    await self._try_again(job)
                await self._take_up_dropped()
                if since_sweep >= _SWEEP:
                    await self._sweep()
                    since_sweep = 0
            except _DATABASE_AWAY as exc:
                log.warning("worker.database_away", error=type(exc).__name__)
            await asyncio.sleep(2)
            since_sweep += 2

    async def _try_again(self, job: Job) -> None:
        manager = self._jobs.job_manager
        try:
            await manager.retry_job(job)
        except (UniqueViolation, AlreadyEnqueued):
            # The next of its kind waits already, as with what is done every minute; this one may hold no lock any longer.
            await manager.finish_job(job, Status.FAILED, delete_job=True)

    async def _sweep(self) -> None:
        """Give a job to every conversation with something left to do; one job too many finds nothing and ends."""
        async with self._store.begin() as work:
            unread, queued = await work.messages.conversations_with_work()
            for conversation_id in unread:
                await work.defer(DRAIN, lock=turn_lock(conversation_id), conversation_id=conversation_id)
            for conversation_id in queued:
                await work.defer(DELIVER, lock=delivery_lock(conversation_id), conversation_id=conversation_id)
            for media_id, conversation_id in await work.media.forgotten():
                lock = media_lock(media_id)
                await work.defer(FETCH_MEDIA, lock=lock, media_id=media_id, conversation_id=conversation_id)
