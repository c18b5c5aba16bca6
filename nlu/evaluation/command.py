"""Measures how well intents and feelings are read. Started by `python -m bot evaluate`, which shows the progress."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import yaml

from nlu.evaluation import external, scores
from nlu.evaluation.examples import Example, held_out_examples, training_examples
from nlu.evaluation.figures import FALLBACK
from nlu.evaluation.measure import FOLDS, OFFENSIVE, Reader, cross_validated, external_part, part_of
from nlu.evaluation.page import page
from nlu.evaluation.pipeline import Pipeline, TrainedModel
from nlu.evaluation.report import WEAKEST, Part, Report, markdown
from nlu.feelings import EMOTIONS

_CONFIG: Final = Path("config.yml")
_DOMAIN: Final = Path("domain.yml")
_POLICY: Final = Path("actions/deescalation.yml")


class _Steps:
    """Says `[2/8] what comes now` before each step."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, text: str) -> None:
        self._done += 1
        print(f"[{self._done}/{self._total}] {text}", flush=True)  # noqa: T201 - the caller shows it


def main(arguments: Sequence[str]) -> None:
    """Evaluate as the options say, in the project's folder; raises WrongInput."""
    options = _options(arguments)
    report = _external(options) if options.external else _ours(options)
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(page(report), encoding="utf-8")
    if options.tables:
        options.tables.write_text(markdown(report, WEAKEST), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.external:
        print(markdown(report))  # noqa: T201 - the figures are what was asked for
    for part in report.parts:
        print(part.line)  # noqa: T201
    print(f"Page: {options.page}")  # noqa: T201


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("--page", type=Path, required=True, metavar="FILE.html")
    parser.add_argument("--tables", type=Path, metavar="FILE.md")
    parser.add_argument("--json", type=Path, metavar="FILE.json")
    parser.add_argument("--data", type=Path, default=Path("nlu_data"))
    parser.add_argument("--held-out", type=Path, default=Path("tests/nlu"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--external", type=Path, metavar="FILE.jsonl")
    parser.add_argument("--map", action="append", default=[], metavar="FROM=TO")
    parser.add_argument("--target", choices=("emotion", "intent", "abuse"), default="emotion")
    parser.add_argument("--model", type=Path, metavar="FILE.tar.gz")
    return parser.parse_args(arguments)


def _ours(options: argparse.Namespace) -> Report:
    limits = scores.thresholds(_POLICY)
    held_out = held_out_examples(options.held_out)
    examples = [] if options.model else training_examples(options.data)
    crossing = not (options.quick or options.model)
    step = _Steps(3 + (FOLDS + 1 if crossing else 0))
    reader, about = _reader(options.model, examples, step)
    step(f"Reading {len(held_out)} held-out messages")
    readings = reader.read([example.text for example in held_out])
    said = f"{len(held_out)} messages of {options.held_out}; no model is trained on them."
    parts = [part_of("Held-out messages", said, held_out, readings, limits)]
    if crossing:
        crossed = cross_validated(examples, _CONFIG, step)
        said = f"Each of {len(examples)} training examples, read by a model trained on the other four fifths."
        parts.append(part_of("Cross-validation", said, examples, crossed, limits))
    step("Writing")
    command = "python -m bot evaluate" + (" --quick" if options.quick else "")
    return _report("Reading intents and feelings", command, about, parts)


def _external(options: argparse.Namespace) -> Report:
    names = external.read_names(options.map)
    labels = _labels(options.target)
    rows = external.mapped_rows(external.read_rows(options.external), names, labels)
    limits = scores.abuse_thresholds(_POLICY)
    step = _Steps(3)
    examples = [] if options.model else training_examples(options.data)
    reader, about = _reader(options.model, examples, step)
    step(f"Reading {len(rows)} messages of {options.external.name}")
    ours = external.mapped_labels(labels, names)
    part = external_part(options.external.name, options.target, rows, reader, ours, limits)
    step("Writing")
    mapping = "".join(f" --map {option}" for option in options.map)
    command = f"python -m bot evaluate --external {options.external.name} --target {options.target}{mapping}"
    return _report(f"Reading {options.external.name}", command, about, [part])


def _labels(target: str) -> Sequence[str]:
    if target == "emotion":
        return EMOTIONS
    if target == "abuse":
        return OFFENSIVE
    intents = yaml.safe_load(_DOMAIN.read_text(encoding="utf-8"))["intents"]
    return [name for name in intents if name != FALLBACK]


def _reader(model: Path | None, examples: Sequence[Example], step: Callable[[str], None]) -> tuple[Reader, str]:
    """What reads, and a sentence about it."""
    if model:
        step(f"Loading {model.name}")
        return TrainedModel(model), f"Read by {model.name}."
    step(f"Training on {len(examples)} examples (a new message is embedded first, which takes a while)")
    return Pipeline.trained(examples, _CONFIG), f"Trained on {len(examples)} examples."


def _report(title: str, command: str, about: str, parts: Sequence[Part]) -> Report:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return Report(title, command, machine, about, parts)
