"""`python -m nlu.evaluation --page FILE.html ...`: evaluate; what was given wrongly ends in one sentence."""

from __future__ import annotations

import sys

from nlu.evaluation.set_up import set_up


def run() -> None:
    """Evaluate as the command line says."""
    set_up()

    from nlu.evaluation.command import main  # noqa: PLC0415 - must come after the stand-in
    from nlu.evaluation.errors import WrongInput  # noqa: PLC0415

    try:
        main(sys.argv[1:])
    except WrongInput as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    run()
