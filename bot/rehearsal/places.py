"""YAML with the line of every key, so that a fault can be named where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ImportRejected

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Placed:
    """The content of a YAML file, and where each key of it stands."""

    file: str
    content: Any
    lines: Mapping[Key, int]

    def at(self, key: Key) -> str:
        """Return `file, line N`; a missing key is looked for where it should stand."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.file}, line {self.lines.get(key, 1)}"


def read_placed(path: Path) -> Placed:
    """Read a YAML file; raises ImportRejected naming file and line where it is none, or where a key stands twice."""
    try:
        text = path.read_text(encoding="utf-8")
        lines = _lines_of(yaml.compose(text, Loader=yaml.SafeLoader))
        return Placed(path.name, yaml.safe_load(text), lines)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ImportRejected([f"{path.name}, line {line}: {exc.problem}"]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ImportRejected([f"{path.name}: {exc}"]) from None


def _lines_of(node: yaml.Node | None, key: Key = ()) -> dict[Key, int]:
    lines: dict[Key, int] = {key: node.start_mark.line + 1} if node else {}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            if inner in lines:
                raise yaml.MarkedYAMLError(problem=f"{name.value} stands here twice", problem_mark=name.start_mark)
            lines |= _lines_of(value, inner) | {inner: name.start_mark.line + 1}
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines |= _lines_of(value, (*key, number))
    return lines
