"""deescalation.yml: a reader that names file, line and key of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import structlog
import yaml
from pydantic import BaseModel, ValidationError

from actions.policy import Policy
from bot.errors import SettingsError

POLICY_FILE: Final = Path(__file__).with_name("deescalation.yml")
_BOOL: Final = "tag:yaml.org,2002:bool"

log = structlog.get_logger()


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads the words on, off, yes and no as true and false, keys included; here they stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


class PolicySource:
    """The policy as the file has it now. A change that is wrong is refused and logged; the policy before it stays."""

    def __init__(self, path: Path = POLICY_FILE) -> None:
        """Read the file; raises SettingsError naming file, line and key of everything wrong."""
        self._path = path
        self._stamp = path.stat().st_mtime_ns
        self._policy = read_policy(path)

    def current(self) -> Policy:
        """Return the policy, read again when the file changed."""
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                self._policy = read_policy(self._path)
                log.info("policy.changed", file=self._path.name)
        except (SettingsError, OSError) as exc:
            log.warning("policy.change_refused", problem=str(exc))
        return self._policy


def read_policy(path: Path) -> Policy:
    """Read a policy file; raises SettingsError as `read_checked` does."""
    return read_checked(path, Policy)


def read_checked[M: BaseModel](path: Path, kind: type[M]) -> M:
    """Read a YAML file; raises SettingsError with one line for each problem: file, line, key, what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        lines, values = _lines_of(yaml.compose(text, Loader=_Loader)), yaml.load(text, Loader=_Loader)  # nosec B506  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise SettingsError(f"{path.name}, line {line}: {exc.problem}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SettingsError(f"{path.name}: {exc}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path.name}, line 1: the file is not a list of `key: value` lines")
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        problems = []
        for error in exc.errors(include_url=False, include_input=False):
            key = tuple(str(part) for part in error["loc"] if part != "[key]")
            problems.append(
                f"{path.name}, line {_line(lines, key)}: {'.'.join(key) or 'the file'}: "
                f"{error['msg'].removeprefix('Value error, ')}"
            )
        raise SettingsError("\n".join(problems)) from None


def _lines_of(node: yaml.Node | None, key: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    lines = {key: node.start_mark.line + 1} if node else {}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            if inner in lines:
                raise yaml.MarkedYAMLError(problem=f"{'.'.join(inner)} stands here twice", problem_mark=name.start_mark)
            lines |= _lines_of(value, inner) | {inner: name.start_mark.line + 1}
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            lines |= _lines_of(value, (*key, str(place)))
    return lines


def _line(lines: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    """Return where a key stands; a missing one is looked for where it should stand."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)
