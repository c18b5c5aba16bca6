"""Rasa imports TensorFlow for DIET and TED as soon as it starts; Warmline uses neither.

Standing in for it saves ten seconds at every start, 350 MB of memory in every process and 1 GB on disk. Classes that Rasa
derives from TensorFlow's can be defined; using one of them raises.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final, NoReturn

_NAMES: Final = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})


class _AbsentType(type):
    """Any attribute of an absent class is that class again; called with a function, it leaves the function as it is."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not Absent:
            _refuse(cls.__name__)
        decorated = args[0] if args and not isinstance(args[0], type) and callable(args[0]) else None
        return decorated or (lambda function: function)


class Absent(metaclass=_AbsentType):
    """Stands in for every class and decorator of TensorFlow."""


class _AbsentModule(ModuleType):
    __path__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in _NAMES:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: an absent module has no code."""


def stand_in() -> None:
    """Let every later import of TensorFlow succeed without loading it."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    # spaCy's thinc can do without TensorFlow, and asks once whether it is there.
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    importlib.import_module("thinc.compat")
    del sys.modules["tensorflow"]
    sys.meta_path.insert(0, _Finder())


def _refuse(name: str) -> NoReturn:
    raise RuntimeError(f"{name} needs TensorFlow, which Warmline's Rasa environment does not have")
