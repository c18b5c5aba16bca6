"""A Bot API server: takes messages, brings updates to a webhook or hands them out, and fails as often as it is told to."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict, deque
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.doubles.providers.accepted import Tray
from tests.doubles.providers.faults import Faults

_LONG_POLL = 20.0  # seconds


class BotApi:
    """Speaks as https://core.telegram.org/bots/api does, as far as Warmline listens.

    Updates of one chat come in order, each again until it is answered 2xx; a twentieth comes twice all the same.
    """

    def __init__(self, token: str, faults: Faults) -> None:
        self._token = token
        self.faults = faults
        self.tray = Tray()
        self.files: list[tuple[str, str, bytes, str]] = []
        """(method, file name, content, caption) of every file that was taken."""
        self.edited: dict[str, str] = {}
        self.webhook: tuple[str, str] | None = None
        self._message_ids = itertools.count(1000)
        self._update_ids = itertools.count(500_000)
        self._pending: deque[dict[str, Any]] = deque()
        self._waiting: dict[int, deque[dict[str, Any]]] = defaultdict(deque)
        self._bringing: dict[int, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port of this machine."""
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; what was not brought is lost."""
        for task in self._bringing.values():
            task.cancel()
        assert self._http is not None and self._runner is not None, "started"  # noqa: PT018  one fact
        await self._http.close()
        await self._runner.cleanup()

    def says(self, chat: int, text: str, **more: Any) -> str:
        """A shopper writes; return what Warmline will call the message."""
        number = next(self._message_ids)
        message = {
            "message_id": number,
            "date": 1_764_000_000,
            "chat": {"id": chat, "type": "private", "first_name": "Maria"},
            "from": {"id": chat, "is_bot": False, "first_name": "Maria", "language_code": "en"},
            "text": text,
        }
        self.brings({"message": message | more}, chat)
        return f"{chat}:{number}"

    def brings(self, update: dict[str, Any], chat: int) -> None:
        """Something happens in a chat."""
        numbered = {"update_id": next(self._update_ids)} | update
        if self.webhook is None:
            self._pending.append(numbered)
            self._news.set()
            return
        self._waiting[chat].append(numbered)
        if chat not in self._bringing or self._bringing[chat].done():
            self._bringing[chat] = asyncio.create_task(self._bring(chat))

    @property
    def undelivered(self) -> int:
        """How many updates Warmline has not taken yet."""
        return len(self._pending) + sum(map(len, self._waiting.values()))

    async def _bring(self, chat: int) -> None:
        assert self._http is not None, "started"
        queue = self._waiting[chat]
        while queue:
            assert self.webhook is not None, "a webhook stays set"
            url, secret = self.webhook
            try:
                for _ in range(2 if queue[0]["update_id"] % 20 == 0 else 1):
                    async with self._http.post(
                        url, json=queue[0], headers={"X-Telegram-Bot-Api-Secret-Token": secret}
                    ) as answer:
                        answer.raise_for_status()
                queue.popleft()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.5)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self._token:
            return _error(401, "Unauthorized")
        method, said = request.match_info["method"], await _said(request)
        if method == "sendMessage":
            return await self._send(request, said)

        async def accept() -> web.Response:
            return _ok(await self._do(method, said))

        return await self.faults.spoil(request, accept, _too_fast)

    async def _send(self, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
        async def accept() -> web.Response:
            number = next(self._message_ids)
            self.tray.take(str(number), str(said["chat_id"]), said["text"])
            chat = {"id": int(said["chat_id"]), "type": "private", "first_name": "Maria"}
            return _ok({"message_id": number, "date": 1_764_000_000, "chat": chat, "text": said["text"]})

        return await self.faults.spoil(request, accept, _too_fast)

    async def _do(self, method: str, said: dict[str, Any]) -> object:
        match method:
            case "getMe":
                return {"id": 999, "is_bot": True, "first_name": "Shop", "username": "shop_example_bot"}
            case "setWebhook":
                self.webhook = (said["url"], said.get("secret_token", "")) if said.get("url") else None
            case "deleteWebhook":
                self.webhook = None
            case "getUpdates":
                return await self._updates(said)
            case "sendPhoto" | "sendDocument":
                sent = said["photo" if method == "sendPhoto" else "document"]
                self.files.append((method, sent.filename, sent.file.read(), said.get("caption", "")))
                chat = {"id": int(said["chat_id"]), "type": "private", "first_name": "Maria"}
                return {"message_id": next(self._message_ids), "date": 1_764_000_000, "chat": chat}
            case "editMessageText":
                self.edited[str(said["message_id"])] = said["text"]
        return True

    async def _updates(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        if "offset" in said:
            while self._pending and self._pending[0]["update_id"] < int(said["offset"]):
                self._pending.popleft()
        if not self._pending:
            self._news.clear()
            try:
                async with asyncio.timeout(min(_LONG_POLL, float(said.get("timeout", 0)))):
                    await self._news.wait()
            except TimeoutError:
                return []
        return list(self._pending)[:100]


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(code: int, description: str, **parameters: object) -> web.Response:
    body: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=code)


def _too_fast() -> web.Response:
    return _error(429, "Too Many Requests: retry after 1", retry_after=1)


async def _said(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {name: _plain(value) for name, value in (await request.post()).items()}


def _plain(value: object) -> object:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return json.loads(value)
    return value
