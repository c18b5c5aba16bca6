"""The core of the rehearsal: in every language a frightened shopper is helped and a furious one reaches a person at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.rehearsal.report import figures
from bot.settings import ROOT
from tests.system import Warmline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

LANGUAGES = ("en", "ru", "zh", "el")
CORE = ("worried parent", "fighter")


def test_worried_parents_and_fighters_are_answered_as_expected(running: Warmline) -> None:
    chosen = [argument for name in CORE for argument in ("--persona", name)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    done = subprocess.run(
        [sys.executable, "-m", "bot", "rehearse", "--url", running.url, *chosen],
        cwd=ROOT, env=environment | {"WARMLINE_HOME": str(running.home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == figures(len(LANGUAGES) * len(CORE), 0)
