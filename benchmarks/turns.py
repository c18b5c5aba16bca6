"""Whole durable turns through Warmline's web channel, beside bare turns of Rasa's starter project, in one run.

    make benchmark                 (python -m benchmarks.turns [--turns N])

A Warmline turn is timed from the moment the shopper's message is posted to the moment its reply is recorded as accepted
by the channel: stored, queued, read, answered by the real actions, stored again, delivered. A starter turn is the
answer of `rasa init`'s assistant on its REST channel, which stores nothing. Both get the
same messages, in conversations of ten. Nothing waits for a second line (`BURST_WINDOW_SECONDS=0`). The web channel is driven
because Telegram and Twilio let a chat have one message a second, which would be what is measured. The share of time in
each part is what `/metrics` counted meanwhile, as seconds of that part for a second of all. Memory is the
proportional set size (PSS) of each process with its children, so that shared pages count once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
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
TURNS_EACH = len(SAYINGS)  # who says twice that they are sad is handed over
SHOPPERS = (1, 8, 32, 128)
LEAST_EACH = 4

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
        p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.95, 0.99))
        figures = " | ".join(f"{seconds * 1000:.0f}" for seconds in (p50, p95, p99))
        return f"| {name} | {shoppers} | {figures} | {len(ordered) / self.wall:.1f} |"


_STAGE = re.compile(r'^warmline_stage_seconds_sum\{stage="([^"]+)"\} (\S+)$', re.MULTILINE)

Talk = Callable[[str], Awaitable[float]]
"""Says one thing and returns the seconds until its answer."""

Opened = Callable[[], Awaitable[Talk]]
"""Begins a conversation."""


async def measure(opened: Opened, shoppers: int, turns: int) -> Figures:
    """Let shoppers say things one after the other, all shoppers at once, in conversations of TURNS_EACH.

    Up to eight say `turns` things each; more of them together as many as those eight, but each LEAST_EACH at least.
    """
    turns = turns if shoppers <= 8 else max(LEAST_EACH, turns * 8 // shoppers)

    async def one(count: int) -> list[float]:
        seconds = []
        for n in range(count):
            if n % TURNS_EACH == 0:
                talk = await opened()
            seconds.append(await talk(SAYINGS[n % len(SAYINGS)]))
        return seconds

    await asyncio.gather(*(one(min(TURNS_EACH, turns)) for _ in range(min(shoppers, 8))))  # warm up
    began = time.perf_counter()
    timed = await asyncio.gather(*(one(turns) for _ in range(shoppers)))
    return Figures([second for seconds in timed for second in seconds], time.perf_counter() - began)


class WarmlineTalk:
    """One shopper on the web channel, who hears of their reply through LISTEN/NOTIFY."""

    def __init__(
        self, client: httpx.AsyncClient, base: str, db: psycopg.AsyncConnection, session: str, token: str
    ) -> None:
        self._client, self._base, self._db, self._session = client, base, db, session
        self._headers = {"Authorization": f"Bearer {session}.{token}"}
        self._changed = asyncio.Event()
        self._conversation: str | None = None

    @classmethod
    async def open(cls, client: httpx.AsyncClient, base: str, db: psycopg.AsyncConnection, feed: Feed) -> WarmlineTalk:
        """Begin a session."""
        answer = (await client.post(f"{base}/webhooks/web/sessions")).json()
        talk = cls(client, base, db, answer["session"], answer["token"])
        feed.subscribe(talk._heard)
        return talk

    def _heard(self, conversation_id: str) -> None:
        if self._conversation in {None, conversation_id}:
            self._changed.set()

    async def __call__(self, text: str) -> float:
        """Say one thing; the seconds run from before the request to the delivery noted by the database, by one clock."""
        body = {"id": uuid.uuid4().hex, "text": text}
        began = time.time()
        answer = await self._client.post(f"{self._base}/webhooks/web/messages", json=body, headers=self._headers)
        answer.raise_for_status()
        while True:
            self._changed.clear()
            found = await self._db.execute(
                "SELECT extract(epoch FROM max(r.delivered_at)), bool_and(r.delivery = 'sent'), c.id::text FROM messages m"
                " JOIN conversations c ON c.id = m.conversation_id JOIN messages r ON r.in_reply_to = m.id"
                " WHERE c.address = %s AND m.id = (SELECT max(id) FROM messages WHERE conversation_id = c.id"
                " AND author = 'shopper') AND m.created_at >= to_timestamp(%s) GROUP BY c.id",
                (self._session, began),
            )
            row = await found.fetchone()
            if row:
                self._conversation = row[2]
            if row and row[1]:
                return float(row[0]) - began
            await asyncio.wait_for(self._changed.wait(), 60)


async def measure_warmline(warmline: Warmline, turns: int) -> tuple[list[str], list[str]]:
    """The rows of the tables of turns and of shares for Warmline."""
    dsn = warmline.dsn
    feed = Feed(dsn)
    await feed.start()
    async with (
        httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=200)) as client,
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db,
    ):

        async def opened() -> Talk:
            return await WarmlineTalk.open(client, warmline.url, db, feed)

        rows, shares = [], []
        for shoppers in SHOPPERS:
            before = await seconds_by_stage(client, warmline.url)
            figures = await measure(opened, shoppers, turns)
            after = await seconds_by_stage(client, warmline.url)
            rows.append(figures.row("Warmline, durable turn", shoppers))
            shares.append(share_row(shoppers, {stage: after[stage] - before.get(stage, 0.0) for stage in after}))
    await feed.stop()
    return rows, shares


async def seconds_by_stage(client: httpx.AsyncClient, base: str) -> dict[str, float]:
    """The seconds that each part of a turn took so far, by the gateway's own count."""
    page = (await client.get(f"{base}/metrics")).raise_for_status().text
    return {stage: float(seconds) for stage, seconds in _STAGE.findall(page)}


