"""Rasa's command line (`python -m nlu train`, `python -m nlu run`, ...) without TensorFlow and without reports to its makers."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from functools import lru_cache

from nlu.no_tensorflow import stand_in


def main() -> None:
    """Run Rasa's command line."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # Threads of the embedding and of linear algebra sleep, not spin, while they wait for each other: on a busy machine
    # spinning made one embedding take seconds instead of milliseconds.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.argv[1:2] == ["train"]:
        # Millions of objects, hardly any of them in a cycle, and then the process ends: to look for garbage among them took a
        # fifth of the time of training after one more example.
        gc.disable()
    if sys.argv[1:2] == ["run"]:
        # OpenBLAS shares out even the small products of one message, and its threads then spin: the second core belongs to
        # the next message. Training keeps all threads.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # From the environment, so that no list of processes shows it; with `=`, for a token may begin with a dash.
        if token := os.environ.get("RASA_TOKEN"):
            sys.argv.append(f"--auth-token={token}")
    # SQLAlchemy 1.4 announces 2.0, and old libraries announce newer Pythons; nobody here can act on either.
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    # Readers wait for each other at most half a millisecond, not the usual five.
    sys.setswitchinterval(0.0005)
    stand_in()

    import rasa.__main__  # noqa: PLC0415 - must come after the stand-in
    import rasa.telemetry  # noqa: PLC0415
    from rasa.shared.utils import validation  # noqa: PLC0415

    from nlu.quick_rasa import quicken  # noqa: PLC0415

    # Rasa sends its exceptions to Sentry even when telemetry is off, and writes a telemetry id into the home directory.
    rasa.telemetry.initialize_error_reporting = lambda: None
    rasa.telemetry.initialize_telemetry = lambda: False
    # A training run reads every file four times and checks it against its schema each time, which takes most of the run.
    validation.validate_yaml_schema = lru_cache(maxsize=None)(validation.validate_yaml_schema)
    quicken()
    rasa.__main__.main()


if __name__ == "__main__":
    main()
