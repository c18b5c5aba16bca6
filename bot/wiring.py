"""Builds every object once and gives each what it needs. Nobody else knows the real classes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
from fastapi import FastAPI
from procrastinate import App

from actions.policy_file import PolicySource
from bot import console
from bot.channels.registry import Channels
from bot.domain.handoff import HandoffRequest, Reason
from bot.domain.people import Message
from bot.handoff.desk import Desk
from bot.handoff.notices import Notices
from bot.health import health_routes
from bot.settings import ROOT, Settings
from bot.store.feed import Feed
from bot.store.unit_of_work import Store
from bot.turns.assistant import Assistant
from bot.turns.delivery import Outbox
from bot.turns.inbox import Inbox
from bot.turns.jobs import configure, job_app
from bot.turns.pipeline import Pipeline
from bot.turns.rasa_assistant import RasaAssistant
from bot.turns.stages import AskAssistant, FitToChannel, PassToOperator, SayWhatCannotBeRead, Stage
from bot.turns.worker import Worker
from responses.book import ResponseBook


@dataclass(frozen=True)
class Parts:
    """Everything a process is made of."""

    settings: Settings
    jobs: App
    store: Store
    feed: Feed
    book: ResponseBook
    notices: Notices
    channels: Channels
    inbox: Inbox
    desk: Desk
    worker: Worker
    assistant: RasaAssistant
    http: httpx.AsyncClient


def build_parts(settings: Settings) -> Parts:
    """Build everything; nothing connects before it is started."""
    jobs = job_app(settings.dsn)
    store = Store(settings.dsn, jobs=jobs)
    book = ResponseBook.load(ROOT / "responses")
    notices = Notices(book, settings.default_language)
    channels = Channels(settings)
    http = httpx.AsyncClient(timeout=settings.rasa_timeout)
    assistant = RasaAssistant(http, str(settings.rasa_url), settings.shared_token, timeout=settings.rasa_timeout)
    configure(
        jobs,
        _pipeline(store, assistant, channels, notices, PolicySource(settings.policy_file)),
        Outbox(store, channels.senders),
        assistant,
    )
    return Parts(
        settings=settings,
        jobs=jobs,
        store=store,
        feed=Feed(settings.dsn),
        book=book,
        notices=notices,
        channels=channels,
        inbox=Inbox(store),
        desk=Desk(store, channels.senders, notices),
        worker=Worker(jobs, store, concurrency=settings.worker_concurrency),
        assistant=assistant,
        http=http,
    )


def _pipeline(
    store: Store, assistant: Assistant, channels: Channels, notices: Notices, policy: PolicySource
) -> Pipeline:
    def error() -> HandoffRequest:
        rules = policy.current()
        severity = rules.severity[Reason.ERROR]
        return HandoffRequest(Reason.ERROR, severity, "", rules.answer_within_minutes[severity])

    ask = AskAssistant(assistant, channels.senders, notices, error)
    stages: list[Stage] = [PassToOperator(assistant), SayWhatCannotBeRead(notices), ask, FitToChannel(channels.senders)]
    return Pipeline(store, stages, notices, when_broken=ask.give_up)


@contextlib.asynccontextmanager
async def running(parts: Parts, *, worker: bool) -> AsyncIterator[None]:
    """Keep jobs, live updates and, if asked for, the worker going; close everything at the end."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(parts.store.close)
        stack.push_async_callback(parts.http.aclose)
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
    app.include_router(health_routes(parts.store, parts.assistant.ready, token=settings.shared_token))
    for router in parts.channels.routers(parts.inbox, transcript):
        app.include_router(router)
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
