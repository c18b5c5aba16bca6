"""One transaction: every repository shares it, and it commits when its block ends without an error."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from procrastinate import App
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from bot.store.access import Access
from bot.store.attempts import Attempts
from bot.store.audit import Audit
from bot.store.canned import CannedReplies
from bot.store.channel_stops import ChannelStops
from bot.store.chats import Chats
from bot.store.conversations import Conversations, Handoffs
from bot.store.corrections import Corrections
from bot.store.dead_letters import DeadLetters
from bot.store.decisions import Decisions
from bot.store.dossier import Dossiers
from bot.store.duty import Duty, Teams
from bot.store.early_reports import EarlyReports
from bot.store.erasure import Erasure
from bot.store.figures import Figures
from bot.store.history import Histories
from bot.store.media import MediaRecords
from bot.store.messages import CHANNEL, Messages
from bot.store.notes import Notes
from bot.store.orders import Complaints, Orders, Proofs
from bot.store.outreach import Outreaches
from bot.store.products import Products
from bot.store.promises import Promises
from bot.store.queue import Queue
from bot.store.search import Search
from bot.store.sessions import Sessions
from bot.store.sla import Targets
from bot.store.tags import Tags
from bot.store.users import Users
from bot.store.watching import Alerts, Watching
from bot.store.windows import Windows

PEOPLE: Final = "people"  # instead of a conversation: who is on duty changed
_NOTIFY: Final = "pg_notify(%s, %s)"
# As procrastinate's own `defer_async`, which asks for one job after the other.
_DEFER: Final = (
    "procrastinate_defer_jobs_v1(ARRAY[ROW('default', %s, 0, %s, NULL, %s, NULL)::procrastinate_job_to_defer_v1])"
)
# Where no other job with its lock waits or runs.
_BEGIN: Final = """
    WITH begun AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status, worker_id)
        SELECT 'default', %s, 0, %s, %s, 'doing', id FROM procrastinate_workers
        WHERE id = %s AND NOT EXISTS (
            SELECT FROM procrastinate_jobs WHERE lock = %s AND priority >= 0 AND status IN ('todo', 'doing'))
        ON CONFLICT DO NOTHING RETURNING id)
