"""The action server: only Rasa may ask, and no answer repeats what a shopper wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from actions.__main__ import build_shop
from actions.policy_file import POLICY_FILE
from actions.ports import Shop
from actions.registry import executor_for
from actions.server import TokenGuard, app_for
from bot.settings import Settings
from tests.doubles.counter import Clock, MemoryLedger, a_parse, a_tracker
from tests.doubles.shipped import the_book, the_policy

TOKEN = "a-token-between-two-programs"
AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest_asyncio.fixture
async def rasa() -> AsyncIterator[httpx.AsyncClient]:
    shop = Shop(ledger=MemoryLedger(), book=the_book(), policy=the_policy, now=Clock())
    transport = httpx.ASGITransport(app_for(executor_for(shop), TOKEN), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://actions") as client:
        yield client


def a_call(action: str, **slots: Any) -> dict[str, Any]:
    tracker = a_tracker(a_parse("ask_human", "neutral", 0.9, 0.1, 0.0, "en"), "a person please", **slots)
    state = {
        "sender_id": tracker.sender_id,
        "slots": tracker.slots,
        "latest_message": tracker.latest_message,
        "events": tracker.events,
    }
    return {"next_action": action, "tracker": state, "domain": {}, "version": "3.6.21"}


def test_the_actions_clock_is_the_shops(tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text(POLICY_FILE.read_text("utf-8").replace("zone: UTC", "zone: Asia/Shanghai"), "utf-8")

    shop = build_shop(Settings(policy_file=file, database_url="postgresql://127.0.0.1/none", _env_file=None))  # type: ignore[call-arg]

    assert shop.now().utcoffset() == timedelta(hours=8)


async def test_health_is_open(rasa: httpx.AsyncClient) -> None:
    assert (await rasa.get("/health")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}],
)
@pytest.mark.parametrize("path", ["/webhook", "/actions", "/nowhere"])
async def test_a_caller_without_the_token_gets_nothing(
    rasa: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    answer = await rasa.post(path, json=a_call("action_handoff"), headers=headers)

    assert answer.status_code == 401


async def test_an_action_runs_and_answers_in_rasas_form(rasa: httpx.AsyncClient) -> None:
    answer = (await rasa.post("/webhook", json=a_call("action_handoff"), headers=AUTH)).json()

    assert [message["response"] for message in answer["responses"]] == ["utter_handoff_asked", None]
    assert answer["responses"][1]["custom"] == {
        "command": "handoff",
        "reason": "asked",
        "severity": 2,
        "words": "a person please",
        "within_minutes": 20,
    }
    assert {"event": "slot", "timestamp": None, "name": "stance", "value": "handoff"} in answer["events"]


async def test_an_unknown_action_is_named(rasa: httpx.AsyncClient) -> None:
    answer = await rasa.post("/webhook", json=a_call("action_dance"), headers=AUTH)

    assert (answer.status_code, answer.json()["action_name"]) == (404, "action_dance")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"next_action": "action_handoff"}', b'{"tracker": {}}'])
async def test_a_malformed_call_is_refused(rasa: httpx.AsyncClient, body: bytes) -> None:
    assert (await rasa.post("/webhook", content=body, headers=AUTH)).status_code == 400


async def test_an_error_answer_does_not_repeat_the_shopper(rasa: httpx.AsyncClient) -> None:
    call = a_call("action_handoff")
    del call["tracker"]["sender_id"]

    answer = await rasa.post("/webhook", json=call, headers=AUTH)

    assert answer.status_code == 500
    assert "person" not in answer.text


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a token"):
        TokenGuard(lambda *_: None, "")
