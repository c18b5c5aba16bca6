from __future__ import annotations

import pytest

from nlu.entities import find_entities
from nlu.parcels import s10_check_digit

FOUND = [
    ("WL-20417", "en", "order_number", "WL-20417"),
    ("wl20417 pls", "en", "order_number", "WL-20417"),
    ("wl 20417", "en", "order_number", "WL-20417"),
    ("#20417", "en", "order_number", "20417"),
    ("order #WL-1001.", "en", "order_number", "WL-1001"),
    ("№ 20417", "ru", "order_number", "20417"),
    ("20417", "en", "order_number", "20417"),
    ("number is 20417", "en", "order_number", "20417"),
    ("заказ 1042 где", "ru", "order_number", "1042"),
    ("where is A-1042", "en", "order_number", "A-1042"),
    ("order no 55-1033", "en", "order_number", "55-1033"),
    ("订单号20417还没到", "zh", "order_number", "20417"),
    ("我的订单WL-20417", "zh", "order_number", "WL-20417"),
    ("αρ. παραγγελίας 20417", "el", "order_number", "20417"),
    ("on Maria.P@Example.com thanks", "en", "email", "maria.p@example.com"),
    ("my number is 07700 900123", "en", "phone", "+447700900123"),
    ("+44 7700 900123", "en", "phone", "+447700900123"),
    ("8 900 000-12-34", "ru", "phone", "+79000001234"),
    ("+306900001234", "el", "phone", "+306900001234"),
    ("电话13800138000谢谢", "zh", "phone", "+8613800138000"),
    ("RR473124829GR", "el", "tracking_number", "RR473124829GR"),
    ("rr 473 124 829 gr", "el", "tracking_number", "RR473124829GR"),
    ("1Z999AA10123456784", "en", "tracking_number", "1Z999AA10123456784"),
    ("SF1234567890123", "zh", "tracking_number", "SF1234567890123"),
    ("трек 80085123456789", "ru", "tracking_number", "80085123456789"),
    ("due on 12.11.2026", "en", "date", "2026-11-12"),
    ("2026-11-12", "en", "date", "2026-11-12"),
    ("12 ноября", "ru", "date", "--11-12"),
    ("12 Νοεμβρίου", "el", "date", "--11-12"),
    ("11月12日", "zh", "date", "--11-12"),
    ("march 5", "en", "date", "--03-05"),
    ("last tuesday", "en", "date", "last tuesday"),
    ("昨天下的单", "zh", "date", "昨天"),
    ("ήταν για χθες", "el", "date", "χθες"),
]
NOTHING = [
    "in 2024 i ordered 3 things",
    "it cost 1500 eur",
    "20417 руб за это",
    "usb30 cable, mp3 player",
    "1.5 kg, 12.50",
    "10-12 days",
    "call me at 10:30",
    "RR473124828GR",  # the check digit is 9
]


@pytest.mark.parametrize(("text", "language", "entity", "value"), FOUND)
def test_data_is_found_in_all_its_shapes(text: str, language: str, entity: str, value: str) -> None:
    assert [(found["entity"], found["value"]) for found in find_entities(text, language)] == [(entity, value)]


@pytest.mark.parametrize("text", NOTHING)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_entities(text, "en") == []


def test_several_things_are_found_in_their_places() -> None:
    text = "WL-1001 and wl1002, mail a@b.co"

    found = find_entities(text, "en")

    assert [text[entity["start"] : entity["end"]] for entity in found] == ["WL-1001", "wl1002", "a@b.co"]


@pytest.mark.parametrize(("serial", "digit"), [("47312482", 9), ("12345678", 5), ("00000000", 5)])
def test_the_check_digit_is_the_one_of_the_postal_union(serial: str, digit: int) -> None:
    assert s10_check_digit(serial) == digit
