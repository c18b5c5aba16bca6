from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from responses.book import ResponseBook
from responses.traditional import TRADITIONAL, in_traditional, page_for, writes_traditional


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
    assert in_traditional("直接回复“注销账号”") == "直接回覆「註銷帳號」"


def test_links_stay_as_they_are() -> None:
    link = "https://shop.example/订单?id=发"
    assert in_traditional(f"请看 {link} 谢谢") == f"請看 {link} 謝謝"


@given(st.text(st.characters()))
def test_no_text_breaks_it(text: str) -> None:
    assert writes_traditional(text) in (True, False, None)
    assert isinstance(in_traditional(text), str)


def test_a_page_keeps_its_wordings_payloads_and_what_it_is_filled_with() -> None:
    book = ResponseBook.load(ROOT / "responses")

    simplified = {book.say("utter_operator_joined", "zh", operator="张云").variation for _ in range(30)}
    said = book.say("utter_operator_joined", TRADITIONAL, operator="张云")
    asked = book.say("utter_nobody_came", TRADITIONAL)

    assert said.variation in simplified
    assert "张云" in said.text
    assert writes_traditional(said.text.replace("张云", ""))
    assert [button.payload for button in asked.buttons] == [
        button.payload for button in book.say("utter_nobody_came", "zh").buttons
    ]
    assert book.word(TRADITIONAL, "delivered") == "已簽收"


def test_a_file_that_changes_is_read_in_traditional_characters_too(tmp_path: Path) -> None:
    file = tmp_path / "zh.yml"

    def words(word: str) -> str:
        return f"language: zh\nresponses: {{utter_a: {{any: [好]}}}}\nacknowledgements: {{warm: {{general: [好]}}}}\nwords: {{a: {word}}}"

    file.write_text(words("订单"), encoding="utf-8")
    book = ResponseBook.load(tmp_path)
    assert book.word(TRADITIONAL, "a") == "訂單"

    file.write_text(words("短信"), encoding="utf-8")
    os.utime(file, ns=(1, 1))

    assert book.word(TRADITIONAL, "a") == "簡訊"


@pytest.mark.parametrize(
    ("language", "traditional", "page"),
    [("zh", True, TRADITIONAL), ("zh", False, "zh"), ("zh", None, "zh"), ("en", True, "en")],
)
def test_the_page_for_a_shopper(language: str, traditional: bool | None, page: str) -> None:
    assert page_for(language, traditional=traditional) == page
