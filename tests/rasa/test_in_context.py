"""What the talk and the feeling make of a message that says little by itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from conftest import ROOT, talk

from nlu import in_context as module
from nlu.in_context import in_context


def reading(ranking: dict[str, float], emotion: str = "neutral", felt: float = 0.9) -> dict[str, Any]:
    rows = [{"name": name, "confidence": sure} for name, sure in ranking.items()]
    return {"intent": rows[0], "intent_ranking": rows, "emotion": {"name": emotion, "confidence": felt}}


def intent_of(read: dict[str, Any], **slots: str) -> str:
    found = in_context(read, talk(**slots))
    assert found["intent_ranking"][0] == found["intent"]
    assert len({row["name"] for row in found["intent_ranking"]}) == len(found["intent_ranking"])
    return str(found["intent"]["name"])


def test_a_worry_that_resembles_a_goodbye_is_about_the_order() -> None:
    worried = reading({"goodbye": 0.35, "smalltalk": 0.23, "report_wrong_item": 0.06}, "anxiety", 1.0)

    assert intent_of(worried, order_number="WL-1003") == "ask_order_status"
    assert intent_of(worried) == "ask_order_status"


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

    assert module._ABOUT_AN_ORDER | module._ABOUT_THE_SHOP | set(module._WANTED.values()) <= intents
