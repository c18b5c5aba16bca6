"""Deletion is asked for, and nothing but the very next yes in words is one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.order import OrderStatus
from tests.doubles.counter import LANGUAGES, NOW, Chat, an_order

FORGET = {"command": "forget"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_yes_in_words_asks_the_gateway_to_forget(language: str) -> None:
    chat = Chat(language=language)

    asked = await chat.says("...", "delete_my_data")
    told = await chat.says("...", "affirm")

    assert asked.responses == ["utter_delete_my_data"]
    assert asked.commands == []
    assert told.commands == [FORGET]
    assert told.replies == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_no_deletes_nothing_and_closes_the_question(language: str) -> None:
    chat = Chat(language=language)
    await chat.says("...", "delete_my_data")

    told = await chat.says("...", "deny")
    after = await chat.says("...", "affirm")

    assert told.responses == ["utter_forget_kept"]
    assert after.responses == ["utter_ok_what_else"]
    assert told.commands == after.commands == []


@pytest.mark.parametrize("intent", ["thank", "smalltalk", "nlu_fallback", "out_of_scope", "ask_order_status", "greet"])
async def test_anything_else_leaves_all_as_it_is_and_a_later_yes_deletes_nothing(intent: str) -> None:
    chat = Chat()
    await chat.says("delete my data", "delete_my_data")

    between = await chat.says("hm", intent)
    late = await chat.says("yes", "affirm")

    assert between.commands == late.commands == []


@pytest.mark.parametrize(("sure", "commands"), [(0.59, []), (0.6, [FORGET])])
async def test_a_yes_that_is_not_sure_is_asked_for_again(sure: float, commands: list[dict[str, str]]) -> None:
    chat = Chat()
    await chat.says("delete my data", "delete_my_data")

    told = await chat.says("well ok", "affirm", sure=sure)

    assert told.commands == commands
    assert ("utter_delete_my_data" in told.responses) == (commands == [])


async def test_the_button_of_an_older_question_deletes_nothing() -> None:
    late = an_order(status=OrderStatus.SHIPPED, promised_at=NOW - timedelta(days=3))
    chat = Chat(late).proves("email", "maria.p@example.com")
    await chat.says("where is it", "report_late")
    await chat.says("delete my data", "delete_my_data")

    told = await chat.presses("/affirm")

    assert told.responses == ["utter_delete_my_data"]
    assert told.commands == []
    assert chat.ledger.promises.rows == []


async def test_who_is_furious_about_it_gets_a_person() -> None:
    chat = Chat()

    told = await chat.says("DELETE ALL OF IT, YOU LIARS", "delete_my_data", "anger", intensity=0.9)

    assert told.reason == "anger"
