"""How well held-out messages must be read before a change of data or code is good enough. `make evaluate` shows where it fails."""

from __future__ import annotations

import pytest
from conftest import ROOT

from nlu.evaluation.examples import held_out_examples
from nlu.evaluation.measure import part_of
from nlu.evaluation.pipeline import Pipeline
from nlu.evaluation.report import Part
from nlu.evaluation.scores import thresholds

LANGUAGES = ("en", "ru", "zh", "el")


@pytest.fixture(scope="session")
def measured(shipped: Pipeline) -> Part:
    """The held-out messages, read by a pipeline trained on everything else there is."""
    held_out = held_out_examples(ROOT / "tests" / "nlu")
    readings = shipped.read([example.text for example in held_out])
    return part_of("held out", "", held_out, readings, thresholds(ROOT / "actions" / "deescalation.yml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_intents_are_read_well(language: str, measured: Part) -> None:
    assert measured.targets[0].target == "intent"
    assert measured.targets[0].languages[language].macro_f1 >= 0.85


@pytest.mark.parametrize("language", LANGUAGES)
def test_emotions_are_read_well(language: str, measured: Part) -> None:
    assert measured.targets[1].target == "emotion"
    assert measured.targets[1].languages[language].macro_f1 >= 0.70


@pytest.mark.parametrize("language", LANGUAGES)
def test_upset_shoppers_are_told_from_others(language: str, measured: Part) -> None:
    area = measured.scores[0].groups[language].auc
    assert area is not None
    assert area >= 0.93


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_calm_shoppers_are_taken_for_upset(language: str, measured: Part) -> None:
    policy = measured.scores[0].groups[language].decisions[0]
    assert policy.name == "policy"
    assert policy.precision >= 0.85


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_upset_shoppers_are_noticed(language: str, measured: Part) -> None:
    policy = measured.scores[0].groups[language].decisions[0]
    assert policy.name == "policy"
    assert policy.recall >= 0.80


DATA = {
    "en": "WL-1006, jo.whitcombe@example.com",
    "ru": "заказ WL-2006 nina@example.com",
    "zh": "WL-3006 13800138000",
    "el": "WL-4006, minas@example.com",
}
COMPLAINTS = ("report_damaged", "report_late", "report_wrong_item", "missing_item", "complain")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complaint_is_heard_beside_an_order_number_and_an_address(language: str, shipped: Pipeline) -> None:
    held_out = [
        example
        for example in held_out_examples(ROOT / "tests" / "nlu")
        if example.language == language and example.intent in COMPLAINTS
    ]
    alone = shipped.read([example.text for example in held_out])
    right = [example for example, read in zip(held_out, alone, strict=True) if read.intent == example.intent]

    beside = shipped.read([f"{example.text}, {DATA[language]}" for example in right])

    heard = sum(read.intent == example.intent for example, read in zip(right, beside, strict=True))
    assert heard / len(right) >= 0.85


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_around_data_we_asked_for_makes_no_wish_of_it(language: str, shipped: Pipeline) -> None:
    held_out = [
        example
        for example in held_out_examples(ROOT / "tests" / "nlu")
        if example.language == language and example.intent == "inform"
    ]

    readings = shipped.read([example.text for example in held_out])

    assert sum(read.intent == "inform" for read in readings) / len(readings) >= 0.75
