"""How long the parts of a turn take, for `/metrics`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "warmline_stage_seconds", "Time in each part of a turn", ["stage"], registry=self.registry, buckets=_BUCKETS
        )

    @contextlib.contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time the block takes to a part of the turn, whether it raises or not."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(stage).observe(time.perf_counter() - began)
