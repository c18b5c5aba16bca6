"""Builds every object once and gives each what it needs. Nobody else knows the real classes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from procrastinate import App

from actions.policy import Policy
from actions.policy_file import PolicySource
from bot import console, insight
from bot.channels.registry import Channels
from bot.console.texts import Texts
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.people import Message
from bot.handoff.alerts import Alerts
from bot.handoff.assignment import Assignment
from bot.handoff.correcting import Corrector
from bot.handoff.desk import Desk
from bot.handoff.notices import Notices
from bot.handoff.notify import addresses_of
from bot.handoff.order_acts import OrderActs
from bot.handoff.sla import Sla
from bot.handoff.watch import Watch
from bot.handoff.windows import ClosingWindows
from bot.health import health_routes
from bot.media.doors import Links
from bot.media.examining import Examiner
from bot.media.fetching import MediaFetcher
from bot.media.keeping import Housekeeper, Periods
from bot.media.vault import Vault
from bot.metrics import Metrics
from bot.outreach.answering import HearAnswer
from bot.outreach.deciding import quiet_until
from bot.outreach.wording import Wording
from bot.outreach.writing import OutreachWriter
from bot.settings import ROOT, Settings
from bot.store.feed import Feed
from bot.store.unit_of_work import Store
from bot.turns.assistant import Assistant
from bot.turns.commands import ObeyCommand
from bot.turns.delivery import Outbox
from bot.turns.inbox import Inbox
from bot.turns.jobs import Workers, configure, job_app
from bot.turns.pipeline import Pipeline
from bot.turns.prompt import PromptDelivery
from bot.turns.rasa_assistant import RasaAssistant
from bot.turns.reactions import SeeReaction
from bot.turns.stages import AskAssistant, FitToChannel, LeaveBlocked, PassToOperator, Stage, TakeFiles
from bot.turns.worker import Worker
from responses.book import ResponseBook


@dataclass(frozen=True)
class Parts:
    """Everything a process is made of."""

    settings: Settings
    jobs: App
    metrics: Metrics
    store: Store
    feed: Feed
    book: ResponseBook
    policy: PolicySource
    notices: Notices
    vault: Vault
    examiner: Examiner
    links: Links
    channels: Channels
    inbox: Inbox
    desk: Desk
    corrector: Corrector
    order_acts: OrderActs
    worker: Worker
    assistant: RasaAssistant


def build_parts(settings: Settings) -> Parts:
    """Build everything; nothing connects before it is started."""
    jobs = job_app(settings.dsn)
    store = Store(settings.dsn, jobs=jobs)
    book = ResponseBook.load(ROOT / "responses")
    notices = Notices(book, settings.default_language, word_days=settings.keep_days, file_days=settings.media_keep_days)
    vault = Vault(settings.vault_url)
    links = Links(settings.session_secret, str(settings.public_url or ""))
    channels = Channels(settings, notices, read_file=vault.read, link_to_file=links.to)
    assistant = RasaAssistant(str(settings.rasa_url), settings.shared_token, timeout=settings.rasa_timeout)
    policy = PolicySource(settings.policy_file)
    wording = Wording(book)
    examiner = Examiner(settings.media_max_mb * 1024**2, settings.media_scan_command)
    fetcher = MediaFetcher(store, channels.media_sources, vault, examiner)

    def news_wait_until(now: datetime) -> datetime | None:
        rules = policy.current()
        return quiet_until(rules.outreach.quiet_hours, rules.hours.zone, now)

    burst_window = timedelta(seconds=settings.burst_window_seconds)
    metrics = Metrics()
    desk = Desk(store, channels.senders, notices)
    assignment = Assignment(store, desk, policy.current)
    alerts = Alerts(
        store,
        channels.senders,
        addresses_of(settings.alert_urls),
        Texts.load().words,
        default_language=settings.default_language,
        console=str(settings.public_url or ""),
    )
    outbox = Outbox(
        store, channels.senders, metrics, default_language=settings.default_language, quiet_until=news_wait_until
    )
    at_hand: set[int] = set()
    prompt = PromptDelivery(outbox, jobs, at_hand)
    workers = Workers(
        turns=_pipeline(store, assistant, channels, notices, wording, policy, burst_window, metrics, prompt),
        deliveries=outbox,
        assistant=assistant,
        outreach=OutreachWriter(store, channels.senders, notices, wording, policy.current),
        windows=ClosingWindows(store, channels.senders, desk, notices, alerts, policy.current),
        media=fetcher,
        house=Housekeeper(
            store, vault, Periods(settings.keep_days, settings.media_keep_days, settings.audit_keep_days)
        ),
        watch=Watch(store, desk, notices, alerts, assignment, Sla(store, policy.current), policy.current),
        alerts=alerts,
    )
    configure(jobs, workers)
    return Parts(
        settings=settings,
        jobs=jobs,
        metrics=metrics,
        store=store,
        feed=Feed(settings.dsn),
        book=book,
        policy=policy,
        notices=notices,
        vault=vault,
        examiner=examiner,
        links=links,
        channels=channels,
        inbox=Inbox(store),
        corrector=Corrector(store, policy.current),
        order_acts=OrderActs(store, policy.current, book, notices),
        desk=desk,
        worker=Worker(jobs, store, concurrency=settings.worker_concurrency, at_hand=at_hand),
        assistant=assistant,
    )


def handoff_when_down(policy: Policy, now: datetime) -> HandoffRequest:
    """Return the handoff for a message that the assistant does not answer."""
    severity = policy.severity[Reason.ERROR]
    return HandoffRequest(Reason.ERROR, severity, "", policy.told_minutes(severity, now))


def _pipeline(
    store: Store,
    assistant: Assistant,
    channels: Channels,
    notices: Notices,
    wording: Wording,
    policy: PolicySource,
    burst_window: timedelta,
    metrics: Metrics,
    prompt: PromptDelivery,
) -> Pipeline:
    ask = AskAssistant(
        assistant, channels.senders, notices, lambda: handoff_when_down(policy.current(), datetime.now(UTC))
    )
    fit = FitToChannel(channels.senders)
    answers = HearAnswer(store, wording, policy.current, fit)
    obey, react = ObeyCommand(store, notices, fit, policy.current), SeeReaction(store, assistant, notices, fit)
    files = TakeFiles(store, notices)
    stages: list[Stage] = [LeaveBlocked(), answers, obey, react, PassToOperator(assistant), files, ask, fit]
    return Pipeline(store, stages, notices, metrics, ask.give_up, prompt=prompt, burst_window=burst_window)


@contextlib.asynccontextmanager
async def running(parts: Parts, *, worker: bool) -> AsyncIterator[None]:
    """Keep jobs, live updates and, if asked for, the worker going; close everything at the end."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(parts.store.close)
        stack.push_async_callback(parts.assistant.close)
        stack.push_async_callback(parts.channels.stop)
        await stack.enter_async_context(parts.jobs.open_async())
        await parts.feed.start()
        stack.push_async_callback(parts.feed.stop)
        if worker:
            await parts.worker.start()
            stack.push_async_callback(parts.worker.stop)
        yield


def build_gateway(settings: Settings, *, worker: bool) -> FastAPI:
    """Return the web application: webhooks, console, demo, health."""
    parts = build_parts(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(parts, worker=worker):
            await parts.channels.start(parts.inbox)
            yield

    async def transcript(address: str, after: int) -> list[Message]:
        async with parts.store.begin() as work:
            conversation = await work.conversations.known("web", address)
            return await work.messages.transcript(conversation.id, after=after) if conversation else []

    app = FastAPI(title="Warmline", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(
        health_routes(parts.store, parts.assistant.ready, parts.metrics.registry, token=settings.shared_token)
    )
    for router in parts.channels.routers(parts.inbox, transcript):
        app.include_router(router)
    insight.mount(parts)
    console.mount(app, parts)
    return app


async def run_worker(settings: Settings) -> None:
    """Run background jobs until SIGINT or SIGTERM."""
    parts = build_parts(settings)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with running(parts, worker=True):
        await stop.wait()
