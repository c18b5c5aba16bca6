"""Labelled messages: the training examples in nlu_data and the held-out ones in tests/nlu, in Rasa's YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.evaluation.errors import WrongInput
from nlu.feelings import EMOTIONS


@dataclass(frozen=True)
class Example:
    """One message with its labels; `language` is that of its folder or file, `also` are intents that are as right."""

    text: str
    language: str
    intent: str
    emotion: str
    also: tuple[str, ...] = ()


def training_examples(folder: Path) -> list[Example]:
    """Return all of `<folder>/<language>/<intent>.yml`; raises WrongInput naming file and example."""
    return _all(sorted(folder.glob("*/*.yml")), folder, lambda file: file.parent.name)


def held_out_examples(folder: Path) -> list[Example]:
    """Return all of `<folder>/<language>.yml`; raises WrongInput naming file and example."""
    return _all(sorted(folder.glob("*.yml")), folder, lambda file: file.stem)


def _all(files: list[Path], folder: Path, language_of: Any) -> list[Example]:
    examples = [example for file in files for example in _examples(file, language_of(file))]
    if not examples:
        raise WrongInput(f"{folder}: no examples in there")
    return examples


def _examples(file: Path, language: str) -> Iterator[Example]:
    for block in _blocks(file):
        if not isinstance(block, dict) or not isinstance(block.get("intent"), str):
            raise WrongInput(f"{file}: a block of `nlu` has no `intent`")
        rows = block.get("examples")
        if not isinstance(rows, list):
            raise WrongInput(f"{file}: {block['intent']} has no list of `examples`")
        for number, row in enumerate(rows, 1):
            where = f"{file}: {block['intent']}, example {number}"
            if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
                raise WrongInput(f"{where}: no text")
            text = row["text"].strip()
            metadata = row.get("metadata")
            labels = metadata if isinstance(metadata, dict) else {}
            emotion, also = labels.get("emotion"), labels.get("also", [])
            if emotion not in EMOTIONS:
                raise WrongInput(f"{where} ({text[:40]!r}): {emotion!r} is not an emotion")
            if not isinstance(also, list) or not all(isinstance(name, str) for name in also):
                raise WrongInput(f"{where} ({text[:40]!r}): `also` is not a list of intents")
            yield Example(text, language, block["intent"], emotion, tuple(also))


def _blocks(file: Path) -> list[Any]:
    try:
        with file.open(encoding="utf-8") as stream:
            read = yaml.load(stream, yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise WrongInput(f"{file}: {' '.join(str(exc).split())}") from exc
    blocks = read.get("nlu") if isinstance(read, dict) else None
    if not isinstance(blocks, list):
        raise WrongInput(f"{file}: no list `nlu` at the top")
    return blocks
