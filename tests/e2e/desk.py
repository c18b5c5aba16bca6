"""The gateway alone, for what operators do: without Rasa every shopper's message is handed to people at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bot.domain.people import Role
from bot.settings import ROOT
from bot.store.unit_of_work import Store

_READY_WITHIN = 60.0


class Gateway:
    """`python -m bot serve` on a free port and a database of its own, with a login for each operator."""

    def __init__(self, home: Path, dsn: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.dsn = dsn
        self._output = home / "serve.log"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM_", "TWILIO_", "RASA_"))}
        self._environment = clean | {
            "PORT": str(self.port), "WARMLINE_HOME": str(home), "DATABASE_URL": dsn, "RASA_URL": "http://127.0.0.1:9",
            "RASA_TIMEOUT": "0.5", "BURST_WINDOW_SECONDS": "0",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until pages are served."""
        with self._output.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=self._environment, stdout=file, stderr=file
            )
        give_up = time.monotonic() + _READY_WITHIN
        while True:
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise AssertionError(f"the gateway did not start:\n{self._output.read_text()[-4000:]}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == httpx.codes.OK:
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
    """Add people, who log in with PASSWORD. In a thread: a browser's loop may run in this one."""

    async def add() -> None:
        store = Store(dsn)
        async with store.begin() as work:
            for name in names:
                await work.users.add(name.lower(), PASSWORD, role, name)
        await store.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, add()).result()


@contextlib.contextmanager
def running(home: Path, dsn: str) -> Iterator[Gateway]:
    """A gateway for the time of a test."""
    gateway = Gateway(home, dsn)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()
