"""Reads the training examples with libyaml, hundreds of times faster than Rasa's own reader, and says all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.entities_parser import ENTITY_REGEX
from rasa.shared.nlu.training_data.formats.rasa_yaml import STRIP_SYMBOLS
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.validation import validate_training_data_format_version

from nlu.feelings import EMOTIONS

_FILE: Final = frozenset({"version", "nlu"})
_BLOCK: Final = frozenset({"intent", "examples"})
_EXAMPLE: Final = frozenset({"text", "metadata"})
_METADATA: Final = frozenset({"emotion"})

Place = tuple[str | int, ...]


class WrongExamples(RasaException):
    """Training examples that cannot be used; the text names file, line and example of every one."""


class ExampleImporter(RasaFileImporter):
    """Rasa's importer of files, but for how examples are read; the files stay Rasa's YAML, which Rasa reads to the same end."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return all examples of the files given; raises WrongExamples, WrongVersion."""
        read = [_read(file, Path(file).read_bytes()) for file in self._nlu_files]
        faults = [fault for each in read for fault in each.faults] + list(_contradictions(read))
        faults += _strangers(read, self._domain_path)
        if faults:
            count = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
            raise WrongExamples("\n".join([f"{count} in the training examples", *faults]))
        return TrainingData([example.message() for each in read for example in each.examples])


@dataclass(frozen=True)
class _Example:
    text: str
    intent: str
    emotion: str
    place: Place

    def message(self) -> Message:
        """Return what Rasa's reader makes of the example."""
        return Message.build(self.text, self.intent, example_metadata={"emotion": self.emotion})


@dataclass
class _File:
    name: str
    content: bytes = field(repr=False)
    examples: list[_Example] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, place: Place, what: str) -> None:
        """Note a fault with the line it is in."""
        self.faults.append(f"{self.at(place)}: {what}")

    def at(self, place: Place) -> str:
        """Return file and line; lines are worked out only for faults."""
        node = yaml.compose(self.content, _Loader)
        for step in place:
            node = _child(node, step)
        return f"{self.name}:{node.start_mark.line + 1}"


class _Loader(yaml.CSafeLoader):
    """Refuses a key given twice: of two `text` in one example, the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        """Return the mapping; raises ConstructorError with the line."""
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        return mapping


def _child(node: yaml.Node, step: str | int) -> yaml.Node:
    if isinstance(step, int):
        return node.value[step]
    return next(value for key, value in node.value if key.value == step)


def _strangers(files: Sequence[_File], domain: str | None) -> list[str]:
    """Return a fault for each file whose intent the domain does not know: no rule would answer it."""
    if domain is None or not Path(domain).is_file():
        return []
    read = yaml.load(Path(domain).read_bytes(), yaml.CSafeLoader)
    intents = read.get("intents") if isinstance(read, dict) else None
    known = {next(iter(entry)) if isinstance(entry, dict) else entry for entry in intents or ()}
    return [
        f"{file.name}: the intent {file.examples[0].intent!r} is not in {_short(domain)}"
        for file in files
        if file.examples and file.examples[0].intent not in known
    ]


@cache
def _read(name: str, content: bytes) -> _File:
    """Read a file; Rasa asks for all of them several times in one training."""
    file = _File(_short(name), content)
    try:
        read = yaml.load(content, _Loader)  # nosec B506  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        file.faults.append(f"{file.name}:{line}: {exc.problem}")
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        file.faults.append(f"{file.name}: {exc}")
    else:
        if not isinstance(read, dict) or not isinstance(read.get("nlu"), list):
            file.faults.append(f"{file.name}: no list `nlu`")
        elif validate_training_data_format_version(read, name):
            _unknown(file, (), read, _FILE)
            for place, block in enumerate(read["nlu"]):
                _read_block(file, ("nlu", place), block)
    return file


def _read_block(file: _File, place: Place, block: Any) -> None:
    if not isinstance(block, dict) or not isinstance(block.get("intent"), str):
        return file.fault(place, "no `intent`: training data are examples of intents")
    _unknown(file, place, block, _BLOCK)
    if not isinstance(block.get("examples"), list):
        return file.fault(place, "no list `examples` of `text` and `metadata`")
    intent = block["intent"].strip()
    if intent != Path(file.name).stem:
        file.fault((*place, "intent"), f"the intent {intent!r} belongs into a file of its name")
    for number, row in enumerate(block["examples"]):
        _read_example(file, (*place, "examples", number), row, intent)
    return None


def _read_example(file: _File, place: Place, row: Any, intent: str) -> None:
    if not isinstance(row, dict):
        return file.fault(place, f"{row!r} is no example: `text` and `metadata` are missing")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip(STRIP_SYMBOLS):
        return file.fault(place, "no `text`" if text is None else f"the text is read as {text!r}: put it into quotes")
    text = text.strip(STRIP_SYMBOLS)
    _unknown(file, place, row, _EXAMPLE, text)
    metadata = row.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("emotion") is None:
        return file.fault(place, f"no `metadata: {{emotion: ...}}`{_quoted(text)}")
    _unknown(file, place, metadata, _METADATA, text)
    if metadata["emotion"] not in EMOTIONS:
        return file.fault(place, f"{metadata['emotion']!r} is not an emotion{_quoted(text)}")
    if ENTITY_REGEX.search(text):
        return file.fault(place, f"entities are found by patterns and never marked in examples{_quoted(text)}")
    file.examples.append(_Example(text, intent, metadata["emotion"], place))
    return None


def _unknown(file: _File, place: Place, found: dict[Any, Any], known: frozenset[str], text: str = "") -> None:
    if not found.keys() <= known:
        names = ", ".join(sorted(f"`{key}`" for key in found.keys() - known))
        file.fault(place, f"{names} has no meaning here{_quoted(text) if text else ''}")


def _contradictions(files: list[_File]) -> Iterator[str]:
    """The same text twice in a folder (a language), or with other labels anywhere."""
    first: dict[str, dict[str, tuple[_File, _Example]]] = {}
    for file in files:
        folder = str(Path(file.name).parent)
        for example in file.examples:
            kept = first.setdefault(example.text, {})
            for where, (other_file, other) in kept.items():
                if where == folder or (other.intent, other.emotion) != (example.intent, example.emotion):
                    again = f"{file.at(example.place)}: the same text as {other_file.at(other.place)}"
                    yield f"{again}{_quoted(example.text)}"
                    break
            kept.setdefault(folder, (file, example))


def _quoted(text: str) -> str:
    return f": {text[:60]!r}"


def _short(name: str) -> str:
    """The file's name as people type it."""
    try:
        return str(Path(name).relative_to(Path.cwd()))
    except ValueError:
        return name
