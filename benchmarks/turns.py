"""Whole durable turns through Warmline's web channel, beside bare turns of Rasa's starter project, in one run.

    make benchmark                 (python -m benchmarks.turns [--turns N])

A Warmline turn is timed from the moment the shopper's message is posted to the moment its reply is recorded as accepted
by the channel: stored, queued, read, answered by the real actions, stored again, delivered. A starter turn is the
answer of `rasa init`'s assistant on its REST channel, which stores nothing. Both get the
same messages, in conversations of ten. Nothing waits for a second line (`BURST_WINDOW_SECONDS=0`). The web channel is driven
because Telegram and Twilio let a chat have one message a second, which would be what is measured. The share of time in
each part is what `/metrics` counted meanwhile, as seconds of that part for a second of all. The same is measured once more
after a second Rasa and a second worker (which asks that Rasa) have joined on the same database, with how many of the machine's
cores were busy and whether any shopper was answered out of order. Memory is the
proportional set size (PSS) of each process with its children, so that shared pages count once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
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
MANY = SHOPPERS[1:]
LEAST_EACH = 4
# A server closes what was idle for five seconds; a request sent at that very moment is lost.
MANY_AT_ONCE = httpx.Limits(max_connections=200, keepalive_expiry=2)

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


_OUT_OF_ORDER = """
    SELECT count(*) FROM messages AS one JOIN messages AS other USING (conversation_id)
    WHERE one.in_reply_to > other.in_reply_to AND (one.id < other.id OR one.delivered_at < other.delivered_at)
"""
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
        if conversation_id == self._conversation:
            self._changed.set()

    async def __call__(self, text: str) -> float:
        """Say one thing; the seconds run from before the request to the delivery noted by the database, by one clock."""
        body = {"id": uuid.uuid4().hex, "text": text}
        began = time.time()
        answer = await self._client.post(f"{self._base}/webhooks/web/messages", json=body, headers=self._headers)
        answer.raise_for_status()
        if self._conversation is None:  # else every change of anybody would have all shoppers ask
            found = await self._db.execute("SELECT id::text FROM conversations WHERE address = %s", (self._session,))
            row = await found.fetchone()
            assert row is not None, "a message that was taken has a conversation"
            self._conversation = str(row[0])
        while True:
            self._changed.clear()
            found = await self._db.execute(
                "SELECT extract(epoch FROM max(r.delivered_at)) FROM messages m JOIN messages r ON r.in_reply_to = m.id"
                " WHERE m.conversation_id = %s AND m.id = (SELECT max(id) FROM messages WHERE conversation_id ="
                " m.conversation_id AND author = 'shopper') AND m.created_at >= to_timestamp(%s)"
                " HAVING bool_and(r.delivery = 'sent')",
                (self._conversation, began),
            )
            row = await found.fetchone()
            if row is not None:
                return float(row[0]) - began
            await asyncio.wait_for(self._changed.wait(), 60)


async def measure_warmline(warmline: Warmline, turns: int) -> tuple[list[str], list[str], list[str]]:
    """The rows for Warmline of the tables of turns, of shares, and of one and two workers."""
    dsn = warmline.dsn
    feed = Feed(dsn)
    await feed.start()
    async with (
        httpx.AsyncClient(timeout=60, limits=MANY_AT_ONCE) as client,
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as db,
    ):

        async def opened() -> Talk:
            return await WarmlineTalk.open(client, warmline.url, db, feed)

        rows, shares, two = [], [], []
        for shoppers in SHOPPERS:
            before = await seconds_by_stage(client, warmline.url)
            figures = await measure(opened, shoppers, turns)
            after = await seconds_by_stage(client, warmline.url)
            rows.append(figures.row("Warmline, durable turn", shoppers))
            shares.append(share_row(shoppers, {stage: after[stage] - before.get(stage, 0.0) for stage in after}))
        for name in ("one Rasa, one worker", "two of each"):
            async with contextlib.AsyncExitStack() as stack:
                if name == "two of each":
                    await stack.enter_async_context(second_pair(warmline))
                for shoppers in MANY:
                    psutil.cpu_percent()  # from here on
                    figures = await measure(opened, shoppers, turns)
                    busy = psutil.cpu_percent() / 100 * (os.cpu_count() or 1)
                    two.append(f"{figures.row(name, shoppers)} {busy:.1f} |")
        wrong = (await (await db.execute(_OUT_OF_ORDER)).fetchone() or (0,))[0]
        said = (
            await (await db.execute("SELECT count(*) FROM messages WHERE in_reply_to IS NOT NULL")).fetchone() or (0,)
        )[0]
        two.append(f"\nOf {said} replies {wrong} stand before one to an earlier message.")
    await feed.stop()
    return rows, shares, two


@contextlib.asynccontextmanager
async def second_pair(warmline: Warmline) -> AsyncIterator[None]:
    """Run a second Rasa and a second worker that asks it, made as `python -m bot up` made the first."""
    rasa, gateway = warmline.processes("rasa")[0], warmline.processes("gateway")[0]
    port = str(free_port())
    command = rasa.cmdline()
    command[command.index("--port") + 1] = port
    url = f"http://127.0.0.1:{port}"
    async with contextlib.AsyncExitStack() as stack:
        log = stack.enter_context((warmline.home / "second.log").open("a"))
        for line, environment in (
            (command, rasa.environ()),
            ([sys.executable, "-m", "bot", "worker"], gateway.environ() | {"RASA_URL": url}),
        ):
            process = await asyncio.create_subprocess_exec(*line, cwd=ROOT, env=environment, stdout=log, stderr=log)
            stack.push_async_callback(process.wait)
            stack.callback(process.terminate)
        async with httpx.AsyncClient(timeout=2) as client:
            for _ in track(range(240), "Starting a second Rasa", console=Console(stderr=True)):
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(url)).is_success:
                        break
                await asyncio.sleep(0.5)
        yield


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
    async with httpx.AsyncClient(timeout=60, limits=MANY_AT_ONCE) as client:

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


@contextlib.contextmanager
def rasa_server(python: Path, module: str, *arguments: str, cwd: Path, log: Path) -> Iterator[tuple[str, int]]:
    """Run a Rasa server until the end of the block; give its address and process id."""
    port = free_port()
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


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
            ours, shares, two = asyncio.run(measure_warmline(warmline, turns))
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
            "With a second Rasa and a second worker on the same database:",
            "",
            "| what | shoppers at once | p50 ms | p95 ms | p99 ms | turns/s | cores busy |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *two,
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
