"""A person or money refused beside a wish: the wish is what is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from nlu.refusals import beside_refusal


def read_as(intent: str, sure: float = 0.9) -> dict[str, Any]:
    row = {"name": intent, "confidence": sure}
    return {"intent": row, "intent_ranking": [row], "language": "en"}


async def heard(text: str, cue: tuple[str, str], whole: str, rest: str = "nlu_fallback", sure: float = 0.9) -> str:
    """The intent of a text that reads as `whole`, and whose other clauses read as `rest` by themselves."""

    async def parse(message: UserMessage) -> dict[str, Any]:
        assert message.metadata["language_hint"] == "en"
        return read_as(rest)

    kind, words = cue
    start = text.index(words)
    cues = [{"kind": kind, "text": words, "start": start, "end": start + len(words)}]
    found = await beside_refusal(
        UserMessage(text, metadata={"channel": "web"}), {**read_as(whole, sure), "cues": cues}, parse
    )
    assert found["intent_ranking"][0] == found["intent"]
    return str(found["intent"]["name"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No person, just tell me whether it comes", "No person"),
        ("человека не надо, просто скажите, приедет или нет", "человека не надо"),
        ("不要转人工，直接说什么时候到", "不要转人工"),
        ("χωρίς υπάλληλο, θα έρθει ή όχι;", "χωρίς υπάλληλο"),
    ],
)
@pytest.mark.parametrize("whole", ["deny", "ask_human"])
async def test_who_refuses_a_person_and_asks_something_is_asking_it(whole: str, text: str, words: str) -> None:
    assert await heard(text, ("no_person", words), whole, "ask_order_status") == "ask_order_status"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the right size, no refund", "no refund"),
        ("деньги не надо, пришлите мой размер", "деньги не надо"),
        ("不要退款，给我换对的码", "不要退款"),
        ("το σωστό νούμερο, όχι επιστροφή χρημάτων", "όχι επιστροφή χρημάτων"),
    ],
)
async def test_who_refuses_the_money_wants_what_they_name_instead(text: str, words: str) -> None:
    assert await heard(text, ("no_money", words), "ask_refund", "report_wrong_item") == "report_wrong_item"
    assert await heard(text, ("no_money", words), "ask_refund", "nlu_fallback") == "exchange"


@pytest.mark.parametrize(
    ("text", "cue", "whole"),
    [
        pytest.param("不要转人工", ("no_person", "不要转人工"), "ask_human", id="a person"),
        pytest.param("no refund", ("no_money", "no refund"), "ask_refund", id="money"),
    ],
)
async def test_a_bare_refusal_is_a_no(text: str, cue: tuple[str, str], whole: str) -> None:
    assert await heard(text, cue, whole) == "deny"


async def test_thanks_beside_a_refusal_are_no_wish() -> None:
    assert await heard("no refund, thanks", ("no_money", "no refund"), "ask_refund", "thank") == "deny"


async def test_who_finds_nobody_and_asks_for_somebody_gets_somebody() -> None:
    words = ("no_person", "no person")

    assert await heard("no person answers, get me one", words, "ask_human", "ask_human") == "ask_human"
    assert await heard("there is no person who ever answers me when I call", words, "ask_human") == "ask_human"


async def test_what_is_surely_read_as_something_else_stands() -> None:
    assert (
        await heard("no refund, it is broken", ("no_money", "no refund"), "report_damaged", "complain")
        == "report_damaged"
    )
    assert (
        await heard("no refund, it is broken", ("no_money", "no refund"), "complain", "report_damaged", 0.4)
        == "report_damaged"
    )


async def test_without_a_refusal_nothing_is_read_twice() -> None:
    assert await heard("where is it", ("waiting", "where"), "ask_order_status") == "ask_order_status"
