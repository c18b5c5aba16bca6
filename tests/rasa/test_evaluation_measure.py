from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from conftest import ROOT

from nlu.evaluation.errors import WrongInput
from nlu.evaluation.examples import training_examples
from nlu.evaluation.measure import cross_validated

DYING = """
import os


class Dying:
    @classmethod
    def create(cls, *given):
        os._exit(9)

    @staticmethod
    def get_default_config():
        return {}
"""
SECONDS = 120


@pytest.fixture
def soon() -> Iterator[None]:
    """Whoever waits for ever is told."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"still waiting after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("soon")
def test_a_training_that_dies_ends_cross_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    (tmp_path / "config.yml").write_text("recipe: default.v1\npipeline:\n  - name: dying.Dying\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(WrongInput, match="killed"):
        cross_validated(training_examples(ROOT / "nlu_data"), tmp_path / "config.yml", lambda _: None)
