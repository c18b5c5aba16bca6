"""The held-out set: large enough for each label, and not seen in training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
import yaml
from conftest import ROOT

from nlu.evaluation.examples import Example, held_out_examples, training_examples
from nlu.evaluation.figures import FALLBACK
from nlu.evaluation.near_duplicates import near_duplicates
from nlu.feelings import EMOTIONS

LANGUAGES = ("en", "ru", "zh", "el")
INTENTS = {*yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]} - {FALLBACK}


@pytest.fixture(scope="module")
def held_out() -> list[Example]:
    return held_out_examples(ROOT / "tests" / "nlu")


@pytest.fixture(scope="module")
def training() -> list[Example]:
    return training_examples(ROOT / "nlu_data")


def in_language(examples: Sequence[Example], language: str) -> list[Example]:
    return [example for example in examples if example.language == language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_emotion_has_sixty_messages(language: str, held_out: list[Example]) -> None:
    counts = Counter(example.emotion for example in in_language(held_out, language))
    assert {name: counts[name] for name in EMOTIONS if counts[name] < 60} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_has_fifteen_messages_and_there_is_no_other(language: str, held_out: list[Example]) -> None:
    counts = Counter(example.intent for example in in_language(held_out, language))
    assert {name: counts[name] for name in INTENTS if counts[name] < 15} == {}
    assert set(counts) - INTENTS == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_nearly_a_training_example_or_another_message(
    language: str, held_out: list[Example], training: list[Example]
) -> None:
    own = [example.text for example in in_language(held_out, language)]
    texts = own + [example.text for example in in_language(training, language)]
    alike = [
        (texts[pair.first], texts[pair.second]) for pair in near_duplicates(texts, language) if pair.first < len(own)
    ]
    assert alike == []
