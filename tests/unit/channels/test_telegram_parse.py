"""Telegram's updates become messages, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.parse import Group, Happening, Unreadable, callback_id, parse_update
from bot.domain.messages import Edit, InboundMessage, Kind, Media, Reachability

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"


def payload(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


READ = {
    "text": (Kind.TEXT, "Πού είναι η παραγγελία μου; WL-4001", None),
    "start": (Kind.COMMAND, "/start promo24", '/start{"to": "promo24"}'),
    "command": (Kind.COMMAND, "/human@shop_example_bot", "/human"),
    "command_language": (Kind.COMMAND, "/language RU", '/language{"to": "ru"}'),
    "command_of_nobody": (Kind.TEXT, "/weather today", None),
    "reply_to": (Kind.TEXT, "this one", None),
    "quote": (Kind.TEXT, "this part is wrong", None),
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
    "album_caption": (Kind.PHOTO, "all of it like this", None),
    "voice": (Kind.VOICE, "", None),
    "audio": (Kind.VOICE, "Track", None),
    "sticker": (Kind.STICKER, "😢", None),
    "document": (Kind.DOCUMENT, "the invoice", None),
    "animation": (Kind.VIDEO, "", None),
    "video": (Kind.VIDEO, "see 0:05", None),
    "video_note": (Kind.VIDEO, "", None),
    "location": (Kind.LOCATION, "37.98000, 23.72000", None),
    "venue": (Kind.LOCATION, "Pick-up point, Example St 1, 37.98000, 23.72000", None),
    "dice": (Kind.OTHER, "🎲", None),
    "poll": (Kind.OTHER, "", None),
    "kind_of_a_later_version": (Kind.OTHER, "", None),
    "reaction": (Kind.REACTION, "👍", None),
    "reaction_angry": (Kind.REACTION, "😡", None),
}
FILES = {
    "photo", "photo_with_caption", "album", "album_caption", "voice", "audio", "sticker", "document", "animation",
    "video", "video_note",
}  # fmt: skip
TOLD: dict[str, Happening] = {
    "edited": Edit("telegram", "7001:41", "I meant WL-4002"),
    "edited_caption": Edit("telegram", "7001:41", "the lid, I mean"),
    "blocked": Reachability("telegram", "7001", reachable=False),
    "unblocked": Reachability("telegram", "7001", reachable=True),
    "added_to_group": Group(-100123, "el"),
    "group": Group(-1001234567890, "el"),
    "channel_post": Group(-100222, None),
    "without_sender": Unreadable("a message without id, chat or sender"),
}
IGNORED = {
    "pinned",
    "group_button",
    "inline_button",
    "of_a_later_version",
    "reaction_taken_back",
    "reaction_custom",
    "left_group",
    "group_migrated",
}


@pytest.mark.parametrize("name", READ)
def test_a_private_message_keeps_its_kind_and_its_words(name: str) -> None:
    message = _read(name)

    assert (message.kind, message.text, message.payload) == READ[name]
    assert (message.channel, message.address) == ("telegram", "7001")
    assert (message.shopper_name, message.language_hint) == ("Maria P.", "el")


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_what_is_not_a_shoppers_message_to_us_is_nothing(name: str) -> None:
    assert parse_update(payload(name)) is None


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_happens_to_a_chat_is_told(name: str) -> None:
    assert parse_update(payload(name)) == TOLD[name]


@pytest.mark.parametrize("name", sorted(READ))
def test_files_come_along_to_be_fetched(name: str) -> None:
    media = _read(name).media

    assert len(media) == (name in FILES)
    assert all(file.ref and file.same_as for file in media)


def test_of_a_photos_sizes_the_largest_is_fetched() -> None:
    (photo,) = _read("album").media

    assert photo == Media("AgACAgQAAxkBAAMq", "AQADexamplf", "image/jpeg", None, 90000)


def test_the_parts_of_an_album_are_one_message() -> None:
    first, last = _read("album"), _read("album_caption")

    assert (first.external_id, first.album) == (last.external_id, True)
    assert not _read("photo").album


@pytest.mark.parametrize(
    ("name", "quoted"), [("reply_to", "Which order?"), ("quote", "comes on Friday"), ("reaction", None), ("text", None)]
)
def test_what_a_message_answers_is_kept(name: str, quoted: str | None) -> None:
    message = _read(name)

    assert message.quoted_text == quoted
    assert message.quotes == (None if name == "text" else "40")


@pytest.mark.parametrize("value", [None, 5, [], {}, {"chat": {"id": 7001, "type": "private"}}, {"message_id": True}])
def test_a_message_that_is_not_what_telegram_promises_is_unreadable(value: object) -> None:
    assert isinstance(parse_update({"update_id": 1, "message": value}), Unreadable)


def test_every_recorded_update_is_expected_to_be_something_or_nothing() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == READ.keys() | TOLD.keys() | IGNORED


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

    assert isinstance(message, InboundMessage)
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
    st.sampled_from(sorted(READ.keys() | TOLD.keys() | IGNORED)).flatmap(lambda name: _mangled(payload(name))),
).filter(lambda update: isinstance(update, dict))


@given(_updates)
def test_no_json_object_makes_it_raise_and_what_it_returns_can_be_stored(update: dict[str, Any]) -> None:
    message = parse_update(update)
    callback_id(update)

    if isinstance(message, Edit):
        assert "\x00" not in message.text.encode().decode()
    if isinstance(message, InboundMessage):
        assert _storable(message)


def _storable(message: InboundMessage) -> bool:
    texts = [message.external_id, message.address, message.text, message.payload, message.shopper_name]
    texts += [message.quoted_text, message.quotes]
    texts += [text for file in message.media for text in (file.ref, file.same_as, file.content_type, file.file_name)]
    return all("\x00" not in text.encode().decode() for text in texts if text is not None)


def _read(name: str) -> InboundMessage:
    message = parse_update(payload(name))
    assert isinstance(message, InboundMessage)
    return message
