"""The operators' console with 2,000 open chats and 100 open pages: how long until an operator sees what they asked for.

    python -m benchmarks.console [--pages N] [--acts N]

Each page is opened as a browser does it: an operator logs in, loads `/console`, and keeps a websocket open with the
handshake that the page's own script makes. Then operators act, one every quarter of a second, each in another page:
choose a chat, claim one, choose a filter, search. An act is timed from sending the event until what it asked for has come
back over that page's websocket; whatever it changes goes to all other pages meanwhile. The gateway runs in one process, as
it does for a shop, and PostgreSQL and these clients are on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import socketio
from rich.console import Console

from bot.domain.people import Role
from bot.running.postgres import EmbeddedPostgres
from bot.settings import ROOT
from bot.store.migrate import migrate
from bot.store.unit_of_work import Store
from tests.doubles.open_shop import OpenShop

RESULT: Final = ROOT / "benchmarks" / "console.md"
PASSWORD: Final = "a long password"  # noqa: S105  of operators invented for this
WORDS: Final = ("заказ", "broken cup", "退款", "παραγγελία", "WL-2001", "Maria", "when will the money", "овсяную")
ACTS: Final = ("choose", "claim", "filter", "search")
TARGET: Final = 200  # milliseconds
PAUSE: Final = 0.25
PATIENCE: Final = 30.0

say = Console(stderr=True).print
_Element = Mapping[str, Any]


class Page:
    """One operator's open page, without a browser."""

    def __init__(self, url: str, username: str) -> None:
        self._url, self._username = url, username
        self.elements: dict[str, _Element] = {}
        self._client_id = ""
        self._socket = socketio.AsyncClient(reconnection=False)
        self._wanted: Callable[[_Element], bool] | None = None
        self._came = asyncio.Event()
        self.bytes = 0
        self._socket.on("update", self._updated)

    async def open(self) -> None:
        """Log in, load the page, connect."""
        async with httpx.AsyncClient(base_url=self._url, follow_redirects=True, timeout=120) as http:
            await http.post("/login", data={"username": self._username, "password": PASSWORD, "next": "/console"})
            html = (await http.get("/console")).text
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        drawn = re.search(r"String\.raw`(.*?)`\)", html, re.DOTALL)
        client = re.search(r"'client_id': '([^']+)'", html)
        assert drawn is not None
        assert client is not None
        self.elements = json.loads(drawn[1])
        self._client_id = client[1]
        query = {
            "client_id": client[1], "next_message_id": 0, "implicit_handshake": "true",
            "tab_id": uuid.uuid4().hex, "document_id": uuid.uuid4().hex,
        }  # fmt: skip
        await self._socket.connect(
            f"{self._url}?{httpx.QueryParams(query)}",
            headers={"Cookie": cookie},
            transports=["websocket"],
            socketio_path="/_nicegui_ws/socket.io",
            wait_timeout=60,
        )

    async def close(self) -> None:
        """Close the page."""
        await self._socket.disconnect()

    def all(self, **props: str) -> list[tuple[str, _Element]]:
        """Return the elements with these properties (`data_testid` for `data-testid`)."""
        wanted = {name.replace("_", "-"): value for name, value in props.items()}
        return [
            (number, element)
            for number, element in self.elements.items()
            if wanted.items() <= element.get("props", {}).items()
        ]

    async def act(self, on: str, kind: str, args: Sequence[object], until: Callable[[_Element], bool]) -> float:
        """Send an event of an element; return the seconds until an element came that is as it should be."""
        listener = next(each for each in self.elements[on]["events"] if each["type"] == kind)
        message = {
            "id": int(on),
            "client_id": self._client_id,
            "listener_id": listener["listener_id"],
            "args": [json.dumps(arg) for arg in args],
        }
        self._wanted = until
        self._came.clear()
        began = time.perf_counter()
        await self._socket.emit("event", message)
        await asyncio.wait_for(self._came.wait(), PATIENCE)
        self._wanted = None
        return time.perf_counter() - began

    async def _updated(self, update: Mapping[str, Any]) -> None:
        for number, element in update.items():
            if number == "_id":
                continue
            if element is None:
                self.elements.pop(number, None)
                continue
            self.elements[number] = element
            if self._wanted is not None and self._wanted(element):
                self._came.set()


def _has(element: _Element, **props: str) -> bool:
    wanted = {name.replace("_", "-"): value for name, value in props.items()}
    return bool(wanted.items() <= element.get("props", {}).items())


