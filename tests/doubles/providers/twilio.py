"""Twilio's side of WhatsApp: signs what it brings, takes messages, reports on them, and fails as often as it is told to."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections import defaultdict, deque
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Self

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from tests.doubles.providers.accepted import Tray
from tests.doubles.providers.faults import Faults

_SLOW_DOWN: Final = (20429, 63018)
_STATES: Final = ("sent", "delivered")


class Twilio:
    """Speaks as https://www.twilio.com/docs/messaging/api/message-resource does, as far as Warmline listens.

    A message that Warmline does not answer 2xx comes again, as with `#rp=all&rc=5` in the webhook's address; a twentieth
    comes twice all the same, and a tenth of ours is reported on before it is answered. `refuses` are error codes by address,
    given instead of taking the message. A file is fetched from its address before the message is taken; `files` are those,
    with the words beside them, and `templates` what was sent by SID.
    """

    def __init__(self, account: str, token: str, number: str, faults: Faults) -> None:
        self._account, self._number = account, number
        self._signer = RequestValidator(token)
        self._auth = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()
        self.faults = faults
        self.tray = Tray()
        self.refuses: dict[str, int] = {}
        self.files: list[tuple[bytes, str, str]] = []
        self.templates: list[tuple[str, str]] = []
        self.webhook = ""
        self.public_url = ""
        self._sids = itertools.count(1)
        self._sent_at: dict[str, datetime] = {}
        self._waiting: dict[str, deque[dict[str, str]]] = defaultdict(deque)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reports: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen on a free port of this machine."""
        app = web.Application()
        path = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        app.router.add_post(path, self._send)
        app.router.add_get(path, self._list)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(15))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; what was not brought is lost."""
        for task in [*self._tasks.values(), *self._reports]:
            task.cancel()
        assert self._http is not None and self._runner is not None, "started"  # noqa: PT018  one fact
        await self._http.close()
        await self._runner.cleanup()

    def says(self, phone: str, text: str, **more: str) -> str:
        """A shopper writes; return what Warmline will call the message."""
        sid = f"SM{next(self._sids):032x}"
        form = {
            "MessageSid": sid,
            "AccountSid": self._account,
            "From": f"whatsapp:{phone}",
            "To": f"whatsapp:{self._number}",
            "Body": text,
            "NumMedia": "0",
            "ProfileName": "Maria",
            "WaId": phone.lstrip("+"),
        }
        self._waiting[phone].append(form | more)
        if phone not in self._tasks or self._tasks[phone].done():
            self._tasks[phone] = asyncio.create_task(self._bring(phone))
        return sid

    @property
    def undelivered(self) -> int:
        """How many messages Warmline has not taken yet."""
        return sum(map(len, self._waiting.values()))

    async def _bring(self, phone: str) -> None:
        queue = self._waiting[phone]
        while queue:
            try:
                for _ in range(2 if int(queue[0]["MessageSid"].removeprefix("SM"), base=16) % 20 == 0 else 1):
                    await self._call_webhook("/webhooks/whatsapp", queue[0])
                queue.popleft()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.5)

    async def _call_webhook(self, path: str, form: dict[str, str]) -> None:
        assert self._http is not None, "started"
        signature = self._signer.compute_signature(self.public_url + path, form)
        async with self._http.post(self.webhook + path, data=form, headers={"X-Twilio-Signature": signature}) as answer:
            answer.raise_for_status()

    async def _send(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != self._auth:
            return _error(401, 20003)
        form = {name: str(value) for name, value in (await request.post()).items()}
        address = form["To"].removeprefix("whatsapp:")
        if code := self.refuses.get(address):
            return _error(400, code)

        async def accept() -> web.Response:
            if media := form.get("MediaUrl"):
                content, kind = await self._fetch(media)
                self.files.append((content, kind, form.get("Body", "")))
            if template := form.get("ContentSid"):
                self.templates.append((template, form.get("ContentVariables", "")))
            sid = f"SM{next(self._sids):032x}"
            taken = self.tray.take(sid, address, form.get("Body", ""))
            self._sent_at[sid] = datetime.now(UTC)
            if callback := form.get("StatusCallback"):
                early = int(sid.removeprefix("SM"), base=16) % 10 == 0
                if early:  # its reports are quicker than its answer now and then
                    await self._report(sid, callback, "sent")
                report = asyncio.create_task(self._report(sid, callback, *(("delivered",) if early else _STATES)))
                self._reports.add(report)
                report.add_done_callback(self._reports.discard)
            return web.json_response(self._resource(sid, address, taken.text), status=201)

        return await self.faults.spoil(request, accept, self._too_fast)

    async def _fetch(self, address: str) -> tuple[bytes, str]:
        assert self._http is not None, "started"
        async with self._http.get(self.webhook + address.removeprefix(self.public_url)) as answer:
            answer.raise_for_status()
            return await answer.read(), answer.content_type

    def _too_fast(self) -> web.Response:
        return _error(429, _SLOW_DOWN[self.faults.calls % len(_SLOW_DOWN)])

    async def _report(self, sid: str, callback: str, *states: str) -> None:
        path = callback.removeprefix(self.public_url)
        for state in states:
            await asyncio.sleep(0.2)
            try:
                await self._call_webhook(path, {"MessageSid": sid, "MessageStatus": state})
            except (aiohttp.ClientError, TimeoutError):
                return  # Twilio does not repeat these

    async def _list(self, request: web.Request) -> web.StreamResponse:
        address = request.query.get("To", "").removeprefix("whatsapp:")

        async def accept() -> web.Response:
            found = [self._resource(m.id, m.address, m.text) for m in reversed(self.tray.to(address))]
            return web.json_response({"messages": found, "next_page_uri": None, "page": 0, "page_size": 50})

        return await self.faults.spoil(request, accept, self._too_fast)

    def _resource(self, sid: str, address: str, text: str) -> dict[str, object]:
        moment = format_datetime(self._sent_at[sid])
        return {
            "sid": sid,
            "account_sid": self._account,
            "to": f"whatsapp:{address}",
            "from": f"whatsapp:{self._number}",
            "body": text,
            "status": "queued",
            "direction": "outbound-api",
            "date_created": moment,
            "date_sent": moment,
            "date_updated": moment,
            "error_code": None,
        }


def _error(status: int, code: int) -> web.Response:
    body = {"code": code, "message": "refused", "status": status, "more_info": "https://www.twilio.com/docs"}
    return web.json_response(body, status=status)
