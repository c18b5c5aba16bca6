"""What comes from outside is made safe to keep."""

from __future__ import annotations

import pytest

from bot.channels.clean import intent_payload, storable


def test_a_long_text_is_kept_up_to_its_limit() -> None:
    assert storable("x" * 10, 4) == "xxxx"


@pytest.mark.parametrize("data", ["/affirm", '/inform{"order_number": "WL-1"}', '/inform{"a":\n1}'])
def test_our_own_payloads_pass(data: str) -> None:
    assert intent_payload(data) == data


@pytest.mark.parametrize("data", ["", "affirm", "/", "/Affirm", "/affirm now", "menu:1", "/inform{", "/x" * 9000])
def test_others_do_not(data: str) -> None:
    assert intent_payload(data) is None
