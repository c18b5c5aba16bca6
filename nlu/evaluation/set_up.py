"""What each process of an evaluation does before it imports Rasa."""

from __future__ import annotations

import logging
import os
import sys
import warnings

from nlu.no_tensorflow import stand_in


def set_up() -> None:
    """Make Rasa importable, silent and private, as its command line is in `nlu.__main__`."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # See nlu.__main__: on a busy machine, threads that spin make an embedding take seconds.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.basicConfig(level=logging.WARNING)
    stand_in()

    import structlog  # noqa: PLC0415

    # Standard output is for progress and figures.
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
