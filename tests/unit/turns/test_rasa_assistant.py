from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.emotion import Emotion
from bot.domain.handoff import Reason
from bot.domain.messages import Button, Reply
from bot.errors import AssistantUnavailable
from bot.turns.assistant import Question
from bot.turns.rasa_assistant import RasaAssistant

QUESTION = Question("c1", "17", "telegram", "where is it", "ru")
READING = {
    "language": "en",
    "intent": {"name": "ask_order_status", "confidence": 0.9},
    "emotion": {
        "name": "frustration",
        "confidence": 0.7,
        "intensity": 0.6,
        "ranking": [{"name": "frustration", "confidence": 0.7}, {"name": "neutral", "confidence": 0.3}],
    },
    "abuse": 0.1,
}
ANSWER = {
    "message_id": "17",
    "language": "en",
    "stance": "soothe",
    "reading": READING,
    "replies": [{"text": "On its way", "buttons": [{"title": "Yes", "payload": "/affirm"}], "share_contact": None}],
    "commands": [{"command": "handoff", "reason": "anger", "severity": 5, "words": "third week", "within_minutes": 5}],
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Rasa = Callable[..., Awaitable[RasaAssistant]]


@pytest.fixture
async def rasa() -> AsyncIterator[Rasa]:
    """Serve a handler as Rasa, and return who asks it."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(handler: Handler, *, seconds: float = 5.0) -> RasaAssistant:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handler)
            server = await stack.enter_async_context(TestServer(app))
            assistant = RasaAssistant(str(server.make_url("/")), "token", timeout=seconds)
            stack.push_async_callback(assistant.close)
            return assistant

        yield serve


def answering(body: Any = ANSWER, status: int = 200) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return handler


def hung_up(request: web.Request) -> web.Response:
    """Close the connection in place of an answer."""
    assert request.transport is not None, "somebody asks"
    request.transport.close()
    return web.Response()


async def test_a_question_goes_out_with_its_id_and_the_token(rasa: Rasa) -> None:
    seen: list[tuple[str, str | None, Any]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.path, request.headers.get("Authorization"), await request.json()))
        return web.json_response(ANSWER)

    await (await rasa(handler)).answer(QUESTION)

    body = {
        "conversation_id": "c1",
        "message_id": "17",
        "channel": "telegram",
        "text": "where is it",
        "language_hint": "ru",
    }
    assert seen == [("/webhooks/gateway/turn", "Bearer token", body)]


async def test_the_answer_becomes_ours(rasa: Rasa) -> None:
    answer = await (await rasa(answering())).answer(QUESTION)

    assert answer.replies == (Reply("On its way", (Button("Yes", "/affirm"),)),)
    assert answer.reading is not None
    assert (answer.reading.emotion, answer.reading.intensity) == (Emotion.FRUSTRATION, 0.6)
    assert answer.handoff is not None
    assert (answer.handoff.reason, answer.handoff.severity) == (Reason.ANGER, 5)
    assert (answer.language, answer.stance) == ("en", "soothe")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param(ANSWER | {"reading": READING | {"emotion": {"name": "rage"}}}, id="unknown emotion"),
        pytest.param(ANSWER | {"commands": [{"command": "handoff"}]}, id="half a command"),
        pytest.param(ANSWER | {"commands": [ANSWER["commands"][0] | {"severity": 9}]}, id="severity out of range"),  # type: ignore[index]
        pytest.param([], id="a list"),
    ],
)
async def test_a_malformed_answer_counts_as_no_answer(body: Any, rasa: Rasa) -> None:
    assistant = await rasa(answering(body))
    with pytest.raises(AssistantUnavailable, match="malformed"):
        await assistant.answer(QUESTION)


async def test_a_rasa_that_restarts_is_asked_again(rasa: Rasa) -> None:
    tries = iter((hung_up, lambda _: web.Response(status=503), lambda _: web.json_response(ANSWER)))

    async def handler(request: web.Request) -> web.Response:
        return next(tries)(request)

    assert (await (await rasa(handler)).answer(QUESTION)).replies


async def test_an_answer_that_breaks_off_is_asked_for_again(rasa: Rasa) -> None:
    asked = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        if len(asked) > 1:
            return web.json_response(ANSWER)
        half = web.StreamResponse(headers={"Content-Length": "1000"})
        await half.prepare(request)
        await half.write(b"{")
        hung_up(request)
        return half

    assert (await (await rasa(handler)).answer(QUESTION)).replies
    assert len(asked) == 2


async def test_a_rasa_that_stays_away_is_given_up_within_the_limit() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assistant = RasaAssistant(f"http://127.0.0.1:{nobody.getsockname()[1]}", "token", timeout=0.5)
        began = time.monotonic()
        with pytest.raises(AssistantUnavailable, match="ClientConnectorError"):
            await assistant.answer(QUESTION)
        assert time.monotonic() - began < 3
        assert not await assistant.ready()
        with pytest.raises(AssistantUnavailable):
            await assistant.read("hm")
        await assistant.close()


async def test_a_refusal_is_not_tried_again(rasa: Rasa) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response({"error": "text"}, status=422)

    assistant = await rasa(handler)
    with pytest.raises(AssistantUnavailable):
        await assistant.answer(QUESTION)
    assert len(asked) == 1


async def test_after_three_failures_rasa_is_left_alone_for_a_while(rasa: Rasa) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        await asyncio.Event().wait()
        return web.Response()

    assistant = await rasa(handler, seconds=0.2)
    for _ in range(5):
        with pytest.raises(AssistantUnavailable):
            await assistant.answer(QUESTION)
    assert len(asked) == 3


async def test_a_reading_alone_is_taken_from_model_parse(rasa: Rasa) -> None:
    async def handler(request: web.Request) -> web.Response:
        asked = (request.path, request.query["token"], await request.json())
        return web.json_response(READING if asked == ("/model/parse", "token", {"text": "hm"}) else {})

    assert (await (await rasa(handler)).read("hm")).emotion is Emotion.FRUSTRATION


@pytest.mark.parametrize("handler", [answering({}), answering(READING, 500)], ids=["malformed", "error"])
async def test_a_reading_that_fails_says_so(handler: Handler, rasa: Rasa) -> None:
    assistant = await rasa(handler)
    with pytest.raises(AssistantUnavailable):
        await assistant.read("hm")


@pytest.mark.parametrize(
    ("handler", "ready"),
    [
        pytest.param(answering({"model_id": "abc"}), True, id="a model"),
        pytest.param(answering({"model_id": None}), False, id="no model"),
        pytest.param(answering({}, 500), False, id="error"),
    ],
)
async def test_ready_means_that_a_model_is_loaded(handler: Handler, ready: bool, rasa: Rasa) -> None:
    assert await (await rasa(handler)).ready() is ready
