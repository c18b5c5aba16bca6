"""What stands around the channels: an intake that remembers, and the two providers on the other end of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
from fastapi import APIRouter, FastAPI
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram.client import Client
from bot.channels.telegram.hear import Ear
from bot.domain.messages import DeadLetter, Delivery, Edit, InboundMessage, Reachability
from bot.errors import ChannelStopped

TELEGRAM_TOKEN = "999:test-token"
TELEGRAM_API = "http://telegram.test"
TWILIO_ACCOUNT, TWILIO_TOKEN = "AC" + "0" * 32, "test-auth-token"
PUBLIC_URL = "https://shop.example"


@dataclass
class RecordingIntake:
    """Keeps what it is given, each (channel, external id) once; fails while `broken`."""

    messages: list[InboundMessage] = field(default_factory=list)
    changes: list[tuple[str, str, Delivery, str | None]] = field(default_factory=list)
    again: list[float | None] = field(default_factory=list)
    stops: list[tuple[str, str | None]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    reached: list[Reachability] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    broken: bool = False

    async def receive(self, *messages: InboundMessage) -> int:
        if self.broken:
            raise ConnectionError("no database")
        known = {(m.channel, m.external_id) for m in self.messages}
        new = [m for m in messages if (m.channel, m.external_id) not in known]
        self.messages.extend(new)
        return len(new)

    async def edited(self, edit: Edit) -> None:
        self.edits.append(edit)

    async def reachability(self, change: Reachability) -> None:
        self.reached.append(change)

    async def dead(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def delivery_changed(
        self,
        channel: str,
        provider_id: str,
        state: Delivery,
        code: str | None = None,
        *,
        again_in: float | None = None,
    ) -> None:
        self.changes.append((channel, provider_id, state, code))
        self.again.append(again_in)

    async def channel_stopped(self, channel: str, failure: ChannelStopped) -> None:
        self.stops.append((channel, failure.code))


@dataclass
class FakeBotApi(BaseRequest):
    """Telegram at the transport. `answers` are the next answers, by method; without one it does what Telegram does."""

    answers: dict[str, list[tuple[int, Any] | Exception]] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: bool = False
    file: bytes = b"\x89PNG\r\n"

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        self.closed = False

    async def shutdown(self) -> None:
        self.closed = True

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **_: object
    ) -> tuple[int, bytes]:
        await asyncio.sleep(0)
        if unquote(url).startswith(f"{TELEGRAM_API}/file/bot{TELEGRAM_TOKEN}/"):
            self.calls.append(("file", {"path": url.rsplit("/", 1)[1]}))
            return 200, self.file
        assert url.startswith(f"{TELEGRAM_API}/bot{TELEGRAM_TOKEN}/"), url
        assert method == "POST"
        name = url.rsplit("/", 1)[1]
        said = dict(request_data.parameters) if request_data is not None else {}
        self.calls.append((name, said))
        if self.answers.get(name):
            answer = self.answers[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer[0], json.dumps(answer[1]).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, said)}).encode()

    def said(self, name: str) -> list[dict[str, Any]]:
        """Return what the calls of a method carried."""
        return [said for called, said in self.calls if called == name]

    def _result(self, name: str, said: dict[str, Any]) -> object:
        if name == "getMe":
            return {"id": 999, "is_bot": True, "first_name": "Shop", "username": "shop_example_bot"}
        if name in {"sendMessage", "sendPhoto", "sendDocument", "editMessageText"}:
            chat = {"id": int(said.get("chat_id", 0)), "type": "private", "first_name": "Maria"}
            sent = {"message_id": 100 + len(self.calls), "date": 1764000000, "chat": chat}
            return sent | ({"text": said["text"]} if "text" in said else {"caption": said.get("caption", "")})
        if name == "getFile":
            size = len(self.file)
            return {"file_id": said["file_id"], "file_unique_id": "u", "file_size": size, "file_path": "photos/1.png"}
        if name == "getUpdates":
            # As Telegram: an offset forgets everything before it.
            if said.get("offset") is not None:
                self.updates = [update for update in self.updates if update["update_id"] >= said["offset"]]
            return self.updates
        return True


def an_ear(intake: RecordingIntake, api: FakeBotApi | None = None) -> Ear:
    """Return what hears Telegram's updates, in front of an intake."""
    api = api or FakeBotApi()
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)
    return Ear(client, intake, lambda language: f"only private ({language})")


@dataclass
class FakeTwilio:
    """Twilio at the transport; `answers` come first, then it takes every message."""

    answers: list[tuple[int, Any] | Exception] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    @property
    def transport(self) -> httpx.MockTransport:
        """Return what an httpx client is given."""
        return httpx.MockTransport(self._answer)

    def forms(self) -> list[dict[str, str]]:
        """Return what each request carried."""
        return [dict(parse_qsl(request.content.decode())) for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            status, body = answer
            return httpx.Response(status, text=body) if isinstance(body, str) else httpx.Response(status, json=body)
        form = dict(parse_qsl(request.content.decode()))
        return httpx.Response(201, json={"sid": f"SM{len(self.requests):032d}", "status": "queued", "to": form["To"]})


def twilio_error(status: int, code: int) -> tuple[int, dict[str, object]]:
    """Return an answer of Twilio's with an error code."""
    return status, {"code": code, "message": "refused", "status": status, "more_info": "https://www.twilio.com/docs"}


def caller(router: APIRouter, base_url: str = PUBLIC_URL) -> httpx.AsyncClient:
    """Return somebody who calls the routes over HTTP, without a socket."""
    app = FastAPI()
    app.include_router(router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url)


@dataclass
class Naps:
    """A clock that only sleeping moves."""

    now: float = 1000.0
    taken: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def until(done: Callable[[], object], seconds: float = 5) -> None:
    """Let others run until something is so."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)
