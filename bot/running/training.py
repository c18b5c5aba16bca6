"""Train the model when there is none for the training files as they are now."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import yaml
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.errors import WarmlineError
from bot.settings import ROOT

RASA_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
# Everything a model depends on: data, dialogue, configuration, and the code and lexicons that read them.
_SOURCES = ("nlu_data/**/*.yml", "stories/**/*.yml", "domain.yml", "config.yml", "nlu/*.py", "nlu/e5/*.py", "nlu/e5/*.npz",
            "nlu/prior/*.py", "nlu/prior/*.npz", "nlu/*.yml", "nlu/lexicons/*.yml",
            "nlu/requirements.lock")  # fmt: skip
# Models that stay on disk: a Rasa that runs an older one can still be started again.
_KEPT = 3
_STEP = re.compile(r"(?:Finished training component|Restored component) '([^']+)'")


class TrainingFailed(WarmlineError):
    """Rasa refused the training files or broke; the text names the log."""


def fingerprint() -> str:
    """Return twelve hex digits that change whenever a file a model depends on changes."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def model_for(models: Path) -> Path:
    """Return where the model for the training files as they are now is, or will be."""
    return models / f"warmline-{fingerprint()}.tar.gz"


def rasa_environment(home: Path) -> dict[str, str]:
    """Return the environment Rasa runs in: quiet, and reporting to nobody."""
    return os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "SENTRY_DSN": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        # Without compiled modules, which a container may forbid to write, every start of Rasa takes ten seconds longer.
        "PYTHONDONTWRITEBYTECODE": "",
        "WARMLINE_HOME": str(home.resolve()),
    }


def train(home: Path) -> Path:
    """Return the model for the training files as they are now, training it if need be, with progress on the way.

    Raises TrainingFailed when Rasa does; what it said is in `logs/train.log`.
    """
    models = home / "models"
    model = model_for(models)
    if _whole(model):
        return model
    models.mkdir(parents=True, exist_ok=True)
    with (models / "training.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not _whole(model):  # else another process made it meanwhile
            _make(model, home)
    return model


def _make(model: Path, home: Path) -> None:
    models = model.parent
    if model.exists():
        print(f"The model {model} is broken; training it again.", flush=True)
        model.unlink()
    log = home / "logs" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Rasa's validation reads everything once more; the importer checks the examples, and `make check` the rest.
    command = [
        str(RASA_PYTHON), "-m", "nlu", "train", "--skip-validation", "--config", "config.yml", "--domain", "domain.yml",
        "--data", "nlu_data", "stories", "--out", str(models.resolve()), "--fixed-model-name", model.name.removesuffix(".tar.gz"),
    ]  # fmt: skip
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, cwd=ROOT, env=rasa_environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        assert process.stdout is not None, "stdout is a pipe"
        _show(_copied(process.stdout, file))
        code = process.wait()
    if code or not model.exists():
        raise TrainingFailed(f"Training failed: {_reason(log)} (all of it: {log})")
    newest_first = sorted(models.glob("warmline-*.tar.gz"), key=lambda file: file.stat().st_mtime, reverse=True)
    for older in newest_first[_KEPT:]:
        older.unlink()


def _whole(model: Path) -> bool:
    """False for no file, one that was cut off or is no archive: Rasa would start without a model and say so in its log only."""
    try:
        with tarfile.open(model) as archive:
            return any(name.endswith("metadata.json") for name in archive.getnames())
    except (tarfile.TarError, OSError, EOFError):
        return False


def _copied(lines: Iterator[str], file: TextIO) -> Iterator[str]:
    for line in lines:
        file.write(line)
        file.flush()
        yield line


def _show(lines: Iterator[str]) -> None:
    """A bar over the components where a person looks on; plain lines elsewhere."""
    config: Mapping[str, list[object]] = yaml.safe_load((ROOT / "config.yml").read_text())
    total = len(config["pipeline"]) + len(config["policies"])
    if not sys.stdout.isatty():
        print("Training the model (a few minutes the first time) ...", flush=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as progress:
        bar = progress.add_task("Training the model", total=total)
        for line in lines:
            if step := _STEP.search(line):
                progress.update(bar, advance=1, description=f"Training the model: {step[1].rsplit('.', 1)[-1]}")


def _reason(log: Path) -> str:
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    for place, line in enumerate(lines):
        if "WrongExamples: " in line:  # the first fault stands in the next line
            return " ".join(lines[place : place + 2])[:300]
    errors = [line for line in lines if "Error" in line or "Exception" in line]
    return (errors or lines or ["Rasa said nothing"])[-1][:300]
