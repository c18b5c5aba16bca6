"""Polling stores first and moves on second, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from telegram.error import TimedOut

from bot.channels.telegram.client import Client
from bot.channels.telegram.polling import Polling
from tests.doubles.channels import TELEGRAM_API, TELEGRAM_TOKEN, FakeBotApi, Naps, RecordingIntake, an_ear, until

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version v22.2:DeprecationWarning")

CONFLICT = {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}
SLOW_DOWN = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 17}}
UNAUTHORISED = {"ok": False, "error_code": 401, "description": "Unauthorized"}


def update(number: int, name: str = "text") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    if "message" in loaded:
        loaded["message"]["message_id"] = number
    return loaded | {"update_id": number}


def polling(api: FakeBotApi, intake: RecordingIntake, naps: Naps | None = None) -> Polling:
    client = Client(TELEGRAM_TOKEN, TELEGRAM_API, request=api, updates_request=api)
    return Polling(client, an_ear(intake, api), wait=0, sleep=(naps or Naps()).sleep)


def ids(intake: RecordingIntake) -> list[str]:
    return [message.external_id for message in intake.messages]


async def test_the_offset_moves_past_what_is_stored() -> None:
    api, intake = FakeBotApi(updates=[update(5), update(6)]), RecordingIntake()
    loop = polling(api, intake)

    await loop.once()
    api.updates.append(update(7))
    await loop.once()

    assert ids(intake) == ["7001:5", "7001:6", "7001:7"]
    assert [said.get("offset") for said in api.said("getUpdates")] == [None, 7]


async def test_what_could_not_be_stored_is_fetched_again() -> None:
    api, intake = FakeBotApi(updates=[update(5)]), RecordingIntake(broken=True)
    loop = polling(api, intake)

    with pytest.raises(ConnectionError):
        await loop.once()
    intake.broken = False
    await loop.once()

    assert ids(intake) == ["7001:5"]


async def test_a_crash_after_storing_repeats_and_stores_once() -> None:
    api, intake = FakeBotApi(updates=[update(5)]), RecordingIntake()

    await polling(api, intake).once()
    await polling(api, intake).once()

    assert ids(intake) == ["7001:5"]


async def test_updates_that_are_nothing_to_us_are_passed() -> None:
    api, intake = FakeBotApi(updates=[update(5, "blocked"), update(6, "of_a_later_version")]), RecordingIntake()
    loop = polling(api, intake)

    await loop.once()
    await loop.once()

    assert ids(intake) == []
    assert api.updates == []


async def test_ids_that_start_over_after_a_quiet_week_are_heard() -> None:
    api, intake = FakeBotApi(updates=[update(900)]), RecordingIntake()
    loop = polling(api, intake)
    await loop.once()
    await loop.once()

    api.updates.append(update(12))
    await loop.once()

    assert ids(intake) == ["7001:900", "7001:12"]


async def test_a_pressed_button_is_answered_after_it_is_stored() -> None:
    api, intake = FakeBotApi(updates=[update(5, "button")]), RecordingIntake()

    await polling(api, intake).once()

    assert ids(intake) == ["callback:30071234567890123"]
    assert api.said("answerCallbackQuery") == [{"callback_query_id": "30071234567890123"}]


async def test_a_query_too_old_to_be_answered_is_no_trouble() -> None:
    refused = (400, {"ok": False, "error_code": 400, "description": "Bad Request: query is too old"})
    api, intake = (
        FakeBotApi(updates=[update(5, "button")], answers={"answerCallbackQuery": [refused]}),
        RecordingIntake(),
    )

    await polling(api, intake).once()

    assert len(intake.messages) == 1


async def test_a_webhook_is_removed_before_the_first_poll() -> None:
    api, intake = FakeBotApi(updates=[update(5)]), RecordingIntake()

    await run_until(polling(api, intake), lambda: bool(intake.messages))

    assert [name for name, _ in api.calls][:3] == ["deleteWebhook", "getMe", "getUpdates"]
    assert api.said("deleteWebhook") == [{"drop_pending_updates": False}]


@pytest.mark.parametrize(
    ("trouble", "event", "at_least", "at_most"),
    [
        pytest.param(TimedOut(), "telegram.polling_failed", 0.5, 1, id="network"),
        pytest.param((409, CONFLICT), "telegram.polled_elsewhere", 0.5, 1, id="conflict"),
        pytest.param((429, SLOW_DOWN), "telegram.polling_failed", 17, 17, id="told to wait"),
        pytest.param((401, UNAUTHORISED), "telegram.token_refused", 60, 60, id="wrong token"),
    ],
)
async def test_trouble_is_waited_out(
    trouble: tuple[int, Any] | Exception, event: str, at_least: float, at_most: float
) -> None:
    api, intake, naps = FakeBotApi(updates=[update(5)], answers={"getUpdates": [trouble]}), RecordingIntake(), Naps()

    with capture_logs() as logs:
        await run_until(polling(api, intake, naps), lambda: bool(intake.messages))

    assert len(naps.taken) == 1
    assert at_least <= naps.taken[0] <= at_most
    assert event in [entry["event"] for entry in logs]
    assert TELEGRAM_TOKEN not in str(logs)


async def test_waits_grow_to_a_minute_and_start_over_after_a_success() -> None:
    troubles: list[tuple[int, Any] | Exception] = [TimedOut() for _ in range(9)]
    api, intake, naps = FakeBotApi(updates=[], answers={"getUpdates": troubles}), RecordingIntake(), Naps()

    await run_until(polling(api, intake, naps), lambda: len(naps.taken) == 9)

    assert all(2.0 ** (n - 1) <= pause <= 2.0**n for n, pause in enumerate(naps.taken[:6]))
    assert all(30 <= pause <= 60 for pause in naps.taken[6:])


async def run_until(loop: Polling, done: Callable[[], object]) -> None:
    task = asyncio.create_task(loop.run())
    await until(done)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
