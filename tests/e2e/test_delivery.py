"""A smaller `benchmarks/delivery.py`: nothing is lost and nothing doubled between two unreliable sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.delivery import Size, run
from tests.conftest import a_folder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.mark.parametrize("way", ["telegram by webhook", "telegram by polling", "whatsapp"])
async def test_every_message_is_answered_once_and_in_order_whatever_breaks(model: Path, way: str) -> None:
    with a_folder() as folder:
        outcome = await run(way, Size(shoppers=10, messages=6, rounds=1), folder / "home", model)

    assert (outcome.sent, outcome.lost, outcome.doubled) == (60, 0, 0)
    assert outcome.answered > 30
    assert outcome.out_of_order == 0
    assert outcome.kills == 4
    assert sum(outcome.faults.values()) > 0
