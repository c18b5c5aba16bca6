"""The training examples: enough of each label, balanced, and no two alike."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from nlu.evaluation.examples import Example, training_examples
from nlu.evaluation.figures import FALLBACK
from nlu.evaluation.near_duplicates import folded, near_duplicates, opening
from nlu.feelings import EMOTIONS

LANGUAGES = ("en", "ru", "zh", "el")
INTENTS = {*yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]} - {FALLBACK}
REAL_TEXT = Path(os.environ.get("WARMLINE_REAL_TEXT") or ROOT.parent / "shared" / "real_text")


@pytest.fixture(scope="module")
def examples() -> dict[str, list[Example]]:
    """The examples by language; reading them refuses one without a known emotion."""
    everything = training_examples(ROOT / "nlu_data")
    return {name: [example for example in everything if example.language == name] for name in LANGUAGES}


def emotions_in(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.emotion for example in examples)


def intents_in(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.intent for example in examples)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_has_eighty_examples_and_there_is_no_other(
    language: str, examples: dict[str, list[Example]]
) -> None:
    counts = intents_in(examples[language])
    assert {name: counts[name] for name in INTENTS if counts[name] < 80} == {}
    assert set(counts) - INTENTS == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_emotion_has_three_hundred_examples(language: str, examples: dict[str, list[Example]]) -> None:
    counts = emotions_in(examples[language])
    assert {name: counts[name] for name in EMOTIONS if counts[name] < 300} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_intent_and_no_emotion_has_more_than_four_times_the_least(
    language: str, examples: dict[str, list[Example]]
) -> None:
    intents, emotions = intents_in(examples[language]), emotions_in(examples[language])
    assert max(intents.values()) <= 4 * min(intents.values())
    assert max(emotions.values()) <= 4 * min(emotions.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_examples_are_nearly_the_same(language: str, examples: dict[str, list[Example]]) -> None:
    texts = [example.text for example in examples[language]]
    assert [(texts[pair.first], texts[pair.second]) for pair in near_duplicates(texts, language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_of_an_intent_open_in_many_ways(language: str, examples: dict[str, list[Example]]) -> None:
    sizes = intents_in(examples[language])
    openings = Counter((example.intent, opening(example.text, language)) for example in examples[language])
    often = {place: count for place, count in openings.items() if place[1] and count > 0.08 * sizes[place[0]]}
    assert often == {}


@pytest.mark.skipif(
    not REAL_TEXT.is_dir(), reason=f"no folder {REAL_TEXT}; WARMLINE_REAL_TEXT names one with jsonl files of real text"
)
def test_no_sentence_is_taken_from_real_text(examples: dict[str, list[Example]]) -> None:
    files = sorted(REAL_TEXT.glob("*.jsonl"))
    assert files
    real = {
        same_words(json.loads(line)["text"]) for file in files for line in file.read_text("utf-8").split("\n") if line
    }
    ours = [example.text for group in examples.values() for example in group]
    assert [text for text in ours if is_sentence(text) and same_words(text) in real] == []


def same_words(text: str) -> str:
    """A text without case, punctuation and spacing."""
    return " ".join(re.findall(r"\w+", folded(text)))


def is_sentence(text: str) -> bool:
    """False for "yes, right" and "what's your name", which many people say: fewer than five words, or eight Chinese characters."""
    return len(re.findall(r"\w+", text)) >= 5 or len(re.findall(r"[一-鿿]", text)) >= 8


@pytest.mark.parametrize(
    ("text", "long_enough"), [("what's your name", False), ("где же моя посылка-то", True), ("好的，谢谢", False)]
)
def test_only_sentences_can_be_taken_from_somewhere(text: str, long_enough: bool) -> None:
    assert is_sentence(text) is long_enough
