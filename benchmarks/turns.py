"""Whole durable turns through Warmline's web channel, beside bare turns of Rasa's starter project, in one run.

    make benchmark                 (python -m benchmarks.turns [--turns N])

A Warmline turn is timed from the moment the shopper's message is posted to the moment its reply is recorded as accepted
by the channel: stored, queued, read, answered by the real actions, stored again, delivered. A starter turn is the
answer of `rasa init`'s assistant on its REST channel, which stores nothing. Both get the same messages. Memory is the
proportional set size (PSS) of each process with its children, so that shared pages count once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg
from rich.console import Console
from rich.progress import track

from bot.running.training import rasa_environment, train
from bot.settings import ROOT
from bot.store.feed import Feed
from tests.system import Warmline

STARTER_PYTHON = ROOT / ".tools" / "starter" / "bin" / "python"
RESULT = ROOT / "benchmarks" / "turns.md"
SAYINGS = ("hello", "i am so sad", "are you a bot?", "thanks, bye", "great", "where is my order WL-1003?")
WARM_UP = 5
SHOPPERS = (1, 8)

say = Console(stderr=True).print


@dataclass(frozen=True)
class Figures:
    """Seconds of each turn, and how long all of them took together."""

    seconds: Sequence[float]
    wall: float

    def row(self, name: str, shoppers: int) -> str:
        """A line of the table."""
        ordered = sorted(self.seconds)
        p50 = statistics.median(ordered)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        return f"| {name} | {shoppers} | {p50 * 1000:.0f} | {p95 * 1000:.0f} | {len(ordered) / self.wall:.1f} |"


Talk = Callable[[str], Awaitable[float]]
"""Says one thing and returns the seconds until its answer."""


async def measure(talks: Sequence[Talk], turns: int) -> Figures:
    """Let every shopper say `turns` things, one after the other, all shoppers at once."""

    async def one(talk: Talk) -> list[float]:
        return [await talk(SAYINGS[n % len(SAYINGS)]) for n in range(turns)]

    for talk in talks:
        for n in range(WARM_UP):
            await talk(SAYINGS[n % len(SAYINGS)])
    began = time.perf_counter()
    timed = await asyncio.gather(*(one(talk) for talk in talks))
    return Figures([second for seconds in timed for second in seconds], time.perf_counter() - began)


class WarmlineTalk:
    """One shopper on the web channel, who hears of their reply through LISTEN/NOTIFY."""

    def __init__(self, client: httpx.AsyncClient, base: str, dsn: str, feed: Feed) -> None:
        self._client, self._base, self._dsn = client, base, dsn
        self._changed = asyncio.Event()
        feed.subscribe(lambda _: self._changed.set())
        self._headers: dict[str, str] = {}
        self._database: psycopg.AsyncConnection | None = None

    async def open(self) -> None:
        """Begin a session."""
        answer = (await self._client.post(f"{self._base}/webhooks/web/sessions")).json()
        self._headers = {"Authorization": f"Bearer {answer['session']}.{answer['token']}"}
        self._session = answer["session"]
        self._database = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)

    async def __call__(self, text: str) -> float:
        """Say one thing; the seconds run from before the request to the delivery noted by the database, by one clock."""
        assert self._database is not None, "opened"
        body = {"id": uuid.uuid4().hex, "text": text}
        began = time.time()
        answer = await self._client.post(f"{self._base}/webhooks/web/messages", json=body, headers=self._headers)
        answer.raise_for_status()
        while True:
            self._changed.clear()
            found = await self._database.execute(
                "SELECT extract(epoch FROM max(r.delivered_at)), bool_and(r.delivery = 'sent') FROM messages m"
                " JOIN conversations c ON c.id = m.conversation_id JOIN messages r ON r.in_reply_to = m.id"
                " WHERE c.address = %s AND m.id = (SELECT max(id) FROM messages WHERE conversation_id = c.id"
                " AND author = 'shopper') AND m.created_at >= to_timestamp(%s)",
                (self._session, began),
            )
            row = await found.fetchone()
            if row and row[1]:
                return float(row[0]) - began
            await asyncio.wait_for(self._changed.wait(), 30)


async def measure_warmline(warmline: Warmline, turns: int) -> list[str]:
    """The table's rows for Warmline."""
    socket_folder = (warmline.home / "postgres" / "postmaster.pid").read_text().splitlines()[4]
    dsn = f"postgresql://postgres:@/postgres?host={socket_folder}"
    feed = Feed(dsn)
    await feed.start()
    rows = []
    async with httpx.AsyncClient(timeout=30) as client:
        for shoppers in SHOPPERS:
            talks = [WarmlineTalk(client, warmline.url, dsn, feed) for _ in range(shoppers)]
            for talk in talks:
                await talk.open()
            rows.append((await measure(talks, turns)).row("Warmline, durable turn", shoppers))
    await feed.stop()
    return rows


