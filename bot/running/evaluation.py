"""Measure in Rasa's environment how well intents and feelings are read, and show the progress."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.errors import WarmlineError
from bot.running.training import RASA_PYTHON, rasa_environment
from bot.settings import ROOT

TABLES = ROOT / "benchmarks" / "nlu.md"
_REFUSED = 1  # the last line then says what was given wrongly; a crash says so after a traceback
_STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")


class EvaluationFailed(WarmlineError):
    """Something given cannot be used, or the evaluation broke; the text names it."""


@dataclass(frozen=True)
class Options:
    """What to measure: `external` labelled messages with `names` mapped, or our own; read by `model`, or a new one."""

    quick: bool = False
    external: Path | None = None
    names: Sequence[str] = ()
    target: str = "emotion"
    model: Path | None = None
    json: Path | None = None


def evaluate(home: Path, options: Options) -> None:
    """Print the figures and where the page is; raises EvaluationFailed.

    The page is in `evaluation/`; a whole run on our own messages also writes `benchmarks/nlu.md`.
    """
    log = home / "logs" / "evaluate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(RASA_PYTHON), "-m", "nlu.evaluation", *arguments(home, options)]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=rasa_environment(home), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None, "stdout is a pipe"
        said = _show(process.stdout)
        code = process.wait()
    for line in said:
        print(line)
    if code < 0:
        raise EvaluationFailed(f"The evaluation was stopped ({signal.Signals(-code).name})")
    if code:
        lines = log.read_text().strip().splitlines() or ["it said nothing"]
        refused = code == _REFUSED and not any(line.startswith("Traceback") for line in lines)
        raise EvaluationFailed(lines[-1] if refused else f"The evaluation failed: {lines[-1]} (all of it: {log})")


def arguments(home: Path, options: Options) -> list[str]:
    """Return the options as `nlu.evaluation` takes them; paths are made absolute, as it runs in the project's folder."""
    name = options.external.stem if options.external else "nlu"
    given = ["--page", str((home / "evaluation" / f"{name}.html").resolve()), "--target", options.target]
    if options.quick:
        given.append("--quick")
    for option, file in (("--external", options.external), ("--model", options.model), ("--json", options.json)):
        if file:
            given += [option, str(file.resolve())]
    for pair in options.names:
        given += ["--map", pair if "=" in pair else str(Path(pair).resolve())]
    if not (options.quick or options.external or options.model):
        given += ["--tables", str(TABLES)]
    return given


def _show(lines: Iterator[str]) -> list[str]:
    """A bar over the steps where a person looks on, plain lines elsewhere; returns the lines that are no steps."""
    said = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as progress:
        bar = progress.add_task("Starting", total=None)
        for line in lines:
            if not (step := _STEP.match(line)):
                said.append(line.rstrip("\n"))
                continue
            progress.update(bar, completed=int(step[1]) - 1, total=int(step[2]), description=step[3])
            if not sys.stdout.isatty():
                print(line, end="", flush=True)
    return said
