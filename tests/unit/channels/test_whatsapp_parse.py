"""Twilio's forms become messages and delivery states, or nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.whatsapp.parse import StatusChange, parse_message, parse_status
from bot.domain.messages import Delivery, Kind

PAYLOADS = Path(__file__).parents[2] / "payloads" / "whatsapp"
SID = "SM0123456789abcdef0123456789abcdef"


def payload(name: str) -> dict[str, str]:
    return dict(parse_qsl((PAYLOADS / f"{name}.form").read_text().strip(), keep_blank_values=True))


READ = {
    "text": (Kind.TEXT, "где мой заказ?? WL-2001", None),
    "button": (Kind.BUTTON, "Да, соедините", "/affirm"),
    "button_of_a_template": (Kind.TEXT, "Track it", None),
    "photo": (Kind.PHOTO, "", None),
    "photo_with_caption": (Kind.PHOTO, "вот так пришло", None),
    "voice": (Kind.VOICE, "", None),
    "sticker": (Kind.STICKER, "", None),
    "document": (Kind.DOCUMENT, "invoice.pdf", None),
    "video": (Kind.OTHER, "", None),
    "contact_card": (Kind.OTHER, "", None),
    "location": (Kind.LOCATION, "ул. Примерная, 1", None),
    "unsupported": (Kind.OTHER, "", None),
    "username_sender": (Kind.TEXT, "hello", None),
}
STATES = {
    "status_queued": None,
    "status_sent": StatusChange(SID, Delivery.SENT, None),
    "status_delivered": StatusChange(SID, Delivery.DELIVERED, None),
    "status_read": StatusChange(SID, Delivery.READ, None),
    "status_failed": StatusChange(SID, Delivery.FAILED, "63016"),
    "status_undelivered": StatusChange(SID, Delivery.FAILED, "63024"),
}
NOT_WHATSAPP = {"sms"}


@pytest.mark.parametrize("name", READ)
def test_a_message_keeps_its_kind_and_its_words(name: str) -> None:
    message = parse_message(payload(name))

    assert message is not None
    assert (message.kind, message.text, message.payload) == READ[name]
    assert (message.channel, message.external_id, message.shopper_name) == ("whatsapp", SID, "Ирина К.")


def test_the_number_it_comes_from_is_proven() -> None:
    message = parse_message(payload("text"))

    assert message is not None
    assert (message.address, message.proven_phone) == ("+79000000101", "+79000000101")


def test_a_sender_without_a_number_proves_none() -> None:
    message = parse_message(payload("username_sender"))

    assert message is not None
    assert (message.address, message.proven_phone) == ("EX.1234567890", None)


def test_an_sms_is_nothing() -> None:
    assert parse_message(payload("sms")) is None


@pytest.mark.parametrize("name", STATES)
def test_a_delivery_state_is_read_where_it_says_something(name: str) -> None:
    assert parse_status(payload(name)) == STATES[name]


@pytest.mark.parametrize("field", sorted(payload("text")))
def test_whatever_a_field_holds_can_be_stored(field: str) -> None:
    message = parse_message(payload("text") | {field: "whatsapp:+7\x00\ud83d"})

    assert message is not None
    for text in (message.external_id, message.address, message.text, message.shopper_name or ""):
        assert "\x00" not in text.encode().decode()


def test_every_recorded_form_is_expected_to_be_something() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.form")} == READ.keys() | STATES.keys() | NOT_WHATSAPP


_keys = st.sampled_from(sorted({key for name in READ.keys() | STATES.keys() for key in payload(name)})) | st.text(
    st.characters()
)
_values = st.text(st.characters()) | st.sampled_from(["whatsapp:+79000000101", SID, "read", "image/", "/inform{", "+1"])
_forms = st.builds(
    lambda name, odd: payload(name) | odd, st.sampled_from(sorted(READ)), st.dictionaries(_keys, _values)
)


@given(_forms | st.dictionaries(_keys, _values))
def test_no_form_makes_it_raise_and_what_it_returns_can_be_stored(form: dict[str, str]) -> None:
    message = parse_message(form)
    change = parse_status(form)

    texts = [message.external_id, message.address, message.text, message.shopper_name or ""] if message else []
    texts += [change.provider_id, change.code or ""] if change else []
    assert not any("\x00" in text.encode().decode() for text in texts)
