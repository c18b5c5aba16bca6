"""Feelings that shoppers name themselves, and words for feelings that are not theirs: held-out messages in tests/nlu/declared."""

from __future__ import annotations

import pytest
import yaml
from conftest import ROOT

from nlu.evaluation.examples import Example, held_out_examples, training_examples
from nlu.evaluation.near_duplicates import near_duplicates
from nlu.evaluation.pipeline import Pipeline, Reading

LANGUAGES = ("en", "ru", "zh", "el")
Read = list[tuple[Example, Reading]]


@pytest.fixture(scope="module")
def read(shipped: Pipeline) -> Read:
    examples = held_out_examples(ROOT / "tests" / "nlu" / "declared")
    return list(zip(examples, shipped.read([example.text for example in examples]), strict=True))


@pytest.fixture(scope="module")
def sure() -> float:
    """How surely anger must be read for a person to be called."""
    policy = yaml.safe_load((ROOT / "actions" / "deescalation.yml").read_text(encoding="utf-8"))
    return float(policy["handoff"]["anger"]["confidence"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_says_that_they_are_angry_is_heard(language: str, read: Read, sure: float) -> None:
    angry = [(e, r) for e, r in read if e.language == language and e.emotion == "anger"]
    unheard = [(e.text, r.emotions["anger"]) for e, r in angry if r.emotions["anger"] < sure]
    assert len(angry) >= 13
    assert unheard == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_else_is_taken_for_angry(language: str, read: Read, sure: float) -> None:
    others = [(e, r) for e, r in read if e.language == language and e.emotion != "anger"]
    assert len(others) >= 9
    assert [(e.text, r.emotions["anger"]) for e, r in others if r.emotions["anger"] >= sure] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_feelings_that_are_named_are_heard(language: str, read: Read) -> None:
    named = [(e, r) for e, r in read if e.language == language and e.emotion not in {"anger", "neutral"}]
    heard = [e for e, r in named if r.emotion == e.emotion]
    assert len(heard) >= 0.8 * len(named), [(e.text, e.emotion, r.emotion) for e, r in named if e not in heard]


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_is_nearly_a_training_example(language: str, read: Read) -> None:
    own = [example.text for example, _ in read if example.language == language]
    texts = own + [each.text for each in training_examples(ROOT / "nlu_data") if each.language == language]
    pairs = [pair for pair in near_duplicates(texts, language) if pair.first < len(own)]
    assert [(texts[pair.first], texts[pair.second]) for pair in pairs] == []
