from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

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

Handler = Callable[[httpx.Request], httpx.Response]


def an_assistant(handler: Handler, *, timeout: float = 5.0) -> RasaAssistant:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return RasaAssistant(client, "http://rasa.test/", "token", timeout=timeout)


def answering(body: Any = ANSWER, status: int = 200) -> Handler:
    return lambda _: httpx.Response(status, json=body)


async def test_a_question_goes_out_with_its_id_and_the_token() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    await an_assistant(handler).answer(QUESTION)

    assert str(seen[0].url) == "http://rasa.test/webhooks/gateway/turn"
    assert seen[0].headers["Authorization"] == "Bearer token"
    assert json.loads(seen[0].content) == {
        "conversation_id": "c1",
        "message_id": "17",
        "channel": "telegram",
        "text": "where is it",
        "language_hint": "ru",
    }


async def test_the_answer_becomes_ours() -> None:
    answer = await an_assistant(answering()).answer(QUESTION)

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
async def test_a_malformed_answer_counts_as_no_answer(body: Any) -> None:
    with pytest.raises(AssistantUnavailable):
        await an_assistant(answering(body)).answer(QUESTION)


async def test_a_rasa_that_restarts_is_asked_again() -> None:
    tries = iter([httpx.ConnectError("refused"), httpx.Response(503), httpx.Response(200, json=ANSWER)])

    def handler(request: httpx.Request) -> httpx.Response:
        now = next(tries)
        if isinstance(now, Exception):
            raise now
        return now

    assert (await an_assistant(handler).answer(QUESTION)).replies


async def test_a_rasa_that_stays_away_is_given_up_within_the_limit() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(AssistantUnavailable):
        await an_assistant(handler, timeout=0.5).answer(QUESTION)


async def test_a_refusal_is_not_tried_again() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(422, json={"error": "text"})

    with pytest.raises(AssistantUnavailable):
        await an_assistant(handler).answer(QUESTION)
    assert len(asked) == 1


async def test_after_three_failures_rasa_is_left_alone_for_a_while() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("slow")

    assistant = an_assistant(handler)
    for _ in range(5):
        with pytest.raises(AssistantUnavailable):
            await assistant.answer(QUESTION)
    assert len(asked) == 3


async def test_a_reading_alone_is_taken_from_model_parse() -> None:
    assistant = an_assistant(answering(READING))
    assert (await assistant.read("hm")).emotion is Emotion.FRUSTRATION


@pytest.mark.parametrize("handler", [answering({}), answering(READING, 500)], ids=["malformed", "error"])
async def test_a_reading_that_fails_says_so(handler: Handler) -> None:
    with pytest.raises(AssistantUnavailable):
        await an_assistant(handler).read("hm")


@pytest.mark.parametrize(
    ("handler", "ready"),
    [
        pytest.param(answering({"model_id": "abc"}), True, id="a model"),
        pytest.param(answering({"model_id": None}), False, id="no model"),
        pytest.param(answering({}, 500), False, id="error"),
    ],
)
async def test_ready_means_that_a_model_is_loaded(handler: Handler, ready: bool) -> None:
    assert await an_assistant(handler).ready() is ready
