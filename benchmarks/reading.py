"""Reading one message through Rasa, and training, beside Rasa's starter project, in one run.

    nothing else running:  .venv/bin/python -m benchmarks.reading [--messages N]

Both servers are one process each, asked on `/model/parse` by aiohttp, as the gateway asks, with the same messages, none of them
twice: English ones of tests/nlu. The starter is `rasa init`'s project with its default pipeline. Both are trained from nothing
in a folder of their own (Warmline: nothing embedded, nothing cached), and Warmline once more with one more example; each as its
users train it: `rasa train` with its validation, `python -m bot train` without, since Warmline's importer refuses what is
wrong. Memory is the proportional set size (PSS) of the server after all messages.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from aiohttp import ClientSession, ClientTimeout

from benchmarks.turns import STARTER_PYTHON, make_starter, megabytes, rasa_server, run_rasa, say
from bot.running.training import RASA_PYTHON
from bot.settings import ROOT

RESULT = ROOT / "benchmarks" / "reading.md"
CALLERS = (1, 8)
WARM_UP = 20
_PROJECT = ("nlu", "nlu_data", "stories", "config.yml", "domain.yml")
_NEW_EXAMPLE = """      - text: |
          the teal one with the brass spout, did it ever leave your loading bay
        metadata:
          emotion: neutral
"""


@dataclass(frozen=True)
class Speed:
    """Of one server: seconds of each message by callers, messages a second by callers, and megabytes."""

    seconds: dict[int, Sequence[float]]
    rates: dict[int, float]
    memory: float


async def measure(url: str, texts: Sequence[str], callers: int) -> tuple[list[float], float]:
    """Return the seconds of each message, and messages a second, with so many callers at once."""
    waiting = list(reversed(texts))
    seconds: list[float] = []
    async with ClientSession(timeout=ClientTimeout(60)) as client:

        async def caller() -> None:
            while waiting:
                text = waiting.pop()
                began = time.perf_counter()
                async with client.post(f"{url}/model/parse", json={"text": text}, raise_for_status=True) as response:
                    await response.read()
                seconds.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(callers)))
        return seconds, len(texts) / (time.perf_counter() - began)


def speed_of(url: str, pid: int, texts: Sequence[str]) -> Speed:
    """Measure one server; each number of callers gets messages of its own."""
    asyncio.run(measure(url, texts[:WARM_UP], 1))
    rest, share = texts[WARM_UP:], (len(texts) - WARM_UP) // len(CALLERS)
    measured = {
        callers: asyncio.run(measure(url, rest[place * share : (place + 1) * share], callers))
        for place, callers in enumerate(CALLERS)
    }
    return Speed(
        {callers: seconds for callers, (seconds, _) in measured.items()},
        {callers: rate for callers, (_, rate) in measured.items()},
        megabytes(pid),
    )


def messages(count: int) -> list[str]:
    """Return different English messages of the held-out set, spread over the intents."""
    blocks = yaml.safe_load((ROOT / "tests" / "nlu" / "en.yml").read_text(encoding="utf-8"))["nlu"]
    by_intent = [[example["text"].strip() for example in block["examples"]] for block in blocks]
    most = max(map(len, by_intent))
    spread = [texts[place] for place in range(most) for texts in by_intent if place < len(texts)]
    return list(dict.fromkeys(spread))[:count]


def train_warmline(project: Path, log: Path) -> tuple[float, float]:
    """Train from nothing, then with one more example; return both seconds. The newer model stays in `models`."""
    command = (
        "train",
        "--skip-validation",
        "--config",
        "config.yml",
        "--domain",
        "domain.yml",
        "--data",
        "nlu_data",
        "stories",
        "--out",
        "models",
    )
    for name in _PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
        else:
            shutil.copy(source, project / name)
    say("Training Warmline from nothing ...")
    first = run_rasa(RASA_PYTHON, "nlu", *command, cwd=project, log=log)
    with (project / "nlu_data" / "en" / "ask_order_status.yml").open("a", encoding="utf-8") as file:
        file.write(_NEW_EXAMPLE)
    say("Training Warmline with one more example ...")
    return first, run_rasa(RASA_PYTHON, "nlu", *command, cwd=project, log=log)


def train_starter(project: Path, log: Path) -> float:
    """Train from nothing and return the seconds."""
    say("Training the starter from nothing ...")
    for name in (".rasa", "models"):
        shutil.rmtree(project / name, ignore_errors=True)
    return run_rasa(STARTER_PYTHON, "rasa", "train", cwd=project, log=log)


def report(count: int, ours: Speed, theirs: Speed, trained: tuple[float, float, float]) -> str:
    """The page."""

    def row(name: str, speed: Speed, callers: int) -> str:
        ordered = sorted(speed.seconds[callers])
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        cells = (f"{statistics.median(ordered) * 1000:.1f}", f"{p95 * 1000:.1f}", f"{speed.rates[callers]:.1f}")
        return f"| {name} | {callers} | {' | '.join(cells)} |"

    first, again, starter = trained
    ratios = ", ".join(f"{ours.rates[callers] / theirs.rates[callers]:.2f} with {callers}" for callers in CALLERS)
    lines = [
        "# Reading and training",
        "",
        f"`python -m benchmarks.reading --messages {count}` on {os.cpu_count()} cores, Python {sys.version.split()[0]}.",
        "What is measured stands at the top of `benchmarks/reading.py`. Compare the rows of one run, not of two.",
        "",
        "| server | callers | p50 ms | p95 ms | messages/s |",
        "| --- | --- | --- | --- | --- |",
        *(row("Warmline", ours, callers) for callers in CALLERS),
        *(row("Rasa starter", theirs, callers) for callers in CALLERS),
        "",
        f"Throughput of Warmline over the starter's: {ratios} callers.",
        "",
        "| | Warmline | Rasa starter | ratio |",
        "| --- | --- | --- | --- |",
        f"| memory of the server, MB | {ours.memory:.0f} | {theirs.memory:.0f} | {ours.memory / theirs.memory:.2f} |",
        f"| training from nothing, s | {first:.0f} | {starter:.0f} | {first / starter:.2f} |",
        f"| training after one new example, s | {again:.0f} | | {again / starter:.2f} |",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and write `benchmarks/reading.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=420, help="messages read by each server (default: 420)")
    count = parser.parse_args().messages
    texts = messages(count)
    with tempfile.TemporaryDirectory(prefix="warmline-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        theirs_at = make_starter(folder)
        ours_at = folder / "warmline"
        ours_at.mkdir()
        log = folder / "rasa.log"
        starter = train_starter(theirs_at, log)
        first, again = train_warmline(ours_at, log)
        say("Measuring ...")
        with rasa_server(STARTER_PYTHON, "rasa", "--enable-api", cwd=theirs_at, log=log) as (url, pid):
            theirs = speed_of(url, pid, texts)
        with rasa_server(RASA_PYTHON, "nlu", "--enable-api", cwd=ours_at, log=log) as (url, pid):
            ours = speed_of(url, pid, texts)
    page = report(count, ours, theirs, (first, again, starter))
    RESULT.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
