"""The gateway alone, for what operators do: without Rasa every shopper's message is handed to people at once."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Self

import httpx

from bot.domain.people import Role
from bot.settings import ROOT
from bot.store.unit_of_work import Store
from tests.doubles.providers.faults import Faults
from tests.doubles.providers.telegram import BotApi
from tests.doubles.providers.twilio import Twilio
from tests.system import READY_WITHIN


class Gateway:
    """`python -m bot serve` on a free port and a database of its own; `{url}` in a setting is its address."""

    def __init__(self, home: Path, dsn: str, *, worker: bool = True, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.dsn, self.home = dsn, home
        self._output = home / "serve.log"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM_", "TWILIO_", "RASA_"))}
        self.environment = clean | {
            "PORT": str(self.port), "WARMLINE_HOME": str(home), "DATABASE_URL": dsn, "RASA_URL": "http://127.0.0.1:9",
            "RASA_TIMEOUT": "0.5", "BURST_WINDOW_SECONDS": "0",
        } | {name: value.format(url=self.url) for name, value in settings.items()}  # fmt: skip
        self._command = [sys.executable, "-m", "bot", "serve", *([] if worker else ["--no-worker"])]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until pages are served."""
        with self._output.open("ab") as file:
            self._process = subprocess.Popen(self._command, cwd=ROOT, env=self.environment, stdout=file, stderr=file)
        give_up = time.monotonic() + READY_WITHIN
        while True:
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise AssertionError(f"the gateway did not start:\n{self._output.read_text()[-4000:]}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == httpx.codes.OK:
                    assert "Traceback" not in self._output.read_text()
                    return
            time.sleep(0.2)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        assert self._process is not None, "was started"
        self._process.terminate()
        self._process.wait(timeout=30)


class Shopper:
    """Somebody who writes to the web channel without a browser."""

    def __init__(self, gateway: Gateway) -> None:
        self._url = gateway.url
        session = httpx.post(f"{self._url}/webhooks/web/sessions").raise_for_status().json()
        self._headers = {"Authorization": f"Bearer {session['session']}.{session['token']}"}
        self.address = str(session["session"])
        self._count = 0

    def says(self, text: str) -> None:
        """Write a message."""
        self._count += 1
        body = {"id": str(self._count), "text": text}
        httpx.post(f"{self._url}/webhooks/web/messages", json=body, headers=self._headers).raise_for_status()

    def hears(self) -> str:
        """Return all that is in the chat, as the shopper's page gets it."""
        return httpx.get(f"{self._url}/webhooks/web/messages", headers=self._headers).raise_for_status().text


PASSWORD = "a long enough password"


def enrol(dsn: str, *names: str, role: Role = Role.OPERATOR) -> None:
    """Add people, who log in with their first name and PASSWORD. In a thread: a browser's loop may run in this one."""

    async def add() -> None:
        store = Store(dsn)
        async with store.begin() as work:
            for name in names:
                await work.users.add(name.split()[0].lower(), PASSWORD, role, name)
        await store.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, add()).result()


class _Provider[Server: AbstractAsyncContextManager[Any]]:
    """A provider's server in a thread of its own: a browser's loop may run in this one."""

    api: Server

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self.api.__aenter__)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self.api.__aexit__, None, None, None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Callable[..., Any], *with_: Any) -> None:
        """Call something there, and wait until it is done."""

        async def call() -> None:
            done = what(*with_)
            if inspect.isawaitable(done):
                await done

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(timeout=30)


class Telegram(_Provider[BotApi]):
    """A Bot API server; a gateway with `settings` is its bot."""

    token = "999:a-token"

    def __init__(self) -> None:
        super().__init__()
        self.api = BotApi(self.token, Faults(0))

    @property
    def settings(self) -> dict[str, str]:
        """What a gateway has to be told."""
        return {"TELEGRAM_BOT_TOKEN": self.token, "TELEGRAM_API_BASE_URL": self.api.url}

    def says(self, chat: int, text: str) -> None:
        """A shopper writes."""
        self._do(self.api.says, chat, text)


class WhatsApp(_Provider[Twilio]):
    """Twilio; a gateway with `settings` is a sender of its, once `calls` told where it is."""

    account, token, number = "AC" + "0" * 32, "a-token", "+15550001111"

    def __init__(self) -> None:
        super().__init__()
        self.api = Twilio(self.account, self.token, self.number, Faults(0))

    @property
    def settings(self) -> dict[str, str]:
        """What a gateway has to be told."""
        return {
            "TWILIO_ACCOUNT_SID": self.account, "TWILIO_AUTH_TOKEN": self.token, "TWILIO_WHATSAPP_FROM": self.number,
            "TWILIO_API_BASE_URL": self.api.url, "PUBLIC_URL": "http://shop.example",
        }  # fmt: skip

    def calls(self, gateway: Gateway) -> None:
        """Bring messages to this gateway, and fetch files there."""
        self.api.public_url, self.api.webhook = self.settings["PUBLIC_URL"], gateway.url

    def says(self, phone: str, text: str) -> None:
        """A shopper writes."""
        self._do(self.api.says, phone, text)


def eventually(holds: Callable[[], object], within: float = 20.0) -> None:
    """Wait until something is true of what no page shows."""
    give_up = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up, "it did not come to hold"
        time.sleep(0.05)


@contextlib.contextmanager
def running(home: Path, dsn: str, *, worker: bool = True, **settings: str) -> Iterator[Gateway]:
    """A gateway for the time of a test."""
    gateway = Gateway(home, dsn, worker=worker, **settings)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
