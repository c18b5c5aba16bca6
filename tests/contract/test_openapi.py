"""The webhooks of all channels keep to the OpenAPI document they describe themselves in, over HTTP and on the real store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bot.channels.registry import Channels
from bot.channels.telegram.client import Client
from bot.channels.telegram.webhook import SECRET_HEADER
from bot.channels.web import webhook as web_webhook
from bot.channels.web.tokens import WebTokens
from bot.channels.whatsapp.client import HttpxClient
from bot.channels.whatsapp.webhook import SIGNATURE_HEADER
from bot.domain.people import Message
from bot.handoff.notices import Notices
from bot.settings import ROOT, Settings
from bot.store.unit_of_work import Store
from bot.turns.inbox import Inbox
from bot.turns.jobs import job_app
from responses.book import ResponseBook
from tests.conftest import database_of, fresh_database
from tests.doubles.channels import (
    PUBLIC_URL,
    TELEGRAM_API,
    TELEGRAM_TOKEN,
    TWILIO_ACCOUNT,
    TWILIO_TOKEN,
    FakeBotApi,
    FakeTwilio,
    Naps,
)

SECRET = "a-secret-of-the-test"
OPERATIONS = [
    "POST /webhooks/telegram",
    "POST /webhooks/whatsapp",
    "POST /webhooks/whatsapp/fallback",
    "POST /webhooks/whatsapp/status",
    "POST /webhooks/web/sessions",
    "POST /webhooks/web/messages",
    "GET /webhooks/web/messages",
]
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


def shop(home: Path, dsn: str) -> tuple[FastAPI, WebTokens]:
    """The webhooks of every channel, and who may speak on the demo page."""
    api = FakeBotApi()
    shop_settings = Settings(
        _env_file=None, warmline_home=home, telegram_bot_token=TELEGRAM_TOKEN, telegram_api_base_url=TELEGRAM_API,
        telegram_mode="webhook", telegram_webhook_secret=SECRET, public_url=PUBLIC_URL, twilio_account_sid=TWILIO_ACCOUNT,
        twilio_auth_token=TWILIO_TOKEN, twilio_whatsapp_from="+15550100200",
    )  # type: ignore[arg-type]  # fmt: skip
    channels = Channels(
        shop_settings,
        Notices(ResponseBook.load(ROOT / "responses"), "en"),
        telegram_client=Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api),
        twilio_http=HttpxClient(FakeTwilio().transport),
        sleep=Naps().sleep,
    )
    jobs = job_app(dsn)
    store = Store(dsn, jobs=jobs)

    async def transcript(address: str, after: int) -> list[Message]:
        async with store.begin() as work:
            conversation = await work.conversations.known("web", address)
            return await work.messages.transcript(conversation.id, after=after) if conversation else []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with jobs.open_async():
            yield
        await store.close()

    app = FastAPI(title="Warmline", version="1", lifespan=lifespan)
    tokens = WebTokens("a-session-secret")  # of the demo page, which a shop has until it has a channel
    for router in (
        *channels.routers(Inbox(store), transcript),
        web_webhook.router(tokens, Inbox(store), transcript),
    ):
        app.include_router(router)
    return app, tokens


@pytest.fixture(scope="module")
def door(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, WebTokens]]:
    """The document as the running webhooks tell it, and who may speak on the demo page."""
    with fresh_database(server_dsn, template=database_of(template)) as dsn:
        app, tokens = shop(tmp_path_factory.mktemp("home"), dsn)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.05)
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json"), tokens
        server.should_exit = True
        thread.join(10)


def proof(path: str, body: bytes, tokens: WebTokens) -> dict[str, str]:
    """What shows that a caller may call."""
    if path == "/webhooks/telegram":
        return {SECRET_HEADER: SECRET}
    if path.startswith("/webhooks/web"):
        return {"Authorization": "Bearer " + ".".join(tokens.issue())}
    fields = ImmutableMultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {SIGNATURE_HEADER: RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + path, fields)}


def test_every_webhook_is_described(door: tuple[Any, WebTokens]) -> None:
    assert sorted(found.ok().label for found in door[0].get_all_operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_a_webhook_answers_as_it_says_whatever_comes(door: tuple[Any, WebTokens], label: str) -> None:
    schema, tokens = door
    operation = next(found.ok() for found in schema.get_all_operations() if found.ok().label == label)
    fitting, unfitting = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    send: Callable[..., requests.Response] = requests.Session().send

    @given(fitting | unfitting, st.sampled_from([True, True, True, False]))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def holds(case: Any, signed: bool) -> None:
        asked = requests.Request(**case.as_transport_kwargs()).prepare()
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        if signed:
            asked.headers.update(proof(operation.path, body, tokens))
        answer = send(asked, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)
        assert signed or not answer.ok or operation.path.endswith("/sessions")

    holds()
