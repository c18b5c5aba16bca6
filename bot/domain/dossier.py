"""What is handed out of one shopper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dossier:
    """Everything that is kept of one shopper: rows by table, and what each table is for."""

    sections: Mapping[str, list[dict[str, Any]]]
    meanings: Mapping[str, str]