async def measure_starter(url: str, turns: int) -> list[str]:
    """The table's rows for the starter project."""
    rows = []
    async with httpx.AsyncClient(timeout=30) as client:

        def talk_of(sender: str) -> Talk:
            async def talk(text: str) -> float:
                began = time.perf_counter()
                body = {"sender": sender, "message": text}
                (await client.post(f"{url}/webhooks/rest/webhook", json=body)).raise_for_status()
                return time.perf_counter() - began

            return talk

        for shoppers in SHOPPERS:
            figures = await measure([talk_of(uuid.uuid4().hex) for _ in range(shoppers)], turns)
            rows.append(figures.row("Rasa starter, bare turn", shoppers))
    return rows


@contextmanager
def starter(folder: Path) -> Iterator[tuple[str, int]]:
    """Make, train and run `rasa init`'s project; give its address and process id."""
    environment = rasa_environment(folder) | {"PYTHONPATH": ""}
    (folder / "project").mkdir()
    with (folder / "starter.log").open("w") as log:
        say("Training Rasa's starter project ...")
        subprocess.run(
            [str(STARTER_PYTHON), "-m", "rasa", "init", "--no-prompt", "--init-dir", str(folder / "project")],
            env=environment, stdout=log, stderr=log, check=True,
        )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [str(STARTER_PYTHON), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)],
            cwd=folder / "project", env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in track(range(240), "Starting it", console=Console(stderr=True)):
                try:
                    if httpx.get(url, timeout=2).is_success:
                        break
                except httpx.HTTPError:
                    time.sleep(0.5)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(30)


def megabytes(*pids: int) -> float:
    """The proportional set size of processes with all their children."""
    everyone = {child.pid: child for pid in pids for child in family(pid)}
    return sum(process.memory_full_info().pss for process in everyone.values()) / 1e6


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def memory_rows(warmline: Warmline) -> list[str]:
    """The memory table's rows for Warmline."""
    parts = {name: [p.pid for p in warmline.processes(name)] for name in ("rasa", "actions", "gateway", "postgres")}
    sizes = {name: megabytes(*pids) for name, pids in parts.items()}
    up = warmline.processes("up")[0]
    sizes["up (supervisor)"] = up.memory_full_info().pss / 1e6
    return [*(f"| {name} | {size:.0f} |" for name, size in sizes.items()), f"| **all** | {sum(sizes.values()):.0f} |"]


def main() -> None:
    """Measure and write `benchmarks/turns.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60, help="turns a shopper (default: 60)")
    turns = parser.parse_args().turns
    model = train(ROOT / ".warmline")
    with tempfile.TemporaryDirectory(prefix="warmline-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with starter(folder) as (url, pid):
            say("Measuring the starter ...")
            rows = asyncio.run(measure_starter(url, turns))
            starter_memory = megabytes(pid)
        home = folder / "home"
        (home / "models").mkdir(parents=True)
        home.chmod(0o755)
        shutil.copy(model, home / "models")
        warmline = Warmline(home)
        warmline.start()
        try:
            say("Measuring Warmline ...")
            rows = asyncio.run(measure_warmline(warmline, turns)) + rows
            memory = memory_rows(warmline)
        finally:
            warmline.stop()
    report = "\n".join(
        [
            "# Whole turns",
            "",
            f"`python -m benchmarks.turns --turns {turns}` on {os.cpu_count()} cores, Python {sys.version.split()[0]}.",
            "What is timed stands at the top of `benchmarks/turns.py`. Compare the rows of one run, not of two.",
            "",
            "| what | shoppers at once | p50 ms | p95 ms | turns/s |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            "| process of Warmline | PSS, MB |",
            "| --- | --- |",
            *memory,
            "",
            f"Rasa's starter, one process: {starter_memory:.0f} MB.",
            "",
        ]
    )
    RESULT.write_text(report)
    print(report)


if __name__ == "__main__":
    main()
