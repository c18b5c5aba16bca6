from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.traditional import in_traditional, writes_traditional


@pytest.mark.parametrize(
    ("text", "traditional"),
    [
        ("訂單到哪了", True),
        ("什麼時候到？20417", True),
        ("東西壞了😡", True),
        ("皇后的鏡子在哪裡", True),  # 后 alone would be simplified
        ("唔好寄住，我想取消張單", True),
        ("订单到哪了", False),
        ("快递还没到，烦死了", False),
        ("你好", None),
        ("台北又下雨", None),
        ("台灣", True),
        ("ok 20417", None),
        ("", None),
    ],
)
def test_characters_tell_who_writes_which(text: str, traditional: bool | None) -> None:
    assert writes_traditional(text) is traditional


def test_words_are_those_of_taiwan() -> None:
    assert in_traditional("请查一下短信里的信息，之后发消息就行") == "請查一下簡訊裡的資訊，之後發訊息就行"


def test_the_longest_name_stays_whole() -> None:
    assert in_traditional("这是台灯和台灯罩", ["台灯", "台灯罩", ""]) == "這是台灯和台灯罩"


def test_links_stay_as_they_are() -> None:
    link = "https://shop.example/订单?id=发"
    assert in_traditional(f"请看 {link} 谢谢") == f"請看 {link} 謝謝"


@given(st.text(st.characters()))
def test_no_text_breaks_it(text: str) -> None:
    assert writes_traditional(text) in (True, False, None)
    assert isinstance(in_traditional(text, [text[:3]]), str)