class Operators:
    """What operators do."""

    def __init__(self, pages: Sequence[Page], chance: random.Random) -> None:
        self._pages, self._chance = pages, chance

    async def choose(self, page: Page) -> float:
        """Open one of the first chats of the queue."""
        rows = [each for _, each in page.all(role="listitem") if each["props"].get("chosen") == "false"]
        if not rows:
            await self.filter(page, "all")
            return await self.choose(page)
        chat = self._chance.choice(rows[:40])["props"]["data-conversation"]
        queue = page.all(data_testid="queue")[0][0]
        return await page.act(queue, "click", [chat, ""], lambda e: e["tag"] == "scroll-tail" and _has(e, of=chat))

    async def claim(self, page: Page) -> float:
        """Claim the chat that is open, one that waits."""
        await self.filter(page, "waiting")
        await self.choose(page)
        found = page.all(data_testid="act-claim")
        if not found:  # somebody else has it by now
            return await self.claim(page)
        return await page.act(found[0][0], "click", [], lambda e: _has(e, data_testid="holder", data_holder="operator"))

    async def filter(self, page: Page, to: str = "") -> float:
        """Choose another filter."""
        others = [
            name
            for name in ("waiting", "mine", "bot", "all")
            if page.all(data_testid=f"filter-{name}")[0][1]["props"].get("aria-pressed") != "true"
        ]
        if to and to not in others:
            return 0.0
        chosen = to or self._chance.choice(others)
        pressed = page.all(data_testid=f"filter-{chosen}")[0][0]
        return await page.act(
            pressed, "click", [], lambda e: _has(e, data_testid=f"filter-{chosen}", aria_pressed="true")
        )

    async def search(self, page: Page) -> float:
        """Search for something, and leave the search."""
        box = page.all(data_testid="search")[0][0]
        word = self._chance.choice(WORDS)
        took = await page.act(
            box, "input", [word], lambda e: e["tag"] == "search-hit" or _has(e, data_testid="found-none")
        )
        await page.act(box, "input", [""], lambda e: _has(e, data_testid="found"))
        return took

    async def all_acts(self, each: int) -> dict[str, list[float]]:
        """Do everything `each` times, one act after another."""
        seconds: dict[str, list[float]] = {name: [] for name in ACTS}
        for _ in range(each):
            for name, took in seconds.items():
                page = self._chance.choice(self._pages)
                took.append(await getattr(self, name)(page))
                await asyncio.sleep(PAUSE)
        return seconds


@contextmanager
def gateway(home: Path, dsn: str) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the console, without the background jobs; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM_", "TWILIO_"))}
    environment = clean | {"DATABASE_URL": dsn, "PORT": str(port), "WARMLINE_HOME": str(home)}
    with (home / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve", "--no-worker"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{url}/login", timeout=5)
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


async def operators(dsn: str, count: int) -> list[tuple[int, str]]:
    """Add operators; return their ids and user names."""
    store = Store(dsn)
    added = []
    async with store.begin() as work:
        for number in range(count):
            user = await work.users.add(f"operator{number}", PASSWORD, Role.OPERATOR, f"Operator {number}")
            added.append((user.id, user.username))
    await store.close()
    return added


async def measure(
    url: str, names: Sequence[str], acts: int, process: psutil.Process
) -> tuple[float, dict[str, list[float]], float]:
    """Open a page for each name and let them act.

    Return how long opening one took, the seconds of each act, and the processor's seconds that the gateway took for one.
    """
    pages, opened = [Page(url, name) for name in names], []
    for page in pages:
        began = time.perf_counter()
        await page.open()
        opened.append(time.perf_counter() - began)
    say(f"{len(pages)} pages are open; {statistics.median(opened):.2f} s each")
    await asyncio.sleep(3)
    people = Operators(pages, random.Random(1))  # noqa: S311  no secret
    await people.all_acts(2)  # the first ones fill caches that a shop's gateway has filled
    before = process.cpu_times()
    seconds = await people.all_acts(acts)
    after = process.cpu_times()
    worked = (after.user + after.system - before.user - before.system) / sum(map(len, seconds.values()))
    for page in pages:
        await page.close()
    return statistics.median(opened), seconds, worked


def table(seconds: Mapping[str, Sequence[float]]) -> str:
    """Return the figures as Markdown."""
    lines = ["| act | times | p50 | p95 | longest |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, took in {**seconds, "all": [each for several in seconds.values() for each in several]}.items():
        cuts = statistics.quantiles(took, n=20, method="inclusive")
        lines.append(
            f"| {name} | {len(took)} | {statistics.median(took) * 1000:.0f} ms | {cuts[18] * 1000:.0f} ms"
            f" | {max(took) * 1000:.0f} ms |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and write `benchmarks/console.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--acts", type=int, default=50, help="how often each act is done")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warmline-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        server = EmbeddedPostgres(home)
        dsn = server.start()
        try:
            migrate(dsn)
            people = asyncio.run(operators(dsn, given.pages))
            shop = OpenShop(datetime.now(UTC), [number for number, _ in people])
            shop.write(dsn)
            with gateway(home, dsn) as (url, process):
                names = [name for _, name in people]
                opened, seconds, worked = asyncio.run(measure(url, names, given.acts, process))
                memory = process.memory_info().rss / 2**20
        finally:
            server.stop()
    command = f"python -m benchmarks.console --pages {given.pages} --acts {given.acts}"
    page = (
        "# The console with many chats and many pages\n\n"
        f"`{command}`, on {psutil.cpu_count()} cores that also run PostgreSQL and the clients, one gateway process.\n\n"
        f"{shop.waiting} chats wait, operators hold {shop.held}, the bot {shop.bot}; {len(shop.rows['messages']):,} messages."
        f" {given.pages} operators have a page open. Target: 95 of 100 acts within {TARGET} ms.\n\n"
        f"{table(seconds)}\n\n"
        f"The gateway's process works {worked * 1000:.0f} ms for an act, with what the other pages are told of it. The load of"
        f" the machine was {os.getloadavg()[1]:.1f}, on {psutil.cpu_count()} cores.\n\n"
        f"Opening a page (login with argon2, HTML, websocket): {opened * 1000:.0f} ms. The gateway takes {memory:.0f} MB.\n"
    )
    RESULT.write_text(page, "utf-8")
    say(page)


if __name__ == "__main__":
    main()