def share_row(shoppers: int, seconds: dict[str, float]) -> str:
    """A line of the table of shares, the largest part first."""
    whole = sum(seconds.values()) or 1.0
    ranked = sorted(seconds.items(), key=lambda item: -item[1])
    return (
        f"| {shoppers} | {', '.join(f'{stage} {part / whole:.0%}' for stage, part in ranked if part / whole >= 0.01)} |"
    )


async def measure_starter(url: str, turns: int) -> list[str]:
    """The table's rows for the starter project."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=200)) as client:

        async def opened() -> Talk:
            sender = uuid.uuid4().hex

            async def talk(text: str) -> float:
                began = time.perf_counter()
                body = {"sender": sender, "message": text}
                (await client.post(f"{url}/webhooks/rest/webhook", json=body)).raise_for_status()
                return time.perf_counter() - began

            return talk

        return [(await measure(opened, n, turns)).row("Rasa starter, bare turn", n) for n in SHOPPERS]


def make_starter(folder: Path) -> Path:
    """Make and train `rasa init`'s project, and return where it is."""
    say("Making and training Rasa's starter project ...")
    (folder / "project").mkdir()
    run_rasa(
        STARTER_PYTHON, "rasa", "init", "--no-prompt", "--init-dir", str(folder / "project"),
        cwd=folder, log=folder / "starter.log",
    )  # fmt: skip
    return folder / "project"


def run_rasa(python: Path, module: str, *arguments: str, cwd: Path, log: Path) -> float:
    """Run a command of Rasa's to its end and return the seconds it took."""
    began = time.perf_counter()
    with log.open("a") as file:
        environment = rasa_environment(cwd) | {"PYTHONPATH": str(cwd)}
        command = [str(python), "-m", module, *arguments]
        subprocess.run(command, cwd=cwd, env=environment, stdout=file, stderr=file, check=True)
    return time.perf_counter() - began


@contextmanager
def rasa_server(python: Path, module: str, *arguments: str, cwd: Path, log: Path) -> Iterator[tuple[str, int]]:
    """Run a Rasa server until the end of the block; give its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("a") as file:
        process = subprocess.Popen(
            [str(python), "-m", module, "run", "--interface", "127.0.0.1", "--port", str(port), *arguments],
            cwd=cwd, env=rasa_environment(cwd) | {"PYTHONPATH": str(cwd)}, stdout=file, stderr=file,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in track(range(240), "Starting Rasa", console=Console(stderr=True)):
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
        project = make_starter(folder)
        with rasa_server(STARTER_PYTHON, "rasa", cwd=project, log=folder / "starter.log") as (url, pid):
            say("Measuring the starter ...")
            rows = asyncio.run(measure_starter(url, turns))
            starter_memory = megabytes(pid)
        home = folder / "home"
        (home / "models").mkdir(parents=True)
        home.chmod(0o755)
        shutil.copy(model, home / "models")
        warmline = Warmline(home, BURST_WINDOW_SECONDS="0")
        warmline.start()
        try:
            say("Measuring Warmline ...")
            ours, shares = asyncio.run(measure_warmline(warmline, turns))
            rows = ours + rows
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
            "| what | shoppers at once | p50 ms | p95 ms | p99 ms | turns/s |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "| shoppers at once | share of the time in Warmline's gateway and worker |",
            "| --- | --- |",
            *shares,
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
