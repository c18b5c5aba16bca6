"""Somebody to write first who has nothing to say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class RecordingOutreach:
    """Counts how often it was asked to."""

    times: int = 0

    async def write(self) -> None:
        self.times += 1
