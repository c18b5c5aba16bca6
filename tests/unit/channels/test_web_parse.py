"""The demo page's messages are read strictly: the page is ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.web.parse import MAX_TEXT, parse_message
from bot.domain.messages import Kind

PAYLOADS = Path(__file__).parents[2] / "payloads" / "web"
READ = {
    "text": (Kind.TEXT, "订单还没到", None),
    "button": (Kind.BUTTON, "找人工", "/ask_human"),
    "button_without_text": (Kind.BUTTON, "", "/affirm"),
}
REFUSED = {"without_id", "empty", "number_for_text", "payload_of_nobody"}


def payload(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return body


@pytest.mark.parametrize("name", READ)
def test_a_message_keeps_its_kind_and_its_words(name: str) -> None:
    message = parse_message("s1", payload(name))

    assert message is not None
    assert (message.kind, message.text, message.payload) == READ[name]
    assert (message.channel, message.address) == ("web", "s1")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_a_message_is_nothing(name: str) -> None:
    assert parse_message("s1", payload(name)) is None


def test_every_recorded_message_is_expected_to_be_something_or_nothing() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == READ.keys() | REFUSED


def test_an_id_counts_only_within_its_session() -> None:
    mine, yours = parse_message("s1", payload("text")), parse_message("s2", payload("text"))

    assert mine is not None
    assert yours is not None
    assert mine.external_id != yours.external_id


def test_a_text_too_long_for_a_chat_is_refused() -> None:
    assert parse_message("s1", {"id": "1", "text": "x" * (MAX_TEXT + 1)}) is None


_json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(st.characters()), st.lists, max_leaves=4)
_bodies = st.dictionaries(st.sampled_from(["id", "text", "payload"]) | st.text(st.characters()), _json)


@given(_bodies)
def test_no_json_object_makes_it_raise_and_what_it_returns_can_be_stored(body: dict[str, Any]) -> None:
    message = parse_message("s1", body)

    if message is not None:
        assert "\x00" not in (message.external_id + message.text + (message.payload or "")).encode().decode()
