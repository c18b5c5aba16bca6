"""Telegram's updates become messages, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.parse import callback_id, parse_update
from bot.domain.messages import InboundMessage, Kind

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"


def payload(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


READ = {
    "text": (Kind.TEXT, "Πού είναι η παραγγελία μου; WL-4001", None),
    "start": (Kind.TEXT, "/start promo24", "/greet"),
    "reply_to": (Kind.TEXT, "this one", None),
    "forwarded": (Kind.TEXT, "Your parcel is late", None),
    "button": (Kind.BUTTON, "Yes, please", "/affirm"),
    "button_of_an_old_message": (
        Kind.BUTTON,
        '/inform{"order_number": "WL-4001"}',
        '/inform{"order_number": "WL-4001"}',
    ),
    "button_of_another_bot": (Kind.TEXT, "My parcels", None),
    "own_contact": (Kind.CONTACT, "•••1001", "/inform"),
    "contact_of_somebody_else": (Kind.CONTACT, "•••1002", "/inform"),
    "contact_without_telegram": (Kind.CONTACT, "•••1003", "/inform"),
    "photo": (Kind.PHOTO, "", None),
    "photo_with_caption": (Kind.PHOTO, "έτσι ήρθε 😡", None),
    "album": (Kind.PHOTO, "", None),
    "voice": (Kind.VOICE, "", None),
    "audio": (Kind.VOICE, "Track", None),
    "sticker": (Kind.STICKER, "😢", None),
    "document": (Kind.DOCUMENT, "the invoice", None),
    "animation": (Kind.OTHER, "", None),
    "video": (Kind.OTHER, "see 0:05", None),
    "video_note": (Kind.OTHER, "", None),
    "location": (Kind.LOCATION, "", None),
    "venue": (Kind.LOCATION, "Pick-up point", None),
    "dice": (Kind.OTHER, "🎲", None),
}
IGNORED = {
    "edited",
    "pinned",
    "group",
    "group_button",
    "inline_button",
    "channel_post",
    "blocked",
    "reaction",
    "of_a_later_version",
}


@pytest.mark.parametrize("name", READ)
def test_a_private_message_keeps_its_kind_and_its_words(name: str) -> None:
    message = parse_update(payload(name))

    assert message is not None
    assert (message.kind, message.text, message.payload) == READ[name]
    assert (message.channel, message.address) == ("telegram", "7001")
    assert (message.shopper_name, message.language_hint) == ("Maria P.", "el")


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_what_is_not_a_shoppers_message_to_us_is_nothing(name: str) -> None:
    assert parse_update(payload(name)) is None


def test_every_recorded_update_is_expected_to_be_something_or_nothing() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == READ.keys() | IGNORED


def test_a_message_has_one_id_whatever_its_update_is_numbered() -> None:
    again = payload("text") | {"update_id": 5}

    assert parse_update(again) == parse_update(payload("text"))
    assert _read("text").external_id == "7001:41"


def test_a_pressed_button_is_known_by_its_query_so_that_pressing_again_counts() -> None:
    assert _read("button").external_id == "callback:30071234567890123"


@pytest.mark.parametrize(
    ("name", "phone"),
    [("own_contact", "+306900001001"), ("contact_of_somebody_else", None), ("contact_without_telegram", None)],
)
def test_only_the_senders_own_contact_proves_a_phone_number(name: str, phone: str | None) -> None:
    assert _read(name).proven_phone == phone


def test_a_contact_is_kept_without_its_number() -> None:
    assert "306900" not in _read("own_contact").text


def test_text_that_no_database_can_keep_is_made_keepable() -> None:
    update = payload("text")
    update["message"]["text"] = "a\x00b\ud83dc"

    message = parse_update(update)

    assert message is not None
    assert message.text == "abc"


def test_a_query_is_to_be_answered_wherever_its_button_was() -> None:
    assert callback_id(payload("group_button")) == "30071234567890126"
    assert callback_id(payload("text")) is None


_text = st.text(st.characters())  # halves of surrogate pairs too, as JSON may have them
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3), max_leaves=12
)


def _mangled(value: object) -> st.SearchStrategy[Any]:
    """Return the value with any of its parts replaced by any JSON."""
    if isinstance(value, dict):
        parts = st.fixed_dictionaries({}, optional={key: _mangled(part) for key, part in value.items()})
    elif isinstance(value, list):
        parts = st.tuples(*(_mangled(part) for part in value)).map(list)
    else:
        parts = st.just(value)
    return st.one_of(parts, st.just(value), _json)


_updates = st.one_of(
    st.dictionaries(_text, _json),
    st.sampled_from(sorted(READ.keys() | IGNORED)).flatmap(lambda name: _mangled(payload(name))),
).filter(lambda update: isinstance(update, dict))


@given(_updates)
def test_no_json_object_makes_it_raise_and_what_it_returns_can_be_stored(update: dict[str, Any]) -> None:
    message = parse_update(update)
    callback_id(update)

    if message is not None:
        assert _storable(message)


def _storable(message: InboundMessage) -> bool:
    texts = [message.external_id, message.address, message.text, message.payload, message.shopper_name]
    return all("\x00" not in text.encode().decode() for text in texts if text is not None)


def _read(name: str) -> InboundMessage:
    message = parse_update(payload(name))
    assert message is not None
    return message
