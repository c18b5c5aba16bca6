"""What the talk and the feeling make of a message that says little by itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from conftest import ROOT, talk
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, UserUttered

from nlu import in_context as module
from nlu.in_context import in_context


def reading(ranking: dict[str, float], emotion: str = "neutral", felt: float = 0.9) -> dict[str, Any]:
    rows = [{"name": name, "confidence": sure} for name, sure in ranking.items()]
    return {"intent": rows[0], "intent_ranking": rows, "emotion": {"name": emotion, "confidence": felt}}


def of(read: dict[str, Any], text: str, *cues: tuple[str, str], day: bool = True) -> dict[str, Any]:
    """The reading of a text, with cues of these kinds at these words, and with a day in it."""
    found = [
        {"kind": kind, "text": word, "start": text.index(word), "end": text.index(word) + len(word)}
        for kind, word in cues
    ]
    rows = [{"name": read["emotion"]["name"], "confidence": read["emotion"]["confidence"]}]
    entities = [{"entity": "date"}] * day
    return {
        **read,
        "text": text,
        "cues": found,
        "entities": entities,
        "emotion": {**read["emotion"], "intensity": 0.3, "ranking": rows},
    }


def said(*events: tuple[str, str] | str) -> list[Event]:
    """What was said before: (intent, emotion) of the shopper's messages, and names of our responses."""
    return [
        BotUttered("...", metadata={"utter_action": event})
        if isinstance(event, str)
        else UserUttered(
            "...", {"name": event[0]}, parse_data={"emotion": {"name": event[1], "confidence": 0.9}, "intent": {}}
        )
        for event in events
    ]


def intent_of(read: dict[str, Any], **slots: str) -> str:
    found = in_context(read, talk(**slots))
    assert found["intent_ranking"][0] == found["intent"]
    assert len({row["name"] for row in found["intent_ranking"]}) == len(found["intent_ranking"])
    return str(found["intent"]["name"])


def test_a_worry_that_resembles_a_goodbye_is_about_the_order() -> None:
    worried = reading({"goodbye": 0.35, "smalltalk": 0.23, "report_wrong_item": 0.06}, "anxiety", 1.0)

    assert intent_of(worried, order_number="WL-1003") == "ask_order_status"
    assert intent_of(worried) == "ask_order_status"
    chatting = {"smalltalk": 0.37, "repeat_complaint": 0.16, "ask_order_status": 0.07}
    assert intent_of(reading(chatting, "anxiety", 0.9), order_number="WL-1003") == "ask_order_status"
    assert intent_of(reading(chatting, "anxiety", 0.7), order_number="WL-1003") == "repeat_complaint"
    likely = {"smalltalk": 0.37, "report_late": 0.33}
    assert intent_of(reading(likely, "anxiety", 0.9), order_number="WL-1003") == "report_late"


@pytest.mark.parametrize("emotion", ["disappointment", "frustration", "anger"])
def test_who_is_upset_and_not_understood_complains(emotion: str) -> None:
    assert intent_of(reading({"nlu_fallback": 0.8, "thank": 0.2}, emotion)) == "complain"


@pytest.mark.parametrize("emotion", ["neutral", "joy", "gratitude", "confusion"])
def test_who_is_not_upset_stays_not_understood(emotion: str) -> None:
    assert intent_of(reading({"nlu_fallback": 0.8, "thank": 0.2}, emotion)) == "nlu_fallback"


def test_a_feeling_that_is_not_sure_decides_nothing() -> None:
    assert intent_of(reading({"nlu_fallback": 0.8, "thank": 0.2}, "anger", 0.49)) == "nlu_fallback"


def test_while_an_order_is_spoken_of_its_date_is_likelier_than_small_talk() -> None:
    asked = reading({"smalltalk": 0.31, "report_late": 0.16, "ask_order_status": 0.15})

    assert intent_of(asked, order_number="WL-1007") == "report_late"
    assert intent_of(asked) == "smalltalk"


def test_a_hesitant_yes_to_an_offer_stays_a_yes() -> None:
    yes = reading({"affirm": 0.4, "ask_order_status": 0.3})

    assert intent_of(yes, order_number="WL-1007", offer="reship") == "affirm"
    assert intent_of(yes, order_number="WL-1007") == "ask_order_status"


def test_what_is_sure_stands_whatever_is_felt_or_spoken_of() -> None:
    assert intent_of(reading({"thank": 0.5, "complain": 0.4}, "anger"), order_number="WL-1007") == "thank"


def test_the_answer_to_a_question_of_ours_is_left_as_it_was_read() -> None:
    read = reading({"nlu_fallback": 0.8, "inform": 0.2}, "anger")

    assert intent_of(read, awaiting="proof", order_number="WL-1007") == "nlu_fallback"


