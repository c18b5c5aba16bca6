"""What every trained component shares: its configuration is checked, and a model that is not whole is refused."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException, RasaException


class BrokenModel(RasaException):
    """A part of the model cannot be read; training again makes a new one."""


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the components' code: Rasa looks only at a component's own class to see whether it changed."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for file in sorted(file for pattern in ("*.py", "e5/*.py", "prior/*.py") for file in here.glob(pattern)):
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


class TrainedComponent(GraphComponent):
    """A component that keeps a folder in the model: `_restore` reads what its `train` wrote."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = refuse_unknown(self, config)
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TrainedComponent:
        """Return an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TrainedComponent:
        """Return the component as it was trained; raises BrokenModel when the model is broken."""
        component = cls(config, model_storage, resource)
        with read_model(model_storage, resource) as folder:
            component._restore(folder)
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the code behind the component."""
        return code_digest()

    def _restore(self, folder: Path) -> None:
        """Take over what `train` wrote into the folder."""
        raise NotImplementedError
