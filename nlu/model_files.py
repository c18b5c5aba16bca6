"""What every trained component shares: its configuration is checked, and a model that is not whole is refused."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException, RasaException


class BrokenModel(RasaException):
    """A part of the model cannot be read; training again makes a new one."""


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of this package's code: Rasa looks only at a component's own class to see whether it changed."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def refuse_unknown(component: GraphComponent, config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with defaults filled in; raises InvalidConfigException naming an unknown key."""
    known = {**component.get_default_config(), **config}
    if unknown := set(known) - set(component.get_default_config()) - {"name"}:
        raise InvalidConfigException(f"config.yml: {type(component).__name__} has no setting {min(unknown)!r}")
    return known


@contextlib.contextmanager
def read_model(storage: ModelStorage, resource: Resource) -> Iterator[Path]:
    """Give the folder a component was saved in; whatever goes wrong while reading it is raised as BrokenModel."""
    try:
        with storage.read_from(resource) as folder:
            yield Path(folder)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as exc:
        raise BrokenModel(f"the model is broken at {resource.name}: {exc}") from exc