def test_nothing_is_made_of_too_little() -> None:
    read = reading({"nlu_fallback": 0.9, "complain": 0.05, "stock": 0.04})

    assert intent_of(read, order_number="WL-1007") == "nlu_fallback"


def test_all_names_are_intents_of_the_domain() -> None:
    intents = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"])

    assert module._OF_AN_ORDER | module._ABOUT_THE_SHOP | set(module._WANTED.values()) <= intents


APPLAUSE = [
    ("well done, really", "well done", "affirm"),
    ("браво, молодцы", "браво", "praise"),
    ("厉害厉害", "厉害厉害", "praise"),
    ("μπράβο σας, συγχαρητήρια", "συγχαρητήρια", "thank"),
]


def applauded(text: str, word: str, intent: str, *events: tuple[str, str] | str) -> dict[str, Any]:
    tracker = talk()
    tracker.update_with_events(said(*events), Domain.load(str(ROOT / "domain.yml")))
    rest = text.replace(word, " ").split()
    praised = of(reading({intent: 0.9}, "joy"), text, ("applause", word), *(("applause", other) for other in rest))
    return in_context(praised, tracker)


@pytest.mark.parametrize(("text", "word", "intent"), APPLAUSE)
def test_bare_praise_after_a_complaint_is_none(text: str, word: str, intent: str) -> None:
    found = applauded(text, word, intent, ("complain", "frustration"), "utter_complaint_heard")

    assert found["intent"]["name"] == "complain"
    assert found["emotion"]["name"] == "frustration"
    assert sum(row["confidence"] for row in found["emotion"]["ranking"]) == pytest.approx(0.9)


@pytest.mark.parametrize(("text", "word", "intent"), APPLAUSE)
@pytest.mark.parametrize(
    "events",
    [
        pytest.param((), id="at the beginning"),
        pytest.param((("ask_order_status", "neutral"), "utter_order_shipped"), id="after a calm question"),
        pytest.param(
            (("report_late", "anger"), "utter_offer_voucher", ("affirm", "neutral"), "utter_promise_voucher"),
            id="made good",
        ),
        pytest.param((("complain", "anger"), *[("ask_price", "neutral")] * 3), id="long over"),
    ],
)
def test_praise_is_praise_where_nothing_went_wrong_or_it_was_made_good(
    text: str, word: str, intent: str, events: tuple[tuple[str, str] | str, ...]
) -> None:
    assert applauded(text, word, intent, *events)["intent"]["name"] == intent


def test_praise_with_something_else_beside_it_is_left_as_it_was_read() -> None:
    tracker = talk()
    tracker.update_with_events(said(("complain", "anger")), Domain.load(str(ROOT / "domain.yml")))
    kind = of(
        reading({"praise": 0.9}, "joy"),
        "well done, your colleague rang me within five minutes",
        ("applause", "well done"),
    )

    assert in_context(kind, tracker)["intent"]["name"] == "praise"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the wedding is on Saturday", "wedding"),
        ("именины в субботу", "именины"),
        ("后天就是孩子生日", "生日"),
        ("το βαφτίσι είναι την Κυριακή", "βαφτίσι"),
    ],
)
@pytest.mark.parametrize("intent", ["inform", "smalltalk", "goodbye", "nlu_fallback", "ask_order_status"])
def test_an_occasion_told_of_while_an_order_is_spoken_of_is_worry(intent: str, text: str, word: str) -> None:
    told = of(reading({intent: 0.6, "stock": 0.1}), text, ("deadline", word))

    found = in_context(told, talk(order_number="WL-1001"))

    assert (found["intent"]["name"], found["emotion"]["name"]) == ("ask_order_status", "anxiety")
    assert in_context(told, talk())["emotion"]["name"] == "neutral"


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(
            of(reading({"praise": 0.9}, "joy"), "the wedding was a dream", ("deadline", "wedding")), id="a pleased one"
        ),
        pytest.param(of(reading({"stock": 0.9}), "any wedding cards?", ("deadline", "wedding")), id="another wish"),
        pytest.param(
            of(reading({"ask_order_status": 0.9}), "here by the wedding?", ("deadline", "wedding")),
            id="a calm question",
        ),
        pytest.param(of(reading({"inform": 0.9}), "on Saturday"), id="a day alone"),
        pytest.param(
            of(reading({"smalltalk": 0.9}), "a wedding gift", ("deadline", "wedding"), day=False), id="no day"
        ),
    ],
)
def test_no_worry_is_made_of(told: dict[str, Any]) -> None:
    found = in_context(told, talk(order_number="WL-1001"))

    assert found["intent"] == told["intent"]
    assert found["emotion"]["name"] == told["emotion"]["name"]
