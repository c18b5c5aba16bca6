"""Running systems for tests to speak to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.settings import ROOT
from bot.store.unit_of_work import Store

READY_WITHIN = 480.0


@dataclass
class RasaSystem:
    """Rasa and the action server, spoken to as the gateway does."""

    url: str
    token: str
    store: Store
    _asked: int = field(default=0, init=False)

    async def open_conversation(self, channel: str = "web", address: str | None = None) -> str:
        """Store a conversation and return its id: actions look things up by it."""
        async with self.store.begin() as work:
            opened = await work.conversations.of_address(
                channel, address or uuid.uuid4().hex, name="Shopper", language=None
            )
        return opened.id

    async def say(
        self, conversation_id: str, text: str, *, message_id: str | None = None, channel: str = "web", **extra: Any
    ) -> dict[str, Any]:
        """Put one message to Rasa and return the answer of GatewayInput."""
        body = {
            "conversation_id": conversation_id,
            "message_id": message_id or uuid.uuid4().hex,
            "channel": channel,
            "text": text,
            "language_hint": None,
        }
        answer = await self._post("/webhooks/gateway/turn", body | extra)
        answer.raise_for_status()
        return dict(answer.json())

    async def returned(self, conversation_id: str) -> None:
        """Tell Rasa that the bot has the conversation back."""
        (await self._post("/webhooks/gateway/returned", {"conversation_id": conversation_id})).raise_for_status()

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(self.url + path, json=body, headers={"Authorization": f"Bearer {self.token}"})


class Warmline:
    """`python -m bot up` in a folder of its own, on a free port."""

    def __init__(self, home: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = home
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin: tuple[str, str] = ("", "")
        self._output = home / "up.log"
        self._process: subprocess.Popen[bytes] | None = None
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM_", "TWILIO_", "RASA_", "DATABASE"))}
        self.environment = clean | {"PORT": str(self.port), "WARMLINE_HOME": str(home)} | environment

    def start(self) -> None:
        """Start and wait until everything is ready."""
        seen = self._output.stat().st_size if self._output.exists() else 0
        with self._output.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "up"], cwd=ROOT, env=self.environment, stdout=file, stderr=file
            )
        give_up = time.monotonic() + READY_WITHIN
        while "Warmline is ready." not in self.output[seen:]:
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise AssertionError(f"Warmline did not start:\n{self.output}\n{self.logs()}")
            time.sleep(0.2)
        while "Ctrl-C stops" not in self.output[seen:]:
            time.sleep(0.05)
        if login := re.search(r"Login, shown only now: +(\S+) / (\S+)", self.output):
            self.admin = (login[1], login[2])

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def kill(self, name: str) -> None:
        """SIGKILL one process: `gateway`, `rasa`, `actions`, `postgres` or `up`."""
        for process in self.processes(name):
            process.kill()
        if name == "up":
            assert self._process is not None, "started"
            self._process.wait()

    def processes(self, name: str) -> list[psutil.Process]:
        """The processes of a part, the children of this Warmline only."""
        assert self._process is not None, "started"
        if name == "up":
            return [psutil.Process(self._process.pid)]
        if name == "postgres":
            pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
            return [psutil.Process(pid)] if psutil.pid_exists(pid) else []
        words = {"gateway": ["bot", "serve"], "rasa": ["nlu", "run"], "actions": ["-m", "actions"]}[name]
        found = []
        for child in psutil.Process(self._process.pid).children():
            line = child.cmdline()
            if any(line[i : i + 2] == words for i in range(len(line))):
                found.append(child)
        return found

    @property
    def dsn(self) -> str:
        """The address of its embedded PostgreSQL, while that runs."""
        lines = (self.home / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql://postgres:@/postgres?host={lines[4]}"

    @property
    def output(self) -> str:
        """What it told the person at the terminal."""
        return self._output.read_text(errors="replace")

    def logs(self) -> str:
        """The end of each log, for a failed test to show."""
        return "\n".join(
            f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-15:])
            for file in sorted((self.home / "logs").glob("*.log"))
        )
