"""The assistant behind Rasa's HTTP door: one time limit for a question with all its tries, and a circuit breaker.

Asked by aiohttp, which takes a sixth of httpx's processor time for it: every turn asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import stamina
from aiohttp import ClientConnectionError, ClientError, ClientPayloadError, ClientSession, ClientTimeout
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from pydantic import BaseModel, ValidationError

from bot.domain.emotion import Reading
from bot.domain.handoff import HandoffRequest
from bot.domain.messages import Button, Reply
from bot.errors import AssistantUnavailable
from bot.turns.assistant import Answer, Question

# After three questions in a row without an answer Rasa is left alone for this many seconds.
_FAILURES = 3
_REST = 10.0
# A turn that Rasa cannot finish may wait for its database or its actions to come back; after so many tries, about
# ten seconds, it is the turn itself that is broken.
_UNFINISHED_TRIES = 8


class _Button(BaseModel):
    title: str
    payload: str


class _Reply(BaseModel):
    text: str | None = None
    buttons: list[_Button] = []
    share_contact: str | None = None

    def reply(self) -> Reply:
        return Reply(self.text or "", tuple(Button(b.title, b.payload) for b in self.buttons), self.share_contact)


class _Turn(BaseModel):
    language: str | None
    stance: str | None
    reading: dict[str, Any]
    replies: list[_Reply]
    commands: list[dict[str, Any]]

    def answer(self) -> Answer:
        handoffs = [HandoffRequest.from_command(c) for c in self.commands if c.get("command") == "handoff"]
        return Answer(
            reading=Reading.from_parse(self.reading),
            replies=tuple(r.reply() for r in self.replies if r.text),
            handoff=handoffs[0] if handoffs else None,
            language=self.language,
            stance=self.stance,
            forget=any(command.get("command") == "forget" for command in self.commands),
        )


class _TryAgain(Exception):
    """Rasa is away for a moment: starting, or its database or actions are."""


class RasaAssistant:
    """Implements `bot.turns.assistant.Assistant` on `nlu/gateway_channel.py`."""

    def __init__(self, url: str, token: str, *, timeout: float = 20) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._breakers = AsyncCircuitBreakerFactory(default_threshold=_FAILURES, default_ttl=_REST)
        self._opened: ClientSession | None = None

    async def answer(self, question: Question) -> Answer:
        """Answer one message; asking again with the same message id is harmless."""
        body = {
            "conversation_id": question.conversation_id,
            "message_id": question.message_id,
            "channel": question.channel,
            "text": question.text,
            "language_hint": question.language_hint,
        }
        answered = await self._guarded("/webhooks/gateway/turn", body)
        try:
            return _Turn.model_validate_json(answered).answer()
        except (ValidationError, KeyError, TypeError, ValueError) as exc:
            raise AssistantUnavailable(f"Rasa's answer is malformed: {type(exc).__name__}") from exc

    async def read(self, text: str) -> Reading:
        """Read a message without answering it."""
        try:
            asked = self._session.post(f"{self._url}/model/parse", json={"text": text}, params={"token": self._token})
            async with asked as response:
                response.raise_for_status()
                parse: Mapping[str, Any] = json.loads(await response.read())
            return Reading.from_parse(parse)
        except (ClientError, TimeoutError, KeyError, TypeError, ValueError) as exc:
            raise AssistantUnavailable(type(exc).__name__) from exc

    async def returned(self, conversation_id: str) -> None:
        """Tell Rasa that an operator has handed the conversation back."""
        await self._guarded("/webhooks/gateway/returned", {"conversation_id": conversation_id})

    async def ready(self) -> bool:
        """True when Rasa has a model loaded."""
        try:
            timeout = ClientTimeout(total=5)
            asked = self._session.get(f"{self._url}/status", params={"token": self._token}, timeout=timeout)
            async with asked as response:
                return response.ok and bool(json.loads(await response.read()).get("model_id"))
        except (ClientError, TimeoutError, ValueError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> ClientSession:
        """The open connections; there must be a loop before there can be any."""
        if self._opened is None:
            self._opened = ClientSession(timeout=ClientTimeout(total=self._timeout))
        return self._opened

    async def _guarded(self, path: str, body: Mapping[str, Any]) -> bytes:
        breaker = await self._breakers.get_breaker("rasa")
        try:
            async with breaker:
                return await self._post(path, body)
        except OpenedState as exc:
            raise AssistantUnavailable("left alone after repeated failures") from exc
        except (_TryAgain, ClientError, TimeoutError) as exc:
            raise AssistantUnavailable(str(exc) or type(exc).__name__) from exc

    async def _post(self, path: str, body: Mapping[str, Any]) -> bytes:
        wait = stamina.retry_context(
            on=_TryAgain, attempts=None, timeout=self._timeout, wait_initial=0.2, wait_max=2.0, wait_jitter=0.2
        )
        async for attempt in wait:
            with attempt:
                return await self._ask(path, body, last=attempt.num >= _UNFINISHED_TRIES)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _ask(self, path: str, body: Mapping[str, Any], *, last: bool) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._session.post(self._url + path, json=body, headers=headers) as response:
                if response.status == HTTPStatus.SERVICE_UNAVAILABLE and not last:
                    raise _TryAgain("Rasa could not finish the turn")
                response.raise_for_status()
                return await response.read()
        except (ClientConnectionError, ClientPayloadError) as exc:
            raise _TryAgain(type(exc).__name__) from exc
