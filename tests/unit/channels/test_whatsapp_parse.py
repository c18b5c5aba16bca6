"""Twilio's forms become messages and delivery states, or nothing."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.whatsapp.parse import StatusChange, Unreadable, parse_message, parse_status
from bot.domain.messages import Delivery, InboundMessage, Kind

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
    "video": (Kind.VIDEO, "", None),
    "two_photos": (Kind.PHOTO, "вот так пришло", None),
    "stop": (Kind.COMMAND, "STOP", '/stop{"to": "answered"}'),
    "stop_in_words": (Kind.COMMAND, " Отписаться ", "/stop"),
    "start": (Kind.COMMAND, "start", "/resume"),
    "help": (Kind.TEXT, "HELP", None),
    "reply_to": (Kind.TEXT, "этот", None),
    "list_pick": (Kind.BUTTON, "WL-2001", '/inform{"order_number": "WL-2001"}'),
    "contact_card": (Kind.OTHER, "", None),
    "location": (Kind.LOCATION, "Дом, ул. Примерная, 1, 55.75120, 37.61840", None),
    "unsupported": (Kind.OTHER, "", None),
    "username_sender": (Kind.TEXT, "hello", None),
}
STATES = {
    "status_queued": None,
    "status_sent": StatusChange(SID, Delivery.SENT, None),
    "status_delivered": StatusChange(SID, Delivery.DELIVERED, None),
    "status_read": StatusChange(SID, Delivery.READ, None),
    "status_failed": StatusChange(SID, Delivery.WAITING, "63016"),
    "status_blocked": StatusChange(SID, Delivery.FAILED, "63014", gone="+79000000101"),
    "status_undelivered": StatusChange(SID, Delivery.FAILED, "63024"),
}
NOT_WHATSAPP = {"sms", "without_id"}


@pytest.mark.parametrize("name", READ)
def test_a_message_keeps_its_kind_and_its_words(name: str) -> None:
    message = read(name)

    assert (message.kind, message.text, message.payload) == READ[name]
    assert (message.channel, message.external_id, message.shopper_name) == ("whatsapp", SID, "Ирина К.")


def test_the_number_it_comes_from_is_proven() -> None:
    message = read("text")

    assert (message.address, message.proven_phone) == ("+79000000101", "+79000000101")


def test_a_sender_without_a_number_proves_none() -> None:
    message = read("username_sender")

    assert (message.address, message.proven_phone) == ("EX.1234567890", None)


@pytest.mark.parametrize(
    ("name", "files"),
    [("text", 0), ("photo", 1), ("two_photos", 2), ("voice", 1), ("sticker", 1), ("contact_card", 1), ("location", 0)],
)
def test_every_file_comes_along_to_be_fetched(name: str, files: int) -> None:
    media = read(name).media

    assert len({file.same_as for file in media}) == files
    assert all(file.ref.startswith("https://api.twilio.com/") for file in media)


def test_what_a_message_answers_is_kept() -> None:
    assert read("reply_to").quotes == "SM" + "9" * 32


@pytest.mark.parametrize(
    ("text", "payload_of_it"),
    [
        ("stop", "/stop"),
        ("СТОП", "/stop"),
        ("退订", "/stop"),
        ("ΔΙΑΚΟΠΗ", "/stop"),
        (unicodedata.normalize("NFD", "Διακοπή"), "/stop"),
        ("Старт", "/resume"),
        ("恢复", "/resume"),
        (unicodedata.normalize("NFD", "Έναρξη"), "/resume"),
    ],
)
def test_stop_and_start_are_understood_in_four_languages(text: str, payload_of_it: str) -> None:
    message = parse_message(payload("text") | {"Body": text})

    assert isinstance(message, InboundMessage)
    assert (message.kind, message.payload) == (Kind.COMMAND, payload_of_it)


@pytest.mark.parametrize("text", ["please stop", "не стоп", "stop!", "停止发货", "start again"])
def test_a_word_in_a_sentence_switches_nothing(text: str) -> None:
    message = parse_message(payload("text") | {"Body": text})

    assert isinstance(message, InboundMessage)
    assert message.payload is None


def test_a_message_without_an_id_is_unreadable() -> None:
    assert isinstance(parse_message(payload("without_id")), Unreadable)


def read(name: str) -> InboundMessage:
    message = parse_message(payload(name))
    assert isinstance(message, InboundMessage)
    return message


def test_an_sms_is_nothing() -> None:
    assert parse_message(payload("sms")) is None


@pytest.mark.parametrize("name", STATES)
def test_a_delivery_state_is_read_where_it_says_something(name: str) -> None:
    assert parse_status(payload(name)) == STATES[name]


@pytest.mark.parametrize("field", sorted(payload("text")))
def test_whatever_a_field_holds_can_be_stored(field: str) -> None:
    message = parse_message(payload("text") | {field: "whatsapp:+7\x00\ud83d"})

    assert isinstance(message, InboundMessage)
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

    texts = []
    if isinstance(message, InboundMessage):
        texts += [message.external_id, message.address, message.text, message.shopper_name or "", message.quotes or ""]
        texts += [part for file in message.media for part in (file.ref, file.same_as, file.content_type or "")]
    texts += [change.provider_id, change.code or ""] if change else []
    assert not any("\x00" in text.encode().decode() for text in texts)