"""
_BEGUN: Final = "(SELECT id FROM begun)"
_RESTED: Final = 1.0  # seconds
_LOW: Final = -1


class Work:
    """The repositories of one transaction."""

    def __init__(self, session: AsyncSession, jobs: App | None) -> None:
        self.session = session
        self._jobs = jobs
        self._last: list[tuple[str, tuple[str | int, ...]]] = []
        self.conversations = Conversations(session)
        self.queue = Queue(session)
        self.search = Search(session)
        self.messages = Messages(session)
        self.media = MediaRecords(session)
        self.dead_letters = DeadLetters(session)
        self.early_reports = EarlyReports(session)
        self.channel_stops = ChannelStops(session)
        self.handoffs = Handoffs(session)
        self.orders = Orders(session)
        self.proofs = Proofs(session)
        self.complaints = Complaints(session)
        self.decisions = Decisions(session)
        self.histories = Histories(session)
        self.corrections = Corrections(session)
        self.promises = Promises(session)
        self.notes = Notes(session)
        self.tags = Tags(session)
        self.canned = CannedReplies(session)
        self.products = Products(session)
        self.outreach = Outreaches(session)
        self.figures = Figures(session)
        self.chats = Chats(session)
        self.users = Users(session)
        self.sessions = Sessions(session)
        self.access = Access(session)
        self.attempts = Attempts(session)
        self.audit = Audit(session)
        self.dossiers = Dossiers(session)
        self.erasure = Erasure(session)
        self.duty = Duty(session)
        self.teams = Teams(session)
        self.watching = Watching(session)
        self.windows = Windows(session)
        self.alerts = Alerts(session)
        self.targets = Targets(session)

    async def defer(self, task: str, *, lock: str, **args: Any) -> None:
        """Add a job at the end of this transaction; jobs with the same lock run one at a time, in order."""
        if self._jobs is None:
            raise RuntimeError("this store was built without jobs")
        self._last.append((_DEFER, (task, lock, json.dumps(args))))

    async def begin_job(self, task: str, *, lock: str, worker: int, **args: Any) -> int | None:
        """Add a job that a worker does itself once this transaction is over, and return its id.

        None where another with its lock comes first, or the worker is not known any longer: nothing was added. What is
        put off to the end of the transaction is done in the same statement.
        """
        self._last.insert(0, (_BEGUN, (task, lock, json.dumps(args), worker, lock)))
        row = await (await self._do_last(_BEGIN)).fetchone()
        job_id: int | None = row[0]
        return job_id

    async def look_again(self, task: str, *, lock: str, seconds: float, **args: Any) -> None:
        """Add a job for later, unless one waits already; it holds up no other job with the same lock.

        Only for callers that hold the lock: two at once would both find none waiting. Not by procrastinate's queueing lock:
        a job that died after it had added the next one could never be tried again.
        """
        if self._jobs is None:
            raise RuntimeError("this store was built without jobs")
        waiting = text("SELECT 1 FROM procrastinate_jobs WHERE lock = :lock AND priority = :low AND status = 'todo'")
        if (await self.session.execute(waiting, {"lock": lock, "low": _LOW})).first():
            return
        later = self._jobs.configure_task(
            task,
            lock=lock,
            priority=_LOW,  # a waiting job holds back those after it that are not more urgent
            schedule_in={"milliseconds": int(seconds * 1000)},
            connection=await self._raw(),
        )
        await later.defer_async(**args)

    async def alone(self, name: str) -> None:
        """Wait for whoever holds a name, and hold it until this transaction ends."""
        await self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    async def changed(self, conversation_id: str) -> None:
        """Tell every page, in any process, that a conversation changed; sent when the transaction commits."""
        self._last.append((_NOTIFY, (CHANNEL, conversation_id)))

    async def people_changed(self) -> None:
        """Tell every page who is on duty anew; no conversation has to be read again for that."""
        await self.changed(PEOPLE)

    async def finish(self) -> None:
        """Do what nothing in this transaction waits for, in one statement; called at its end."""
        if self._last:
            await self._do_last()

    async def _do_last(self, before: str = "") -> Any:
        """Do what was put off; return the driver's cursor, with what each call gave."""
        await self.session.flush()
        calls, self._last = self._last, []
        asked = f"{before} SELECT {', '.join(call for call, _ in calls)}"
        return await (await self._raw()).execute(asked, [value for _, values in calls for value in values])

    async def _raw(self) -> Any:
        """Return the driver's own connection."""
        connection = await self.session.connection()
        return (await connection.get_raw_connection()).driver_connection


class Store:
    """Opens transactions on one PostgreSQL database. `jobs` is needed by those who add jobs."""

    def __init__(self, dsn: str, *, jobs: App | None = None, pool_size: int = 10) -> None:
        self._engine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=10,
            hide_parameters=True,  # they hold what people wrote, and errors are logged
        )
        event.listen(self._engine.sync_engine, "checkin", _note_use)
        event.listen(self._engine.sync_engine, "checkout", _ping_if_idle)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        one_by_one = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._one_by_one = async_sessionmaker(one_by_one, expire_on_commit=False)
        self._jobs = jobs

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """Open a transaction: commits on a clean exit, rolls back when the block raises."""
        async with self._sessions.begin() as session:
            work = Work(session, self._jobs)
            yield work
            await work.finish()

    @contextlib.asynccontextmanager
    async def one_by_one(self) -> AsyncIterator[Work]:
        """Open no transaction: each statement commits by itself, which saves two. For reads, and one thing to write."""
        async with self._one_by_one() as session:
            work = Work(session, self._jobs)
            yield work
            await work.finish()

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give every connection back."""
        await self._engine.dispose()


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_if_idle(connection: PoolProxiedConnection, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask whether the database is still there, but only where a connection rested: asking costs as much as a query.

    SQLAlchemy's own `pool_pre_ping` asks each time. A busy connection that broke a moment ago fails its transaction, which
    is tried again as any other.
    """
    if time.monotonic() - record.info.get("used", 0.0) > _RESTED:
        try:
            connection.cursor().execute(";")
            connection.commit()  # psycopg forgets what it has prepared when it rolls back
        except Exception as exc:
            raise DisconnectionError from exc


def sqlalchemy_url(dsn: str) -> str:
    """Return a libpq address in SQLAlchemy's spelling, for psycopg 3."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if dsn.startswith(prefix):
            return "postgresql+psycopg://" + dsn[len(prefix) :]
    raise ValueError("DATABASE_URL must begin with postgresql://")
